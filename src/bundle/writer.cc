// The archive of a packed program, in the fixed order of docs/formats/bundle.md: native images first, because a zip
// editor moves what lies behind the entry it changes, and a moved image could no longer be mapped.
#include "bundle/writer.h"

#include <algorithm>

#include "base/check.h"
#include "base/printable.h"

namespace hermit::bundle {
namespace {

constexpr u64 align_up(u64 value, u64 alignment) { return (value + alignment - 1) / alignment * alignment; }

// Files from this size on are stored even if they would shrink: reading them then costs no memory and no time before
// the first byte, since they are served from the mapped executable.
constexpr size_t kAlwaysStored = size_t{1} << 20;

std::string image_name(const NativeImage& image) { return "native/" + image.isa; }

// The zeros behind an image whose data ends at `end`, so that the data of `next` is aligned.
u64 tail_size(u64 end, const NativeImage& next, u64 alignment) {
  const u64 header = zip::Writer::header_size(image_name(next));
  return align_up(end + header, alignment) - header - end;
}

bool is_below(std::string_view path, const std::vector<std::string>& roots) {
  return std::ranges::any_of(roots, [&](std::string_view root) {
    return root == "/" || path == root || (path.starts_with(root) && path.substr(root.size()).starts_with('/'));
  });
}

std::expected<void, Problem> check_contents(const Contents& contents) {
  if (auto checked = check_config(contents.config); !checked) return checked;
  const auto& link = contents.link;
  if (!std::ranges::equal(link, contents.config.link, {}, &LinkedModule::name))
    return std::unexpected(Problem{"the linked modules are not those that LINK names"});
  for (const FileToEmbed& file : contents.files) {
    const auto path = grants::parse_guest_path(file.guest_path);
    if (!path || *path != file.guest_path)
      return std::unexpected(Problem{quote(file.guest_path) + ": a name that cannot be embedded"});
    if (!is_below(file.guest_path, contents.config.copy))
      return std::unexpected(Problem{quote(file.guest_path) + ": not below a path of COPY"});
  }
  return {};
}

// Adds entries until one fails; the first problem is kept.
class Entries {
 public:
  Entries(Bytes& out, u64 base_offset, int level) : writer_(out, base_offset), level_(level) {}

  void add(const std::string& name, ByteView content, zip::Compression compression, bool executable = false,
           size_t zeros = 0) {
    if (problem_) return;
    if (level_ == kStoreLevel) compression = zip::Compression::Store;
    const auto result = writer_.add(name, content, {compression, level_, executable, zeros});
    if (!result) problem_ = Problem{printable(name) + ": " + result.error().what};
  }
  std::expected<void, Problem> finish() {
    if (problem_) return std::unexpected(*problem_);
    if (const auto result = writer_.finish(); !result) return std::unexpected(Problem{result.error().what});
    return {};
  }
  [[nodiscard]] u64 offset() const { return writer_.offset(); }

 private:
  zip::Writer writer_;
  int level_;
  std::optional<Problem> problem_;
};

void add_images(Entries& entries, const std::vector<NativeImage>& images, u64 alignment) {
  for (size_t i = 0; i < images.size(); ++i) {
    const std::string name = image_name(images[i]);
    const u64 end = entries.offset() + zip::Writer::header_size(name) + images[i].bytes.size();
    const u64 zeros = i + 1 < images.size() ? tail_size(end, images[i + 1], alignment) : 0;
    entries.add(name, images[i].bytes, zip::Compression::Store, false, static_cast<size_t>(zeros));
  }
}

}  // namespace

u64 archive_start(const Contents& contents, u64 minimum) {
  return contents.native.empty() ? minimum : minimum + tail_size(minimum, contents.native[0], contents.image_alignment);
}

u64 largest_size(const Contents& contents) {
  u64 size = 2 * kMaxConfigSize;
  const auto add = [&](std::string_view name, ByteView content) { size += content.size() + 2 * name.size() + 256; };
  for (const NativeImage& image : contents.native) {
    add(image.isa, image.bytes);
    size += contents.image_alignment;
  }
  add("", contents.main_wasm);
  for (const LinkedModule& module : contents.link) add(module.name, module.bytes);
  for (const FileToEmbed& file : contents.files) add(file.guest_path, file.bytes);
  return size;
}

std::expected<void, Problem> write_bundle(const Contents& contents, u64 base_offset, Bytes& out, int level) {
  CHECK(archive_start(contents, base_offset) == base_offset);
  if (auto checked = check_contents(contents); !checked) return checked;
  const std::string json = config_to_json(contents.config);
  if (json.size() > kMaxConfigSize) return std::unexpected(Problem{"hermit.json: larger than 1 MiB"});

  Entries entries(out, base_offset, level);
  add_images(entries, contents.native, contents.image_alignment);
  entries.add("hermit.json", as_bytes(json), zip::Compression::Store);
  entries.add("main.wasm", contents.main_wasm, zip::Compression::IfSmaller);
  for (const LinkedModule& module : contents.link)
    entries.add("link/" + module.name + ".wasm", module.bytes, zip::Compression::IfSmaller);

  std::vector<const FileToEmbed*> files;
  for (const FileToEmbed& file : contents.files) files.push_back(&file);
  std::ranges::sort(files, {}, &FileToEmbed::guest_path);
  for (size_t i = 0; i < files.size(); ++i) {
    if (i > 0 && files[i - 1]->guest_path == files[i]->guest_path)
      return std::unexpected(Problem{quote(files[i]->guest_path) + ": embedded twice"});
    const bool large = files[i]->bytes.size() >= kAlwaysStored;
    entries.add("files" + files[i]->guest_path, files[i]->bytes,
                large ? zip::Compression::Store : zip::Compression::IfWorthwhile, files[i]->executable);
  }
  return entries.finish();
}

}  // namespace hermit::bundle
