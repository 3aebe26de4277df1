// Whether a program runs compiled: its native image, if there is one and it fits.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bundle/reader.h"
#include "runtime/native_image.h"
#include "wasm/module.h"

namespace hermit::launcher {

struct NativeProgram {
  runtime::ImageView image;
  std::vector<wasm::Module> outlines;  // of the modules of LINK in its order, then of the program
};

// The image of `bundle` for this machine, made from exactly the modules of `bundle` (by name, size and CRC-32; with
// HERMIT_VERIFY=1 also by SHA-256, and the image too). Nothing: interpret. If the file has an image that cannot be
// used, one line says why, under `name`. HERMIT_ENGINE=interp asks for nothing else. No module is read.
std::optional<NativeProgram> find_native(const bundle::Bundle& bundle, const std::string& name);

// Says why code that was found is not used after all.
void report_interpreted(const std::string& name, std::string_view why);

}  // namespace hermit::launcher
