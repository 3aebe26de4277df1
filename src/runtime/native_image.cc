// The image lies in a file that anybody may have edited, so nothing in it is believed before it is checked; what the
// code itself does is another matter (docs/compiler.md, "Trust").
#include "runtime/native_image.h"

#include <algorithm>
#include <cstring>

#include "base/sha256.h"

namespace hermit::runtime {

namespace {

u32 crc32(ByteView bytes) {
  u32 crc = ~0u;
  for (const u8 byte : bytes) {
    crc ^= byte;
    for (int i = 0; i < 8; ++i) crc = crc >> 1 ^ (0xedb88320 & (0 - (crc & 1)));
  }
  return ~crc;
}

bool is_inside(const abi::ImageSection& section, u64 size) {
  return section.offset <= size && section.size <= size - section.offset;
}

// A section as whole records of a type without alignment.
template <typename T>
std::span<const T> records(ByteView image, const abi::ImageSection& section) {
  static_assert(alignof(T) == 1);
  return {reinterpret_cast<const T*>(image.data() + section.offset), section.size / sizeof(T)};
}

bool functions_are_in_order(const ImageView& view) {
  for (size_t i = 0; i + 1 < view.functions.size(); ++i) {
    if ((view.functions[i].text & ~1u) > (view.functions[i + 1].text & ~1u)) return false;
    if ((view.functions[i].text & ~1u) % abi::kFunctionAlignment != 0) return false;
    if (view.functions[i].pcmap > view.functions[i + 1].pcmap) return false;
  }
  return view.functions.back().text == view.text.size() && view.functions.back().pcmap == view.pcmap.size();
}

bool modules_are_in_order(const ImageView& view) {
  u64 next = 0;
  for (const abi::ImageModule& module : view.modules) {
    if (module.first_function != next) return false;
    next += module.functions;
  }
  return next + 1 == view.functions.size();
}

u32 read_unsigned(const u8*& p, const u8* end) {
  u32 value = 0;
  for (unsigned shift = 0; p != end && shift < 35; shift += 7) {
    const u8 byte = *p++;
    value |= static_cast<u32>(byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  return value;
}

}  // namespace

Result<ImageView> open_image(ByteView image) {
  if (image.size() < sizeof(abi::ImageHeader)) return malformed("native image: too short", 0);
  abi::ImageHeader header;
  std::memcpy(&header, image.data(), sizeof header);
  if (std::memcmp(header.magic, abi::kImageMagic, sizeof header.magic) != 0) {
    return malformed("native image: wrong magic number", 0);
  }
  if (header.version != abi::kImageVersion) {
    return std::unexpected(Error{ErrorKind::Unsupported, "native image: made for another version of Hermit", 8});
  }
  const u64 front = sizeof header + u64{header.modules} * sizeof(abi::ImageModule);
  if (front > image.size()) return malformed("native image: more modules than fit", 24);
  Bytes checked(image.begin(), image.begin() + static_cast<std::ptrdiff_t>(front));
  std::memset(checked.data() + offsetof(abi::ImageHeader, crc), 0, sizeof header.crc);
  if (crc32(checked) != header.crc) return malformed("native image: damaged header", offsetof(abi::ImageHeader, crc));
  if (header.isa != static_cast<u32>(abi::kNativeIsa) || header.cpu_features != 0) {
    return std::unexpected(Error{ErrorKind::Unsupported, "native image: made for another machine", 12});
  }
  for (const abi::ImageSection& section :
       {header.text, header.functions, header.pcmap, header.handlers, header.regions, header.clauses}) {
    if (!is_inside(section, image.size())) return malformed("native image: a section outside of the image", 32);
  }
  if (header.functions.size % sizeof(abi::ImageFunction) != 0 || header.functions.size == 0) {
    return malformed("native image: functions of a wrong size", 48);
  }
  const u8* base = image.data();
  const ImageView view{{reinterpret_cast<const abi::ImageModule*>(base + sizeof header), header.modules},
                       image.subspan(header.text.offset, header.text.size),
                       records<abi::ImageFunction>(image, header.functions),
                       image.subspan(header.pcmap.offset, header.pcmap.size),
                       records<abi::ImageHandler>(image, header.handlers),
                       records<abi::ImageRegion>(image, header.regions),
                       records<ul32>(image, header.clauses)};
  if (!functions_are_in_order(view) || !modules_are_in_order(view)) {
    return malformed("native image: functions out of order", header.functions.offset);
  }
  return view;
}

bool matches(const ImageView& image, std::span<const wasm::Module* const> modules) {
  if (modules.size() != image.modules.size()) return false;
  for (size_t i = 0; i < modules.size(); ++i) {
    const wasm::Module& module = *modules[i];
    if (image.modules[i].size != module.bytes.size()) return false;
    if (image.modules[i].functions != module.functions.size() - module.imported_functions) return false;
    const auto digest = sha256(module.bytes);
    if (std::memcmp(image.modules[i].sha256, digest.data(), digest.size()) != 0) return false;
  }
  return true;
}

// Every number is checked here, where few are used, and not when the image is opened.
std::optional<u32> find_handler(const ImageView& image, u64 offset, TagMatcher is_tag, void* context) {
  const auto site = std::lower_bound(image.handlers.begin(), image.handlers.end(), offset,
                                     [](const abi::ImageHandler& h, u64 wanted) { return h.text < wanted; });
  if (site == image.handlers.end() || site->text != offset || site->landing >= image.text.size()) return std::nullopt;
  for (u32 region = site->region; region < image.regions.size();) {
    const abi::ImageRegion& tried = image.regions[region];
    const u64 end = u64{tried.first_clause} + tried.clauses;
    for (u64 i = tried.first_clause; i < end && i < image.clauses.size(); ++i) {
      const u32 tag = image.clauses[i];
      if (tag == abi::kAnyTag || is_tag(context, tag)) return u32{site->landing};
    }
    if (tried.parent >= region) break;
    region = tried.parent;
  }
  return std::nullopt;
}

std::optional<CodePlace> find_place(const ImageView& image, u64 offset, bool is_return) {
  if (is_return && offset == 0) return std::nullopt;
  const u64 wanted = is_return ? offset - 1 : offset;
  if (wanted >= image.text.size()) return std::nullopt;
  const auto found = std::upper_bound(image.functions.begin(), image.functions.end(), wanted,
                                      [](u64 at, const abi::ImageFunction& f) { return at < (f.text & ~1u); });
  if (found == image.functions.begin()) return std::nullopt;
  const auto index = static_cast<u32>(found - image.functions.begin()) - 1;
  CodePlace place{0, 0, 0};
  while (index >= image.modules[place.module].first_function + image.modules[place.module].functions) ++place.module;
  place.function = index - image.modules[place.module].first_function;
  const u8* p = image.pcmap.data() + image.functions[index].pcmap;
  const u8* const end = image.pcmap.data() + image.functions[index + 1].pcmap;
  u64 at = image.functions[index].text & ~1u;
  u32 source = 0;
  while (p != end) {
    at += read_unsigned(p, end);
    const u32 coded = read_unsigned(p, end);
    source += coded >> 1 ^ (0 - (coded & 1));
    if (at == wanted) place.source = source;
    if (at >= wanted) break;
  }
  return place;
}

}  // namespace hermit::runtime
