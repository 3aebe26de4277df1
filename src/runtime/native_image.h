// Reads a native image (docs/formats/native_image.md) and finds places in its code.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "abi/native_image.h"
#include "base/bytes.h"
#include "base/error.h"
#include "wasm/module.h"

namespace hermit::runtime {

// An image whose front is in order; all parts are views of it.
struct ImageView {
  ByteView bytes;
  abi::ImageHeader header;
  std::span<const abi::ImageModule> modules;
  ByteView text;
  std::span<const abi::ImageFunction> functions;  // with the one that marks the end
  ByteView pcmap;
  std::span<const abi::ImageHandler> handlers;
  std::span<const abi::ImageRegion> regions;
  std::span<const ul32> clauses;

  // Requires: a section of this image.
  [[nodiscard]] ByteView at(const abi::ImageSection& section) const {
    return bytes.subspan(static_cast<size_t>(section.offset), static_cast<size_t>(section.size));
  }
};

// Checks everything but code, pcmap, names and data: the CRCs of front and meta, version, engine and instruction set,
// places of all sections. Zeros may follow the image. Errors: Malformed, Unsupported.
Result<ImageView> open_image(ByteView image);

// The modules that an image was made from, without their bodies, in its order. Views of the image; index spaces,
// imports and exports are validated. Errors: Malformed.
Result<std::vector<wasm::Module>> read_outlines(const ImageView& image);

// Is everything behind the front what the compiler wrote? Reads the whole image.
bool is_undamaged(const ImageView& image);

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
  // What the function called there, if its code was put in place of the call, and so on: the last holds the place.
  struct Level {
    u32 function;
    u32 source;
  };
  std::vector<Level> inlined;
};
// What is at this offset in the text? `is_return`: it is a return address. Nothing if no function is there.
std::optional<CodePlace> find_place(const ImageView& image, u64 offset, bool is_return);

}  // namespace hermit::runtime
