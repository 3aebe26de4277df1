// The image lies in a file that anybody may have edited, so nothing in it is believed before it is checked; what the
// code itself does is another matter (docs/compiler.md, "Trust"). Only what is needed at start is read at start: the
// functions and their sites are for backtraces, and every use of them stays inside whatever they say.
#include "runtime/native_image.h"

#include <libdeflate.h>

#include <algorithm>
#include <cstring>

#include "abi/engine_id.h"
#include "base/sha256.h"
#include "wasm/outline.h"
#include "wasm/validator.h"

namespace hermit::runtime {

namespace {

u32 crc32(ByteView bytes, u32 before = 0) { return libdeflate_crc32(before, bytes.data(), bytes.size()); }

bool is_inside(const abi::ImageSection& section, u64 begin, u64 end) {
  return section.offset >= begin && section.offset <= end && section.size <= end - section.offset;
}

bool is_inside(const abi::ImageSection& section, const abi::ImageSection& outer) {
  return is_inside(section, outer.offset, outer.offset + outer.size);
}

// A section as whole records of a type without alignment.
template <typename T>
std::span<const T> records(const ImageView& image, const abi::ImageSection& section) {
  static_assert(alignof(T) == 1);
  const ByteView bytes = image.at(section);
  return {reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)};
}

// Whole items of `size` bytes, where such items may lie.
bool holds(const abi::ImageSection& section, size_t size) { return section.size % size == 0; }

bool modules_are_in_order(const ImageView& view) {
  u64 next = 0;
  for (const abi::ImageModule& module : view.modules) {
    if (module.first_function != next) return false;
    next += module.functions;
    const abi::ImageSection& meta = view.header.meta;
    if (!is_inside(module.name, meta) || !is_inside(module.outline, meta) || !is_inside(module.entries, meta) ||
        !is_inside(module.segments, meta) || !is_inside(module.names, view.header.names) ||
        !holds(module.entries, sizeof(abi::ImageEntry)) || !holds(module.segments, sizeof(abi::ImageSection))) {
      return false;
    }
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
  ImageView view{};
  abi::ImageHeader& header = view.header;
  std::memcpy(&header, image.data(), sizeof header);
  if (std::memcmp(header.magic, abi::kImageMagic, sizeof header.magic) != 0) {
    return malformed("native image: wrong magic number", 0);
  }
  if (header.version != abi::kImageVersion || std::memcmp(header.engine, abi::kEngineId, sizeof header.engine) != 0) {
    return std::unexpected(Error{ErrorKind::Unsupported, "native image: made by another version of Hermit", 8});
  }
  // The text begins behind the front; what the CRC covers is known before anything else is believed.
  const u64 front = header.text.offset;
  const u64 records_end = sizeof header + u64{header.modules} * sizeof(abi::ImageModule);
  if (front > image.size() || records_end > front) return malformed("native image: more modules than fit", 64);
  const u32 crc = header.crc;
  header.crc = 0;
  const ByteView head(reinterpret_cast<const u8*>(&header), sizeof header);
  const ByteView rest = image.subspan(sizeof header, static_cast<size_t>(front) - sizeof header);
  if (crc32(rest, crc32(head)) != crc) return malformed("native image: damaged header", 0);
  if (header.isa != static_cast<u32>(abi::kNativeIsa) || header.cpu_features != 0) {
    return std::unexpected(Error{ErrorKind::Unsupported, "native image: made for another machine", 12});
  }
  if (header.size > image.size()) return malformed("native image: cut off", 0);
  view.bytes = image.first(static_cast<size_t>(header.size));
  for (const abi::ImageSection& section : {header.text, header.meta, header.functions, header.pcmap, header.handlers,
                                           header.regions, header.clauses, header.names, header.data}) {
    if (!is_inside(section, front, header.size)) return malformed("native image: a section outside of the image", 0);
  }
  if (!holds(header.functions, sizeof(abi::ImageFunction)) || header.functions.size == 0) {
    return malformed("native image: functions of a wrong size", 0);
  }
  view.modules = {reinterpret_cast<const abi::ImageModule*>(image.data() + sizeof header), header.modules};
  view.text = view.at(header.text);
  view.functions = records<abi::ImageFunction>(view, header.functions);
  view.pcmap = view.at(header.pcmap);
  view.handlers = records<abi::ImageHandler>(view, header.handlers);
  view.regions = records<abi::ImageRegion>(view, header.regions);
  view.clauses = records<ul32>(view, header.clauses);
  if (!modules_are_in_order(view)) return malformed("native image: modules out of order", 0);
  if (crc32(view.at(header.meta)) != header.meta_crc) return malformed("native image: damaged", header.meta.offset);
  return view;
}

Result<std::vector<wasm::Module>> read_outlines(const ImageView& image) {
  std::vector<wasm::Module> modules;
  modules.reserve(image.modules.size());
  for (const abi::ImageModule& record : image.modules) {
    TRY(wasm::Module module, wasm::read_outline(image.at(record.outline)));
    TRY_VOID(wasm::validate_module(module));
    const ByteView segments = image.at(record.segments);
    if (module.functions.size() - module.imported_functions != record.functions ||
        module.data.size() != segments.size() / sizeof(abi::ImageSection)) {
      return malformed("native image: an outline of another module", record.outline.offset);
    }
    for (size_t i = 0; i < module.data.size(); ++i) {
      abi::ImageSection place;
      std::memcpy(&place, segments.data() + i * sizeof place, sizeof place);
      if (!is_inside(place, image.header.data)) return malformed("native image: data outside", record.segments.offset);
      module.data[i].bytes = image.at(place);
    }
    if (record.names.size != 0) {
      module.sections.push_back({wasm::SectionId::Custom, "name", image.at(record.names), 0, 0});
    }
    modules.push_back(std::move(module));
  }
  return modules;
}

bool is_undamaged(const ImageView& image) {
  const auto digest = sha256(image.bytes.subspan(static_cast<size_t>(image.header.text.offset)));
  return std::memcmp(image.header.sha256, digest.data(), digest.size()) == 0;
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
                                      [](u64 at, const abi::ImageFunction& f) { return at < f.text; });
  if (found == image.functions.begin() || found == image.functions.end()) return std::nullopt;
  const auto index = static_cast<u32>(found - image.functions.begin()) - 1;
  CodePlace place{};
  while (index >= image.modules[place.module].first_function + image.modules[place.module].functions) ++place.module;
  place.function = index - image.modules[place.module].first_function;
  const u64 sites_end = std::min<u64>(image.functions[index + 1].pcmap, image.pcmap.size());
  const u64 sites = std::min<u64>(image.functions[index].pcmap, sites_end);
  const u8* p = image.pcmap.data() + sites;
  const u8* const end = image.pcmap.data() + sites_end;
  u64 at = image.functions[index].text;
  u32 source = 0;
  while (p != end) {
    at += read_unsigned(p, end);
    const auto read_source = [&] {
      const u32 coded = read_unsigned(p, end);
      return source += coded >> 1 ^ (0 - (coded & 1));
    };
    read_source();
    if (at == wanted) place.source = source;
    while (p != end && *p == 0) {
      ++p;
      const u32 inlined = read_unsigned(p, end);
      const u32 inlined_source = read_source();
      if (at == wanted && inlined < image.modules[place.module].functions)
        place.inlined.push_back({inlined, inlined_source});
    }
    if (at >= wanted) break;
  }
  return place;
}

}  // namespace hermit::runtime
