// IR as text, and back: print(parse(print(f))) == print(f). For `--dump-after`, for tests of single passes, for people.
//
//   function 3 (i32, i64) -> (i32) locals 0 {
//     v1: i32 = const 0x5
//   block0:
//     v0: i32 = param 0
//     v3: i32 = i32.add v0, v1
//     v4: i32 = i32.load v3 + 16 @0x5c
//     v5: i32 = call direct 7 type 2 results 1 (v3, v4) @0x60
//     branch v3, block1(v4), block2
//   block1(v6: i32):
//     return v6
//   ...
//   }
//
// `@` is the offset in the module of an instruction that can trap or call.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "compiler/ir.h"

namespace hermit::compiler {

std::string print(const Function& function);

// Errors: Malformed, with the number of the line. The text may come from anywhere; the result is well-formed as a data
// structure (every index is in range) but not verified (ir_verify.h).
Result<Function> parse(std::string_view text);

}  // namespace hermit::compiler
