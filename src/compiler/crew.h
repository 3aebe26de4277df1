// The owner's side of compiling in parallel: hands out jobs (jobs.h) and has the functions' code in order.
//
// Results arrive in any order and are asked for in that of the program, so what is written does not depend on who was
// faster, nor on how many there are. Only so many jobs are handed out ahead of the one that is written next that what
// waits for its turn stays small.
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "compiler/jobs.h"

namespace hermit::compiler {

class Crew {
 public:
  // Requires: what is passed outlives it; options.helpers.count is not 0; `infos` as for write_setup.
  Crew(std::span<const wasm::ProgramModule> modules, std::span<const ModuleInfo> infos, const CompileOptions& options);
  // Waits for what helpers still have to answer, so that they are free for somebody else.
  ~Crew();
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  // The code of the next function, in the order of modules and functions. Errors: those of compile_function; System
  // (kHelperFailed) if a helper ended or answers nonsense.
  Result<FunctionCode> next();

 private:
  struct Helper {
    std::deque<u32> jobs;  // what it has to answer, oldest first; kNone: the set-up
  };

  [[nodiscard]] const wasm::Module& module_of(const Job& job) const { return *modules_[job.module].module; }
  bool hand_out();
  bool give(u32 helper, u32 job, Bytes message);
  bool receive();

  std::span<const wasm::ProgramModule> modules_;
  std::span<const ModuleInfo> infos_;
  const CompileOptions& options_;
  std::vector<Job> jobs_;
  std::vector<u32> early_;  // large jobs, in the order in which they are handed out before all others
  std::vector<bool> is_early_;
  std::vector<std::optional<JobResult>> results_;  // by job
  std::vector<Helper> helpers_;
  size_t next_early_ = 0;
  u32 next_job_ = 0;  // to be handed out
  u32 current_ = 0;  // whose functions next() gives
  u32 given_ = 0;  // how many of them it gave
  bool broken_ = false;
};

}  // namespace hermit::compiler
