// Compiling functions elsewhere: what goes to a worker and what comes back, as bytes.
//
// A worker shares nothing with its owner. It gets a set-up, then jobs, and answers each message with one: nothing for
// the set-up, the functions' code for a job. No worker holds a whole module: the set-up is the outline
// (wasm/outline.h) and what examine() found out, a job brings the bodies of its functions. So a worker's memory is
// about that of one job, however large the program is.
#pragma once

#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "compiler/compile.h"

namespace hermit::compiler {

// Functions [first, first + count) of the program's module `module`; none is imported.
struct Job {
  u32 module;
  u32 first;
  u32 count;
};

// The functions of `modules` in their order, a job for each kJobBytes of bodies or one larger body.
inline constexpr size_t kJobBytes = 32u << 10;
std::vector<Job> split_into_jobs(std::span<const wasm::ProgramModule> modules);
// The bytes of its bodies. Requires: `job` is one of `module`.
size_t job_size(const wasm::Module& module, const Job& job);

// Requires: `infos` are what examine() says of the modules, in the same order.
Bytes write_setup(std::span<const ModuleInfo> infos, const CompileOptions& options);
Bytes write_job(const wasm::Module& module, const Job& job);

// What a worker made of a job: the code of its functions in order, up to the first that failed, if one did.
struct JobResult {
  std::vector<FunctionCode> code;
  bool failed = false;  // compile_function says why, where it is called with the function behind `code`
};
// Everything that an ImageWriter relies on is checked, so a damaged answer cannot damage more than an image.
// Errors: Malformed. Requires: `job` is one of `module`.
Result<JobResult> read_answer(ByteView answer, const wasm::Module& module, const Job& job);

// The worker's end.
class JobServer {
 public:
  // The answer to a message. Errors: Malformed, and those of read_outline: the message is not from write_setup or
  // write_job, or a job came first. Bodies are trusted: the owner has validated them.
  Result<Bytes> answer(Bytes message);

 private:
  Result<void> set_up(ByteReader& reader);
  Result<void> read_info(ByteReader& reader);
  Result<Bytes> compile(ByteReader& reader);

  Bytes setup_;  // what modules and leaves point into
  std::deque<wasm::Module> modules_;  // their addresses stay
  std::vector<ModuleInfo> infos_;
  CompileOptions options_;
};

}  // namespace hermit::compiler
