// Between the compiler, which knows helpers, and the system, which has workers.
#include "cli/jobs.h"

#include <algorithm>

#include "base/printable.h"
#include "compiler/jobs.h"

namespace hermit::cli {
namespace {

// Less than this is compiled sooner than workers are started and told about the module.
constexpr u64 kWorthwhile = 64u << 10;
// Nobody is started for less than this.
constexpr u64 kShare = compiler::kJobBytes;

bool send(void* context, u32 helper, Bytes message) {
  return static_cast<os::Workers*>(context)->send(helper, message);
}

std::optional<compiler::HelperAnswer> wait(void* context) {
  auto answer = static_cast<os::Workers*>(context)->wait();
  if (!answer) return std::nullopt;
  return compiler::HelperAnswer{answer->worker, std::move(answer->message)};
}

}  // namespace

Outcome<Jobs> Jobs::parse(const std::string& text) {
  if (text.empty()) return Jobs(os::most_workers());
  u32 value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9' || value > 100000) return wrong_usage("--jobs takes a number, not " + quote(text));
    value = value * 10 + static_cast<u32>(c - '0');
  }
  if (value == 0) return wrong_usage("--jobs takes a number from 1 on");
  return Jobs(value);
}

compiler::Helpers Jobs::helpers(u64 code) {
  const u32 wanted = static_cast<u32>(std::min<u64>(most_, code / kShare));
  if (code < kWorthwhile || wanted < 2) return {};
  if (workers_ == nullptr || asked_for_ < wanted) {
    asked_for_ = wanted;
    workers_.reset();
    workers_ = std::make_unique<os::Workers>(wanted, serve_compiler);
  }
  if (workers_->count() < 2) return {};  // the system has no room for them: this thread is as good as one
  return {workers_.get(), workers_->count(), send, wait};
}

void serve_compiler(os::WorkerOwner& owner) {
  compiler::JobServer server;
  while (auto message = owner.receive()) {
    const auto answer = server.answer(std::move(*message));
    if (!answer || !owner.answer(*answer)) return;
  }
}

}  // namespace hermit::cli
