// Calls from the host into the guest, and the slow paths of the loop: first calls, host functions, traps.
//
// The guest's frames lie in one reservation, one behind the other (code.h). A host function runs on the native stack
// while its guest frame stays the innermost; if it calls the guest again, the new frames follow behind it. The link of
// a frame that the host called says so: its return address is the Exit instruction, and in place of the caller's fp
// stands the frame of the host function that made the call (or 0), so that a backtrace can go on there.
#include "interp/interpreter.h"

#include <algorithm>
#include <map>

#include "base/check.h"
#include "interp/thread.h"
#include "interp/translate.h"
#include "os/memory.h"
#include "wasm/names.h"

namespace hermit::interp {

namespace {

using runtime::Function;
using runtime::Instance;
using runtime::Program;

// Least stack a program can run with, if the system refuses what was asked for.
constexpr u64 kMinStackBytes = u64{64} << 10;

void* create(Program& program) {
  auto* thread = new Thread{};
  thread->program = &program;
  for (u64 bytes = std::max(program.limits().stack_bytes, kMinStackBytes) / 65536 * 65536; bytes >= kMinStackBytes;
       bytes = bytes / 2 / 65536 * 65536) {
    u8* pages = os::reserve_pages(bytes);
    if (pages == nullptr) continue;
    if (os::commit_pages(pages, bytes)) {
      thread->stack = thread->stack_top = reinterpret_cast<u64*>(pages);
      thread->stack_end = reinterpret_cast<u64*>(pages + bytes);
      thread->stack_bytes = bytes;
      program.execution().interpreter = thread;
      program.execution().interpreter_end = thread->stack_end;
      return thread;
    }
    os::release_pages(pages, bytes);
  }
  delete thread;
  return nullptr;
}

void destroy(void* state) {
  auto* thread = static_cast<Thread*>(state);
  os::release_pages(reinterpret_cast<u8*>(thread->stack), thread->stack_bytes);
  delete thread;
}

Trap call(void* state, Function& function, u64* slots) {
  Thread& thread = *static_cast<Thread*>(state);
  if (function.host != nullptr) {
    runtime::HostCall host_call{slots, nullptr, 0};
    return function.host(function.host_context, host_call);
  }
  const size_t params = size_t{function.param_slots};
  const size_t results = size_t{function.result_slots};
  u64* const base = thread.stack_top;
  u64* const fp = base + params;
  // Room for the link and for the results; the frame itself is checked when it is entered.
  if (thread.host_depth == kMaxHostDepth || fp + results + kLinkSlots > thread.stack_end) {
    raise(thread, Trap::StackOverflow, nullptr, nullptr);
    thread.nested_trap = Trap::StackOverflow;
    return Trap::StackOverflow;
  }
  u64* const host_frame = thread.host_frame;
  const size_t cross_depth = thread.cross_frames.size();
  std::copy_n(slots, params, base);
  fp[0] = reinterpret_cast<u64>(&static_code().exit);
  fp[1] = reinterpret_cast<u64>(host_frame);
  fp[2] = reinterpret_cast<u64>(static_cast<abi::FuncRef*>(&function));
  ++thread.host_depth;
  run(static_cast<const Instruction*>(function.body), fp, function.instance);
  --thread.host_depth;
  thread.host_frame = host_frame;
  thread.stack_top = base;
  thread.nested_trap = thread.trap;
  thread.cross_frames.resize(cross_depth);
  if (thread.trap == Trap::None) std::copy_n(base, results, slots);
  return thread.trap;
}

void mark(void* state, runtime::ExceptionMarker& marker) {
  const Thread& thread = *static_cast<Thread*>(state);
  marker.words(thread.stack, static_cast<u64>(thread.live_end - thread.stack));
}

// Collects frames. Functions that recurse appear often, so their offsets are computed once.
class Tracer {
 public:
  // `pc` may be one past the instruction meant (a return address), or null: nothing is known of the frame.
  void add(const Function& function, const Instruction* pc, bool is_return) {
    const auto* code = static_cast<const Instruction*>(function.body);
    ++depth_;
    if (frames_.size() == runtime::kMaxTraceFrames) return;
    const auto& instance = *static_cast<const Instance*>(function.instance);
    u64 offset = instance.module->functions[function.index].offset;
    if (pc != nullptr && code != &static_code().translate) {
      auto& offsets = offsets_[&function];
      if (offsets.empty()) offsets = source_offsets(instance, function.index);
      offset = offsets[static_cast<size_t>(pc - code) - (is_return ? 1 : 0)];
    }
    auto& names = names_[instance.module];
    if (names == nullptr) names = std::make_unique<wasm::FunctionNames>(wasm::parse_function_names(*instance.module));
    frames_.push_back({&instance, function.index, offset, names->find(function.index)});
  }
  void finish(Program& program) { program.set_backtrace(std::move(frames_), depth_); }

