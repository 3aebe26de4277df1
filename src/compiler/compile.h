// The compiler: validated modules → machine code.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "abi/native_image.h"
#include "base/error.h"
#include "compiler/code.h"
#include "compiler/image.h"
#include "compiler/ir.h"
#include "compiler/module_info.h"

namespace hermit::compiler {

// The names of the passes over the IR in their order; what --dump-after takes.
std::span<const std::string_view> pass_names();

struct CompileOptions {
  abi::Isa isa = abi::kNativeIsa;  // of the code; whoever stores it names one
  u32 island_distance = kIslandDistance;  // tests make it small (image.h)
  bool demote = false;  // treat every function as one that is too large for the register allocator (tests)
  bool check = false;  // verify the IR after each pass and every allocation symbolically (tests, fuzzing)
};

// Compiles one function. With `dump_after`, the IR behind that pass is appended to `dump`.
// Errors: Unsupported, with the offset of an instruction that is not compiled yet.
Result<FunctionCode> compile_function(const ModuleInfo& info, u32 index, const CompileOptions& options = {},
                                      std::string_view dump_after = {}, std::string* dump = nullptr);

// The native image of a program's modules (abi/native_image.h). A function of its input alone.
// Requires: validated modules. Errors: as above.
Result<Bytes> compile_program(std::span<const wasm::Module* const> modules, const CompileOptions& options = {});

}  // namespace hermit::compiler
