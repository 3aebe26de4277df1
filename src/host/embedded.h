// Files that lie inside the bundle, as a read-only tree. Nothing is read before the guest reads it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "os/directory.h"

namespace hermit::host {

struct EmbeddedFile {
  std::string path;  // absolute guest path, for example "/hermit/launchers/linux-x86_64"
  u64 size = 0;
};

// Where the bytes come from. `load` returns all bytes of files[index], valid as long as the host lives; a size that
// differs from the declared one is an I/O error to the guest. `load` is called at most once a file unless it fails.
struct EmbeddedFiles {
  std::vector<EmbeddedFile> files;
  void* context = nullptr;
  Result<ByteView> (*load)(void* context, size_t index) = nullptr;
};

class EmbeddedTree {
 public:
  EmbeddedTree() = default;
  // Malformed (`where`: index of the file) for a path that is not absolute and plain (`.`, `..`, an empty component),
  // occurs twice, or is both a file and a directory.
  static Result<EmbeddedTree> create(EmbeddedFiles files);

  static constexpr u32 kRoot = 0;
  // Node at `path`, walked from the directory `from`: `..` may not leave it (NotPermitted). NotFound, NotDirectory.
  [[nodiscard]] os::SysResult<u32> find(u32 from, std::string_view path) const;
  [[nodiscard]] os::FileStatus status(u32 node) const;
  [[nodiscard]] bool is_directory(u32 node) const { return nodes_[node].file == kNoFile; }
  os::SysResult<ByteView> bytes(u32 node);
  [[nodiscard]] os::DirectoryListing list(u32 node) const;

 private:
  static constexpr size_t kNoFile = ~size_t{0};
  struct Node {
    std::string name;
    u32 parent = kRoot;
    size_t file = kNoFile;  // index into files_, or kNoFile for a directory
    std::vector<u32> children;  // sorted by name
    ByteView bytes;
    bool loaded = false;
  };
  [[nodiscard]] const u32* child(u32 node, std::string_view name) const;
  u32 add_child(u32 node, std::string_view name);

  EmbeddedFiles files_;
  std::vector<Node> nodes_ = std::vector<Node>(1);
};

}  // namespace hermit::host
