// The native engine: its state for one program, calls from the host, and faults that are traps.
//
// Compiled code runs on the calling thread but on a stack of its own, so that the guest's recursion is bounded by what
// Limits::stack_bytes says and not by the host's stack. A trap is a fault or an instruction that does not exist, at a
// place in the mapped text; the handler moves the thread to native_enter's way out. Nothing is unwound: compiled code
// owns nothing, and host functions are never below a frame that is left this way.
#include "runtime/native.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "os/code.h"
#include "os/memory.h"
#include "os/trap.h"
#include "runtime/native_thread.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace hermit::runtime {

namespace {

constexpr u64 kMinStackBytes = u64{256} << 10;
// Calls from the host into the guest that may be active at once: each takes native stack.
constexpr u32 kMaxHostDepth = 200;

// The program whose code runs on this thread right now, for the fault handler.
thread_local NativeThread* t_running = nullptr;

#if defined(__x86_64__)
// x86-64-v2: what compiled code uses beyond SSE2.
const char* missing_baseline() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  constexpr unsigned kSsse3 = 1u << 9, kSse41 = 1u << 19, kSse42 = 1u << 20, kPopcnt = 1u << 23;
  constexpr unsigned kAll = kSsse3 | kSse41 | kSse42 | kPopcnt;
  if (__get_cpuid(1, &a, &b, &c, &d) != 0 && (c & kAll) == kAll) return nullptr;
  return "native code needs an x86-64 processor with SSE4.2 and POPCNT";
}

// What the instruction at `pc` says, of which `left` bytes are text: ud2, and then the Trap.
Trap trap_of(const u8* pc, size_t left) {
  return left >= 3 && pc[0] == 0x0f && pc[1] == 0x0b ? static_cast<Trap>(pc[2]) : Trap::None;
}
#elif defined(__aarch64__)
// ARMv8.0 with its vector unit: what every system we run on asks for itself.
const char* missing_baseline() { return nullptr; }

// udf #Trap: the upper half of the word is zero.
Trap trap_of(const u8* pc, size_t left) {
  return left >= 4 && pc[1] == 0 && pc[2] == 0 && pc[3] == 0 ? static_cast<Trap>(pc[0]) : Trap::None;
}
#else
const char* missing_baseline() { return "there is no native code for this processor"; }
Trap trap_of(const u8*, size_t) { return Trap::None; }
#endif

}  // namespace

const LoadedImage* image_at(const NativeThread& thread, const u8* pc) {
  for (const auto& image : thread.images) {
    const u8* const text = image->view.text.data();
    if (pc >= text && pc < text + image->view.text.size()) return image.get();
  }
  return nullptr;
}

