// ENTRYPOINT: a function called with the command line as its arguments.
#pragma once

#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/types.h"
#include "wasm/types.h"

namespace hermit::launcher {

// One slot per parameter, from as many words. i32 and i64 are decimal, or hexadecimal behind 0x, with or without a
// sign; from the smallest signed to the largest unsigned value. f32 and f64 are what C calls a decimal or hexadecimal
// floating constant, inf, infinity or nan. The error is one line, without the signature.
std::expected<std::vector<u64>, std::string> parse_arguments(std::span<const std::string> words,
                                                             std::span<const wasm::ValType> types);

// The values as text, one a line: integers signed, floats in the fewest digits that read back as the same value.
// Requires: numeric types.
std::string format_results(std::span<const u64> slots, std::span<const wasm::ValType> types);

}  // namespace hermit::launcher
