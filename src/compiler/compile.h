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
#include "wasm/linking.h"

namespace hermit::compiler {

// The names of the passes over the IR in their order; what --dump-after takes.
std::span<const std::string_view> pass_names();

// Those who compile parts of a program for its owner, and share nothing with him: each serves its messages with a
// JobServer (jobs.h) and answers every one. Where they live is none of the compiler's business.
struct HelperAnswer {
  u32 helper;
  Bytes message;
};
struct Helpers {
  void* context = nullptr;
  u32 count = 0;
  // At most two messages are under way to a helper. False: it is gone.
  bool (*send)(void* context, u32 helper, Bytes message) = nullptr;
  // Waits for the next answer of any helper. Nothing: one is gone that had something to answer.
  std::optional<HelperAnswer> (*wait)(void* context) = nullptr;
};
inline constexpr char kHelperFailed[] = "a worker of the compiler ended before its work was done";

struct CompileOptions {
  abi::Isa isa = abi::kNativeIsa;  // of the code; whoever stores it names one
  u32 island_distance = kIslandDistance;  // tests make it small (image.h)
  bool demote = false;  // treat every function as one that is too large for the register allocator (tests)
  bool check = false;  // verify the IR after each pass and every allocation symbolically (tests, fuzzing)
  // Called after each function; `done` of `total` bytes.
  struct Progress {
    void* context = nullptr;
    void (*report)(void* context, u64 done, u64 total) = nullptr;
  } progress = {};
  // None: the calling thread does everything. The image is the same either way, for any number of them.
  Helpers helpers = {};
  std::string* listing = nullptr;  // receives the machine code as text
  size_t* failed_module = nullptr;  // receives the index of the module that an error is about
};

// Compiles one function. With `dump_after`, the IR behind that pass is appended to `dump`.
// Errors: Unsupported, with the offset of an instruction that is not compiled yet.
Result<FunctionCode> compile_function(const ModuleInfo& info, u32 index, const CompileOptions& options = {},
                                      std::string_view dump_after = {}, std::string* dump = nullptr);

// The native image of a program's modules (abi/native_image.h): those of LINK in its order, then the program itself,
// which has no name. A function of its input alone. Requires: validated modules. Errors: as above, of the first
// function that has one; System (kHelperFailed).
Result<Bytes> compile_program(std::span<const wasm::ProgramModule> modules, const CompileOptions& options = {});
// Modules without names.
Result<Bytes> compile_program(std::span<const wasm::Module* const> modules, const CompileOptions& options = {});

// What stands in images of this compiler (abi/engine_id.h).
std::span<const u8, 16> engine_id();

}  // namespace hermit::compiler