 private:
  std::vector<runtime::TraceFrame> frames_;
  std::map<const Function*, std::vector<u32>> offsets_;
  std::map<const wasm::Module*, std::unique_ptr<wasm::FunctionNames>> names_;
  u64 depth_ = 0;
};

}  // namespace

const Instruction* translate_now(Thread& thread, Function& function) {
  Translation translation = translate(*static_cast<const Instance*>(function.instance), function.index);
  auto copy = std::make_unique_for_overwrite<Instruction[]>(translation.size() + 1);
  const Handlers* handlers = nullptr;
  if (!translation.handlers.regions.empty()) {
    thread.handlers.push_back(std::make_unique<Handlers>(std::move(translation.handlers)));
    handlers = thread.handlers.back().get();
  }
  copy[0] = {};
  copy[0].set_wide(reinterpret_cast<u64>(handlers));
  std::copy(translation.prologue.begin(), translation.prologue.end(), copy.get() + 1);
  std::copy(translation.body.begin(), translation.body.end(), copy.get() + 1 + translation.prologue.size());
  const Instruction* const first = copy.get() + 1;
  function.body = copy.get() + 1;
  thread.code.push_back(std::move(copy));
  return first;
}

Trap call_host(Thread& thread, u64* fp, abi::Instance* instance) {
  const auto& function = *static_cast<const Function*>(reinterpret_cast<const abi::FuncRef*>(fp[2]));
  const size_t params = size_t{function.param_slots};
  const size_t results = size_t{function.result_slots};
  u64* const slots = fp - params;
  u64 link[kLinkSlots];
  std::copy_n(fp, kLinkSlots, link);
  // Results may be written over the link before the function calls the guest again, which needs it for a backtrace; so
  // a function with more results than parameters gets its slots behind the link.
  u64* const call_slots = results > params ? fp + kLinkSlots : slots;
  if (call_slots + std::max(params, results) > thread.stack_end) return Trap::StackOverflow;
  if (call_slots != slots) std::copy_n(slots, params, call_slots);
  u64* const saved_top = thread.stack_top;
  u64* const saved_frame = thread.host_frame;
  thread.stack_top = std::max(fp + kLinkSlots, call_slots + std::max(params, results));
  thread.host_frame = fp;
  thread.nested_trap = Trap::None;
  runtime::HostCall host_call{call_slots, instance->memory0.base, instance->memory0.size};
  const Trap trap = function.host(function.host_context, host_call);
  thread.stack_top = saved_top;
  thread.host_frame = saved_frame;
  if (trap == Trap::None && call_slots != slots) std::copy_n(call_slots, results, slots);
  return trap;
}

// Walks the links from the innermost frame out. Frames of host functions are not listed: they have no place in a
// module.
void raise(Thread& thread, Trap trap, const Instruction* pc, u64* fp) {
  thread.trap = trap;
  const bool from_host = fp != nullptr && pc == nullptr;
  if (from_host && thread.nested_trap == trap)
    return;  // the host passes on what the guest it called met: keep its backtrace
  if (fp == nullptr) fp = thread.host_frame;  // a call from the host that found no stack
  Tracer tracer;
  size_t cross = thread.cross_frames.size();
  bool is_return = false;
  while (fp != nullptr) {
    const auto& function = *static_cast<const Function*>(reinterpret_cast<const abi::FuncRef*>(fp[2]));
    if (function.host == nullptr) tracer.add(function, pc, is_return);
    pc = reinterpret_cast<const Instruction*>(fp[0]);
    fp = reinterpret_cast<u64*>(fp[1]);
    if (pc == &static_code().cross_return) pc = thread.cross_frames[--cross].return_pc;
    if (pc == &static_code().exit) pc = nullptr;
    is_return = true;
  }
  tracer.finish(*thread.program);
}

const runtime::Engine& engine() {
  static const runtime::Engine kEngine = {const_cast<Instruction*>(&static_code().translate),
                                          const_cast<Instruction*>(&static_code().host),
                                          create,
                                          destroy,
                                          call,
                                          mark};
  return kEngine;
}

#if HERMIT_FUEL
void set_fuel(runtime::Program& program, u64 instructions) {
  static_cast<Thread*>(program.engine_state())->fuel = instructions;
}
#endif

}  // namespace hermit::interp