namespace {

// Runs in a signal handler: reads what was fixed before compiled code was entered, writes only to this thread's state.
bool on_fault(os::Fault& fault) {
  NativeThread* thread = t_running;
  if (thread == nullptr) return false;
  const LoadedImage* image = image_at(*thread, fault.pc);
  if (image == nullptr) return false;
  Trap trap = Trap::None;
  if (fault.kind == os::Fault::Kind::Illegal) {
    const auto left = static_cast<size_t>(image->view.text.data() + image->view.text.size() - fault.pc);
    trap = trap_of(fault.pc, left);
  } else {
    for (const Memory* memory : thread->memories) {
      const u8* const start = memory->base - kGuardBelow;
      if (fault.address >= start && fault.address < start + kGuardedSize) trap = Trap::OutOfBoundsMemoryAccess;
    }
  }
  if (trap == Trap::None) return false;
  thread->trap_place = {fault.frame, fault.pc};
  thread->trap_is_at_pc = true;
  thread->keep_trace = false;
  fault.pc = reinterpret_cast<const u8*>(&hermit_native_landing);
  fault.stack = thread->program->execution().host_stack;
  fault.result = static_cast<u64>(trap);
  return true;
}

void* create(Program& program) {
  auto thread = std::make_unique<NativeThread>();
  thread->program = &program;
  u64 bytes = std::max(program.limits().stack_bytes, kMinStackBytes) / 65536 * 65536;
  for (; bytes >= kMinStackBytes; bytes = bytes / 2 / 65536 * 65536) {
    // Pages in front stay inaccessible.
    u8* pages = os::reserve_pages(bytes + 65536);
    if (pages == nullptr) continue;
    if (os::commit_pages(pages + 65536, bytes)) {
      thread->stack = pages;
      thread->stack_bytes = bytes + 65536;
      abi::Execution& execution = program.execution();
      execution.interpreter = thread.get();
      execution.stack_limit = pages + 65536 + abi::kStackSlack;
      execution.guest_stack = pages + thread->stack_bytes;
      return thread.release();
    }
    os::release_pages(pages, bytes + 65536);
  }
  return nullptr;
}

void destroy(void* state) {
  auto* thread = static_cast<NativeThread*>(state);
  for (const auto& image : thread->images) {
    if (!image->view.text.empty()) os::release_code(image->view.text.data(), image->view.text.size());
  }
  os::release_pages(thread->stack, thread->stack_bytes);
  delete thread;
}

// What compiled code has on its stack while a gate runs: gates put the registers there that others preserve.
void mark(void* state, ExceptionMarker& marker) {
  const auto& thread = *static_cast<NativeThread*>(state);
  const abi::Execution& execution = thread.program->execution();
  const auto* const top = reinterpret_cast<const u64*>(thread.stack + thread.stack_bytes);
  const auto* const bottom = reinterpret_cast<const u64*>(execution.guest_stack);
  marker.words(bottom, static_cast<u64>(top - bottom));
  marker.words(execution.results, abi::kResultSlots);
}

// Gives the instance's functions their code. Nothing of the instance has run yet.
const char* link(void* state, Instance& instance) {
  auto& thread = *static_cast<NativeThread*>(state);
  for (const auto& image : thread.images) {
    const auto found = std::find(image->modules.begin(), image->modules.end(), instance.module);
    if (found == image->modules.end()) continue;
    const auto& record = image->view.modules[static_cast<size_t>(found - image->modules.begin())];
    for (size_t i = 0; i < instance.own_functions.size(); ++i) {
      const u32 text = image->view.functions[record.first_function + i].text;
      if ((text & 1) != 0) instance.own_functions[i].native = image->view.text.data() + (text & ~1u);
    }
    for (const abi::Memory* memory : instance.memory_space) {
      const auto* full = static_cast<const Memory*>(memory);
      if (!full->never_moves()) return "not enough address space for the guard pages of a memory";
      if (std::find(thread.memories.begin(), thread.memories.end(), full) == thread.memories.end()) {
        thread.memories.push_back(full);
      }
    }
    instance.exit_gate = reinterpret_cast<const void*>(&hermit_native_exit_gate);
    instance.stack_limit = instance.execution->stack_limit;
    instance.text = image->view.text.data();
    return nullptr;
  }
  return "no native code for this module";
}

Trap overflow(NativeThread& thread) {
  const abi::Execution& execution = thread.program->execution();
  thread.trap_place = {execution.guest_frame, execution.guest_pc};
  thread.trap_is_at_pc = false;
  collect_trace(thread);
  return thread.nested_trap = Trap::StackOverflow;
}

Trap call(void* state, Function& function, u64* slots) {
  NativeThread& thread = *static_cast<NativeThread*>(state);
  if (function.host != nullptr) {
    HostCall host_call{slots, nullptr, 0};
    return function.host(function.host_context, host_call);
  }
  CHECK(function.native != nullptr);  // exported functions and the start function have an external entry
  abi::Execution& execution = thread.program->execution();
  const u64 bytes = stack_bytes(*function.type);
  u8* const top = reinterpret_cast<u8*>(reinterpret_cast<u64>(execution.guest_stack) / 16 * 16);
  if (thread.depth == kMaxHostDepth || top < execution.stack_limit ||
      bytes > static_cast<u64>(top - execution.stack_limit)) {
    return overflow(thread);
  }
  if (!os::prepare_thread_for_faults()) return overflow(thread);

  EntryFrame frame;
  frame.stack = top - bytes;
  frame.execution = &execution;
  put_arguments(*function.type, slots, frame, reinterpret_cast<u64*>(frame.stack));
  u8* const host_stack = execution.host_stack;
  u8* const guest_stack = execution.guest_stack;
  const GuestPlace place{execution.guest_frame, execution.guest_pc};
  NativeThread* const running = t_running;
  thread.outer.push_back(place);
  ++thread.depth;
  t_running = &thread;
  const auto trap = static_cast<Trap>(native_enter(&function, &frame));
  t_running = running;
  --thread.depth;
  if (trap != Trap::None && !thread.keep_trace) collect_trace(thread);
  thread.outer.pop_back();
  thread.trap_is_at_pc = false;
  execution.host_stack = host_stack;
  execution.guest_stack = guest_stack;
  execution.guest_frame = const_cast<u8*>(place.frame);
  execution.guest_pc = place.pc;
  thread.nested_trap = trap;
  if (trap == Trap::None) take_results(*function.type, frame, execution.results, slots);
  return trap;
}

}  // namespace

