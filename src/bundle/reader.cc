// Opening a packed program: the zip directory, hermit.json, and the table of embedded files. Modules are inflated when
// asked for.
//
// The names in the zip are as untrusted as everything else. Only names that the configuration refers to are looked at:
// what `unzip -p app.com hermit.json` shows is all that the program gets.
#include "bundle/reader.h"

#include <algorithm>

#include "base/printable.h"
#include "base/sort.h"

namespace hermit::bundle {
namespace {

constexpr std::string_view kFilesPrefix = "files/";

std::unexpected<Problem> problem(std::string_view where, const Error& error) {
  std::string text(where);
  if (!text.empty()) text += ": ";
  static constexpr char kDigits[] = "0123456789abcdef";
  char digits[16];
  size_t count = 0;
  for (u64 value = error.where; count == 0 || value != 0; value >>= 4) digits[count++] = kDigits[value & 15];
  text += "offset 0x";
  while (count > 0) text += digits[--count];
  return std::unexpected(Problem{text + ": " + error.what});
}

std::expected<zip::Content, Problem> read_entry(const zip::Reader& zip, std::string_view name, u64 max_size) {
  const zip::Entry* entry = zip.find(name);
  if (!entry) return std::unexpected(Problem{printable(name) + ": missing in the archive"});
  auto content = zip.read(*entry, max_size);
  if (!content) return problem(printable(name), content.error());
  return std::move(*content);
}

// Calls `test` for "/a", "/a/b", … of "/a/b/…" up to and without `path` itself; true as soon as it is.
template <typename Test>
bool any_ancestor(std::string_view path, Test test) {
  for (size_t slash = path.find('/', 1); slash != std::string_view::npos; slash = path.find('/', slash + 1)) {
    if (test(path.substr(0, slash))) return true;
  }
  return false;
}

// The embedded files below `roots`, which are guest paths in normal form.
std::expected<std::vector<EmbeddedFile>, Problem> find_files(const zip::Reader& zip,
                                                             std::vector<std::string_view> roots) {
  heap_sort(roots);
  const auto is_root = [&](std::string_view path) { return std::ranges::binary_search(roots, path); };
  std::vector<EmbeddedFile> files;
  if (roots.empty()) return files;
  for (const zip::Entry& entry : zip.entries()) {
    if (!entry.name.starts_with(kFilesPrefix) || entry.name.ends_with('/')) continue;
    const std::string_view path = entry.name.substr(kFilesPrefix.size() - 1);
    if (!is_root("/") && !is_root(path) && !any_ancestor(path, is_root)) continue;
    const auto normal = grants::parse_guest_path(path);
    if (!normal || *normal != path)
      return std::unexpected(Problem{printable(entry.name) + ": not a path in normal form"});
    files.push_back({path, entry.size, &entry});
  }
  heap_sort(files, {}, &EmbeddedFile::guest_path);
  const auto is_file = [&](std::string_view path) {
    return std::ranges::binary_search(files, path, {}, &EmbeddedFile::guest_path);
  };
  for (const EmbeddedFile& file : files) {
    if (any_ancestor(file.guest_path, is_file))
      return std::unexpected(Problem{printable(file.entry->name) + ": lies below another file"});
  }
  return files;
}

}  // namespace

std::expected<Bundle, Problem> Bundle::open(ByteView file, u64 begin, u64 end) {
  return open(zip::Reader::open(file, begin, end));
}

std::expected<Bundle, Problem> Bundle::open(Result<zip::Reader> zip) {
  if (!zip) return problem("", zip.error());
  const auto json = read_entry(*zip, "hermit.json", kMaxConfigSize);
  if (!json) return std::unexpected(json.error());
  auto config = parse_config(as_text(json->bytes()));
  if (!config) return std::unexpected(config.error());

  Bundle bundle(std::move(*zip), std::move(*config));
  // Moving the reader keeps its entries where they are, so the pointers to them stay valid when the bundle moves.
  auto files = find_files(bundle.zip_, {bundle.config_.copy.begin(), bundle.config_.copy.end()});
  if (!files) return std::unexpected(files.error());
  bundle.files_ = std::move(*files);
  return bundle;
}

std::expected<zip::Content, Problem> Bundle::main_wasm() const { return read_entry(zip_, "main.wasm", kMaxModuleSize); }

std::expected<zip::Content, Problem> Bundle::link_module(std::string_view name) const {
  return read_entry(zip_, "link/" + std::string(name) + ".wasm", kMaxModuleSize);
}

std::expected<zip::Content, Problem> Bundle::read(const EmbeddedFile& file) const {
  auto content = zip_.read(*file.entry, kMaxModuleSize);
  if (!content) return problem(printable(file.entry->name), content.error());
  return std::move(*content);
}

std::optional<ByteView> Bundle::native_image(std::string_view isa) const {
  const zip::Entry* entry = zip_.find("native/" + std::string(isa));
  if (!entry || entry->method != static_cast<u16>(zip::Method::Stored) || entry->size != entry->compressed_size)
    return std::nullopt;
  const auto bytes = zip_.raw(*entry);
  if (!bytes) return std::nullopt;
  return *bytes;
}

}  // namespace hermit::bundle
