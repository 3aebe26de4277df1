// Reads a native image (docs/formats/native_image.md) and finds places in its code. Private to the native engine.
#pragma once

#include <optional>
#include <span>

#include "abi/native_image.h"
#include "base/bytes.h"
#include "base/error.h"
#include "wasm/module.h"

namespace hermit::runtime {

// The parts of an image that are needed while it runs. `text` is mapped apart; functions and pcmap are views.
struct ImageView {
  std::span<const abi::ImageModule> modules;
  ByteView text;
  std::span<const abi::ImageFunction> functions;  // with the one that marks the end
  ByteView pcmap;
  std::span<const abi::ImageHandler> handlers;
  std::span<const abi::ImageRegion> regions;
  std::span<const ul32> clauses;
};

// Checks everything but the code itself: header and its CRC, version and instruction set, places of all sections, order
// of functions and modules. Errors: Malformed, Unsupported.
Result<ImageView> open_image(ByteView image);

// Are these the modules the image was made from? Compares counts, sizes and SHA-256.
bool matches(const ImageView& image, std::span<const wasm::Module* const> modules);

// Which clause of a try around the call that returns to `offset` takes an exception? `is_tag` says whether a tag of the
// module is the exception's. Where the exception goes on, in the text; nothing if no clause does.
using TagMatcher = bool (*)(void* context, u32 tag);
std::optional<u32> find_handler(const ImageView& image, u64 offset, TagMatcher is_tag, void* context);

struct CodePlace {
  u32 module;  // of the image
  u32 function;  // of the module, counted without imports
  u32 source;  // offset in the module; 0 if the place is no site
};
// What is at this offset in the text? `is_return`: it is a return address. Nothing if no function is there.
std::optional<CodePlace> find_place(const ImageView& image, u64 offset, bool is_return);

}  // namespace hermit::runtime