const Engine& native_engine() {
  static const Engine kEngine = {nullptr, nullptr, create, destroy,
                                 call,    mark,    link,   reinterpret_cast<const void*>(&hermit_native_host_gate)};
  return kEngine;
}

const char* native_refusal() {
  if (const char* why = missing_baseline(); why != nullptr) return why;
  if (!os::handle_faults(on_fault)) return "native code is not supported on this system yet";
  return nullptr;
}

Result<void> load_native(Program& program, std::span<const wasm::Module* const> modules, ByteView image) {
  CHECK(&program.engine() == &native_engine() && program.ok());
  if (const char* why = native_refusal()) return std::unexpected(Error{ErrorKind::Unsupported, why, 0});
  TRY(const ImageView given, open_image(image));
  if (!matches(given, modules)) {
    return std::unexpected(Error{ErrorKind::Unlinkable, "native image: made from other modules", 0});
  }
  auto loaded = std::make_unique<LoadedImage>();
  // Tables are copied, so the caller's bytes may go away; the text goes to pages of its own.
  const auto keep = [&](const void* data, size_t size) {
    const auto at = loaded->tables.size();
    loaded->tables.insert(loaded->tables.end(), static_cast<const u8*>(data), static_cast<const u8*>(data) + size);
    return at;
  };
  loaded->tables.reserve(given.modules.size_bytes() + given.functions.size_bytes() + given.pcmap.size() +
                         given.handlers.size_bytes() + given.regions.size_bytes() + given.clauses.size_bytes());
  const size_t modules_at = keep(given.modules.data(), given.modules.size_bytes());
  const size_t functions_at = keep(given.functions.data(), given.functions.size_bytes());
  const size_t pcmap_at = keep(given.pcmap.data(), given.pcmap.size());
  loaded->view.modules = {reinterpret_cast<const abi::ImageModule*>(loaded->tables.data() + modules_at),
                          given.modules.size()};
  loaded->view.functions = {reinterpret_cast<const abi::ImageFunction*>(loaded->tables.data() + functions_at),
                            given.functions.size()};
  loaded->view.pcmap = {loaded->tables.data() + pcmap_at, given.pcmap.size()};
  const auto keep_records = [&]<typename T>(std::span<const T> records) {
    const size_t at = keep(records.data(), records.size_bytes());
    return std::span<const T>(reinterpret_cast<const T*>(loaded->tables.data() + at), records.size());
  };
  loaded->view.handlers = keep_records(given.handlers);
  loaded->view.regions = keep_records(given.regions);
  loaded->view.clauses = keep_records(given.clauses);
  if (!given.text.empty()) {
    const u8* text = os::map_code(given.text);
    if (text == nullptr) return std::unexpected(Error{ErrorKind::System, "the system refuses to map native code", 0});
    loaded->view.text = {text, given.text.size()};
  }
  loaded->modules.assign(modules.begin(), modules.end());
  auto& thread = *static_cast<NativeThread*>(program.engine_state());
  thread.images.push_back(std::move(loaded));
  return {};
}

}  // namespace hermit::runtime
