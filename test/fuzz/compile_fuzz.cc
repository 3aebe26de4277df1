// The compiler for both processors, and the reader of native images. A module that validates is compiled, the IR
// verified after each pass and every allocation checked; the image for this machine opens and has the module's outline.
// One that was changed, with checksums that fit, is refused or can be read without a byte from outside of it.
#include <libdeflate.h>

#include <cstring>

#include "abi/native_image.h"
#include "base/check.h"
#include "compiler/compile.h"
#include "module_maker.h"
#include "runtime/native_image.h"

namespace {

using namespace hermit;

// The input from its end on, so that what makes the module and what damages its image are different bytes.
class Choices {
 public:
  explicit Choices(ByteView bytes) : bytes_(bytes) {}
  u64 next(u64 below) {
    u64 value = 0;
    for (int i = 0; i < 3 && !bytes_.empty(); ++i) {
      value = value << 8 | bytes_.back();
      bytes_ = bytes_.first(bytes_.size() - 1);
    }
    return below == 0 ? 0 : value % below;
  }
  [[nodiscard]] bool empty() const { return bytes_.empty(); }

 private:
  ByteView bytes_;
};

bool is_part(ByteView part, ByteView whole) {
  const auto begin = reinterpret_cast<uintptr_t>(part.data()), start = reinterpret_cast<uintptr_t>(whole.data());
  return part.empty() ||
         (begin >= start && begin - start <= whole.size() && part.size() <= whole.size() - (begin - start));
}

void read_all(const runtime::ImageView& image, Choices& choices) {
  (void)runtime::is_undamaged(image);
  if (const auto outlines = runtime::read_outlines(image)) {
    for (const wasm::Module& module : *outlines) {
      for (const auto& segment : module.data) CHECK(is_part(segment.bytes, image.bytes));
      for (const auto& section : module.sections) CHECK(is_part(section.content, image.bytes));
    }
  }
  for (int i = 0; i < 16; ++i) {
    const u64 offset = choices.next(image.text.size() + 2);
    (void)runtime::find_place(image, offset, choices.next(2) != 0);
    const auto rarely = [](void* context, u32 tag) { return (tag ^ *static_cast<u32*>(context)) % 8 == 0; };
    auto wanted = static_cast<u32>(offset);
    (void)runtime::find_handler(image, offset, rarely, &wanted);
  }
  for (const abi::ImageHandler& handler : image.handlers)
    (void)runtime::find_handler(image, handler.text, [](void*, u32) { return false; }, nullptr);
}

u32 crc32(ByteView bytes) { return libdeflate_crc32(0, bytes.data(), bytes.size()); }

// Of everything that opening an image checks itself.
void fit_checksums(Bytes& image) {
  abi::ImageHeader header;
  std::memcpy(&header, image.data(), sizeof header);
  const u64 meta = header.meta.offset, size = header.meta.size, front = header.text.offset;
  if (meta <= image.size() && size <= image.size() - meta)
    header.meta_crc = crc32(ByteView(image).subspan(static_cast<size_t>(meta), static_cast<size_t>(size)));
  header.crc = 0;
  std::memcpy(image.data(), &header, sizeof header);
  if (front < sizeof header || front > image.size()) return;
  header.crc = crc32(ByteView(image).first(static_cast<size_t>(front)));
  std::memcpy(image.data(), &header, sizeof header);
}

void check_image(const Bytes& image, const wasm::Module& module, Choices choices) {
  const auto view = runtime::open_image(image);
  CHECK(view.has_value());
  const wasm::Module* const modules[] = {&module};
  CHECK(runtime::matches(*view, modules) && runtime::is_undamaged(*view));
  const auto outlines = runtime::read_outlines(*view);
  CHECK(outlines.has_value() && outlines->size() == 1);
  CHECK((*outlines)[0].functions.size() == module.functions.size());
  read_all(*view, choices);

  Bytes damaged = image;
  for (int i = 0; i < 4 && !choices.empty(); ++i) {
    // Mostly where numbers are: not in the text, and not in what says that the image is of this engine.
    constexpr u64 kBegin = offsetof(abi::ImageHeader, cpu_features);
    const u64 front = view->header.text.offset, meta = view->header.meta.offset;
    const u64 at =
        choices.next(2) != 0 ? kBegin + choices.next(front - kBegin) : meta + choices.next(image.size() - meta);
    if (at < damaged.size()) damaged[static_cast<size_t>(at)] = static_cast<u8>(choices.next(256));
  }
  fit_checksums(damaged);
  if (const auto changed = runtime::open_image(damaged)) read_all(*changed, choices);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8* data, size_t size) {
  const fuzz::Input input = fuzz::read_input({data, size});
  if (!input.module) return 0;
  const wasm::Module* const modules[] = {&*input.module};
  Choices choices({data, size});
  compiler::CompileOptions options;
  options.check = true;
  options.demote = choices.next(8) == 0;
  options.island_distance = choices.next(8) == 0 ? 4096 : compiler::kIslandDistance;
  for (const abi::Isa isa : {abi::kForeignIsa, abi::kNativeIsa}) {
    options.isa = isa;
    const auto image = compiler::compile_program(modules, options);
    CHECK(!input.is_made || image.has_value());
    if (image && isa == abi::kNativeIsa) check_image(*image, *input.module, choices);
  }
  return 0;
}
