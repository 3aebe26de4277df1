// What a WebAssembly module is: the part of `hermit inspect` that needs no packed program.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "cli/command.h"

namespace hermit::cli {

// The features of the standard that a module uses beyond its first version, by the names toolchains use. Reads the
// whole module. Errors: it is malformed, invalid or needs a feature that is refused; `name` is for the message.
Outcome<std::vector<std::string>> module_features(const std::string& name, ByteView bytes);

// Does the file look like a module (or a component)?
bool is_module(ByteView file);

// The text, or with `as_json` the JSON, that `hermit inspect x.wasm` prints.
Outcome<std::string> describe_module(const std::string& path, ByteView file, bool as_json);

}  // namespace hermit::cli
