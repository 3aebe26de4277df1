// Whether a program runs compiled: its native image, if there is one and it fits.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bundle/reader.h"
#include "runtime/native_image.h"
#include "wasm/module.h"

namespace hermit::launcher {

// What whoever started the process asks of the engine (HERMIT_ENGINE, HERMIT_VERIFY). Only the file that was started
// has one: of others only modules run.
struct EngineWish {
  std::string engine;  // "native", "interp"; empty: native
  bool verify = false;  // compare SHA-256 as well
};

struct NativeProgram {
  runtime::ImageView image;
  std::vector<wasm::Module> outlines;  // of the modules of LINK in its order, then of the program
};

// The image of `bundle` for this machine, made from exactly the modules of `bundle` (by name, size and CRC-32; if the
// wish is to verify also by SHA-256, and the image too). Nothing: interpret. If the file has an image that cannot be
// used, one line says why, under `name`. Without `verify` no module is read.
std::optional<NativeProgram> find_native(const bundle::Bundle& bundle, const std::string& name, const EngineWish& wish);

// Says why code that was found is not used after all.
void report_interpreted(const std::string& name, std::string_view why);

}  // namespace hermit::launcher
