// The tree of embedded files. Paths come from the bundle, which zip tools may have changed, so they are checked here
// even though the packer wrote them.
#include "host/embedded.h"

#include <algorithm>

namespace hermit::host {
namespace {

// Device number of embedded files in a status: any fixed value that no file system is likely to have.
constexpr u64 kEmbeddedDevice = 0x6865726d6974;

// Takes the next component off `path`: what stands before the next slash.
std::string_view next_component(std::string_view& path) {
  const size_t slash = path.find('/');
  const std::string_view component = path.substr(0, slash);
  path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
  return component;
}

}  // namespace

const u32* EmbeddedTree::child(u32 node, std::string_view name) const {
  const std::vector<u32>& children = nodes_[node].children;
  const auto at = std::lower_bound(children.begin(), children.end(), name,
                                   [this](u32 index, std::string_view wanted) { return nodes_[index].name < wanted; });
  return at != children.end() && nodes_[*at].name == name ? &*at : nullptr;
}

u32 EmbeddedTree::add_child(u32 node, std::string_view name) {
  const u32 index = static_cast<u32>(nodes_.size());
  Node added;
  added.name = name;
  added.parent = node;
  nodes_.push_back(std::move(added));
  std::vector<u32>& children = nodes_[node].children;
  const auto at = std::lower_bound(children.begin(), children.end(), name,
                                   [this](u32 other, std::string_view wanted) { return nodes_[other].name < wanted; });
  children.insert(at, index);
  return index;
}

Result<EmbeddedTree> EmbeddedTree::create(EmbeddedFiles files) {
  EmbeddedTree tree;
  for (size_t i = 0; i < files.files.size(); ++i) {
    std::string_view rest = files.files[i].path;
    if (rest.size() < 2 || rest.front() != '/' || rest.back() == '/' || rest.find('\0') != rest.npos) {
      return malformed("path of an embedded file is not absolute", i);
    }
    rest.remove_prefix(1);
    u32 node = kRoot;
    while (!rest.empty()) {
      const std::string_view name = next_component(rest);
      if (name.empty() || name == "." || name == "..") return malformed("path of an embedded file is not plain", i);
      if (!tree.is_directory(node)) return malformed("embedded file is also a directory", i);
      const u32* const existing = tree.child(node, name);
      if (existing != nullptr && rest.empty()) return malformed("embedded file occurs twice", i);
      node = existing != nullptr ? *existing : tree.add_child(node, name);
    }
    tree.nodes_[node].file = i;
  }
  tree.files_ = std::move(files);
  return tree;
}

os::SysResult<u32> EmbeddedTree::find(u32 from, std::string_view path) const {
  const bool wants_directory = path.ends_with('/');
  u32 node = from;
  while (!path.empty()) {
    const std::string_view name = next_component(path);
    if (name.empty()) continue;
    if (!is_directory(node)) return os::fail(os::SysError::NotDirectory);
    if (name == ".") continue;
    if (name == "..") {
      if (node == from) return os::fail(os::SysError::NotPermitted);
      node = nodes_[node].parent;
      continue;
    }
    const u32* const next = child(node, name);
    if (next == nullptr) return os::fail(os::SysError::NotFound);
    node = *next;
  }
  if (wants_directory && !is_directory(node)) return os::fail(os::SysError::NotDirectory);
  return node;
}

os::FileStatus EmbeddedTree::status(u32 node) const {
  os::FileStatus status;
  status.id = {kEmbeddedDevice, u64{node} + 1, 0};
  status.type = is_directory(node) ? os::FileType::Directory : os::FileType::RegularFile;
  status.links = 1;
  status.size = is_directory(node) ? 0 : files_.files[nodes_[node].file].size;
  return status;
}

os::SysResult<ByteView> EmbeddedTree::bytes(u32 node) {
  Node& file = nodes_[node];
  if (file.file == kNoFile) return os::fail(os::SysError::IsDirectory);
  if (!file.loaded) {
    const auto loaded = files_.load(files_.context, file.file);
    if (!loaded || loaded->size() != files_.files[file.file].size) return os::fail(os::SysError::Io);
    file.bytes = *loaded;
    file.loaded = true;
  }
  return file.bytes;
}

os::DirectoryListing EmbeddedTree::list(u32 node) const {
  os::DirectoryListing listing;
  for (const u32 index : nodes_[node].children) {
    const Node& entry = nodes_[index];
    listing.entries.push_back(
        {listing.names.size(), static_cast<u32>(entry.name.size()), status(index).type, status(index).id.index});
    listing.names += entry.name;
  }
  return listing;
}

}  // namespace hermit::host
