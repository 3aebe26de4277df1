// A helper has at most two jobs: the one it is at and the next, so that it never waits for its owner. Large functions
// come first: one that begins when all else is done would keep the others waiting at the end.
#include "compiler/crew.h"

#include <algorithm>

namespace hermit::compiler {

namespace {

constexpr size_t kJobsEach = 2;
// Jobs handed out beyond the one that is written: at least this many, some megabytes of code.
constexpr u32 kWindow = 64;
// Bodies from which on a job counts as large, and how much of such may come early: their code waits for its turn.
constexpr size_t kLarge = 2 * kJobBytes;
constexpr size_t kMostEarly = 8u << 20;

constexpr Error kFailed = {ErrorKind::System, kHelperFailed, 0};

}  // namespace

Crew::Crew(std::span<const wasm::ProgramModule> modules, std::span<const ModuleInfo> infos,
           const CompileOptions& options)
    : modules_(modules), infos_(infos), options_(options), jobs_(split_into_jobs(modules)) {
  results_.resize(jobs_.size());
  is_early_.resize(jobs_.size());
  const auto size = [&](u32 job) { return job_size(module_of(jobs_[job]), jobs_[job]); };
  for (u32 i = 0; i < jobs_.size(); ++i) {
    if (size(i) >= kLarge) early_.push_back(i);
  }
  std::ranges::stable_sort(early_, std::greater{}, size);
  size_t total = 0;
  std::erase_if(early_, [&](u32 job) { return (total += size(job)) > kMostEarly; });
  for (const u32 job : early_) is_early_[job] = true;

  helpers_.resize(options.helpers.count);
  const Bytes setup = write_setup(infos, options);
  for (u32 helper = 0; helper < helpers_.size(); ++helper) broken_ = broken_ || !give(helper, kNone, setup);
}

Crew::~Crew() {
  const auto is_busy = [](const Helper& helper) { return !helper.jobs.empty(); };
  while (!broken_ && std::ranges::any_of(helpers_, is_busy)) broken_ = !receive();
}

bool Crew::give(u32 helper, u32 job, Bytes message) {
  helpers_[helper].jobs.push_back(job);
  return options_.helpers.send(options_.helpers.context, helper, std::move(message));
}

// Gives every helper that can take one a job, the least busy first.
bool Crew::hand_out() {
  const auto window = std::max(kWindow, static_cast<u32>(helpers_.size()) * 4);
  while (true) {
    const auto free = std::ranges::min_element(helpers_, {}, [](const Helper& helper) { return helper.jobs.size(); });
    if (free->jobs.size() >= kJobsEach) return true;
    while (next_job_ < jobs_.size() && is_early_[next_job_]) ++next_job_;
    u32 job = kNone;
    if (next_early_ < early_.size()) {
      job = early_[next_early_++];
    } else if (next_job_ < jobs_.size() && next_job_ - current_ < window) {
      job = next_job_++;
    }
    if (job == kNone) return true;
    const auto helper = static_cast<u32>(free - helpers_.begin());
    if (!give(helper, job, write_job(module_of(jobs_[job]), jobs_[job]))) return false;
  }
}

// Takes one answer.
bool Crew::receive() {
  const auto answer = options_.helpers.wait(options_.helpers.context);
  if (!answer || answer->helper >= helpers_.size() || helpers_[answer->helper].jobs.empty()) return false;
  std::deque<u32>& jobs = helpers_[answer->helper].jobs;
  const u32 job = jobs.front();
  jobs.pop_front();
  if (job == kNone) return answer->message.empty();
  auto result = read_answer(answer->message, module_of(jobs_[job]), jobs_[job]);
  if (!result) return false;
  results_[job] = std::move(*result);
  return true;
}

Result<FunctionCode> Crew::next() {
  if (current_ < jobs_.size() && given_ == jobs_[current_].count) {
    results_[current_++].reset();
    given_ = 0;
  }
  while (!broken_ && (given_ == 0 || !results_[current_])) {
    broken_ = !hand_out();
    if (results_[current_]) break;
    broken_ = broken_ || !receive();
  }
  if (broken_) return std::unexpected(kFailed);
  const Job& job = jobs_[current_];
  JobResult& result = *results_[current_];
  const u32 number = given_++;
  if (number < result.code.size()) return std::move(result.code[number]);
  // Where a helper failed this fails too, with the text and the place that belong to it.
  return compile_function(infos_[job.module], job.first + number, options_);
}

}  // namespace hermit::compiler
