// Throwing: find the handler along the chain of frames, put the exception's values where it wants them, go on there.
//
// A frame's place is the instruction that throws or the call that has not returned; each translated function says which
// of its instructions a try covers (code.h). Frames that are left need no work: only calls into other instances keep
// something outside of the frames, and that is cut back in one step. The frames of a host function end the search: what
// a guest throws does not pass through the host. Specification: core 3.0, section 4.4.10.
#include <algorithm>

#include "base/check.h"
#include "interp/thread.h"
#include "runtime/instance.h"

namespace hermit::interp {

namespace {

using runtime::Function;

const Function& function_of(const u64* fp) {
  return *static_cast<const Function*>(reinterpret_cast<const abi::FuncRef*>(fp[2]));
}

// The clause that takes `exception` thrown at instruction `at`, or null.
const CatchClause* find_clause(const Handlers& handlers, i32 at, const abi::Exception& exception) {
  const auto& regions = handlers.regions;
  const auto begins_behind = [](i32 place, const Region& region) { return place < region.begin; };
  const auto behind = std::upper_bound(regions.begin(), regions.end(), at, begins_behind);
  i32 r = static_cast<i32>(behind - regions.begin()) - 1;
  while (r >= 0 && at >= regions[static_cast<size_t>(r)].end) r = regions[static_cast<size_t>(r)].parent;
  for (; r >= 0; r = regions[static_cast<size_t>(r)].next) {
    for (i32 c = regions[static_cast<size_t>(r)].first_clause; c >= 0;) {
      const CatchClause& clause = handlers.clauses[static_cast<size_t>(c)];
      if (clause.tag == nullptr || clause.tag == exception.tag) return &clause;
      c = clause.next;
    }
  }
  return nullptr;
}

}  // namespace

Resume throw_again(Thread& thread, const abi::Exception& exception, const Instruction* pc, u64* fp,
                   abi::Instance* instance) {
  const Instruction* const thrown_at = pc;
  u64* const thrown_in = fp;
  size_t cross = thread.cross_frames.size();
  while (true) {
    const auto* code = static_cast<const Instruction*>(function_of(fp).body);
    if (const Handlers* handlers = handlers_of(code)) {
      if (const CatchClause* clause = find_clause(*handlers, static_cast<i32>(pc - code), exception)) {
        if (clause->has_values) std::copy_n(exception.values, exception.slots, fp + clause->values);
        if (clause->reference >= 0) fp[clause->reference] = reinterpret_cast<u64>(&exception);
        thread.cross_frames.resize(cross);
        return {code + clause->target, fp, instance};
      }
    }
    pc = reinterpret_cast<const Instruction*>(fp[0]);
    fp = reinterpret_cast<u64*>(fp[1]);
    if (pc == &static_code().exit) break;
    if (pc == &static_code().cross_return) {
      const CrossFrame& frame = thread.cross_frames[--cross];
      instance = frame.instance;
      pc = frame.return_pc;
      if (pc == &static_code().exit) break;
    }
    --pc;
  }
  raise(thread, Trap::Exception, thrown_at, thrown_in);
  return {nullptr, nullptr, nullptr};
}

Resume throw_new(Thread& thread, const abi::Tag& tag, const Instruction* pc, u64* fp, abi::Instance* instance) {
  const auto* code = static_cast<const Instruction*>(function_of(fp).body);
  thread.live_end = fp + code->a;  // the frame's size stands in its Enter
  const abi::Exception* exception = thread.program->exceptions().create(tag, fp + pc->a);
  if (exception != nullptr) return throw_again(thread, *exception, pc, fp, instance);
  raise(thread, Trap::ExceptionMemory, pc, fp);
  return {nullptr, nullptr, nullptr};
}

}  // namespace hermit::interp
