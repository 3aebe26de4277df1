// The workers that help to compile (--jobs): started when there is enough to do, kept for what comes next.
#pragma once

#include <optional>

#include "cli/command.h"
#include "compiler/compile.h"
#include "os/workers.h"

namespace hermit::cli {

class Jobs {
 public:
  // `text`: the value of --jobs, or empty for as many as there are processors.
  static Outcome<Jobs> parse(const std::string& text);

  // Helpers to compile `code` bytes of function bodies; none if that is done sooner alone. They are in use until
  // another call.
  compiler::Helpers helpers(u64 code);
  // Ends them.
  void end() { workers_.reset(); }

 private:
  explicit Jobs(u32 most) : most_(most) {}

  u32 most_;
  std::unique_ptr<os::Workers> workers_;
  u32 asked_for_ = 0;  // workers; there may be fewer
};

// What a worker does all its life (os/workers.h).
void serve_compiler(os::WorkerOwner& owner);

}  // namespace hermit::cli
