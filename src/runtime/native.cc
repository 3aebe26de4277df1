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
#include "base/cpu_x86.h"
#include "base/memory_functions.h"
#include "os/code.h"
#include "os/memory.h"
#include "os/trap.h"
#include "runtime/native_thread.h"

namespace hermit::runtime {

namespace {

constexpr u64 kMinStackBytes = u64{256} << 10;
// Calls from the host into the guest that may be active at once: each takes native stack.
constexpr u32 kMaxHostDepth = 200;

constexpr char kWrongEntries[] = "native image: entries out of order";

// The program whose code runs on this thread right now, for the fault handler.
thread_local NativeThread* t_running = nullptr;

#if defined(__x86_64__)
// x86-64-v2: what compiled code uses beyond SSE2. Requires the fault handler.
const char* missing_baseline() {
  if (!can_execute_v2()) return "native code needs an x86-64 processor with SSE4.2 and POPCNT";
  if (can_execute_avx()) __atomic_store_n(&memory_functions_use_avx, true, __ATOMIC_RELAXED);
  return nullptr;
}

bool continue_trial(os::Fault& fault) {
  if (fault.kind != os::Fault::Kind::Illegal || !is_tried(fault.pc)) return false;
  fault.pc = after_tried();
  fault.result = 0;
  return true;
}

// What the instruction at `pc` says, of which `left` bytes are text: ud2, and then the Trap.
Trap trap_of(const u8* pc, size_t left) {
  return left >= 3 && pc[0] == 0x0f && pc[1] == 0x0b ? static_cast<Trap>(pc[2]) : Trap::None;
}
#elif defined(__aarch64__)
// ARMv8.0 with its vector unit: what every system we run on asks for itself.
const char* missing_baseline() { return nullptr; }
bool continue_trial(os::Fault&) { return false; }

// udf #Trap: the upper half of the word is zero.
Trap trap_of(const u8* pc, size_t left) {
  return left >= 4 && pc[1] == 0 && pc[2] == 0 && pc[3] == 0 ? static_cast<Trap>(pc[0]) : Trap::None;
}
#else
const char* missing_baseline() { return "there is no native code for this processor"; }
bool continue_trial(os::Fault&) { return false; }
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
  if (continue_trial(fault)) return true;
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
      thread->other_stack = {pages + thread->stack_bytes, pages + 65536, pages};
      return thread.release();
    }
    os::release_pages(pages, bytes + 65536);
  }
  return nullptr;
}

void destroy(void* state) {
  auto* thread = static_cast<NativeThread*>(state);
  for (const auto& image : thread->images) {
    if (image->owns_text) os::release_code(image->view.text.data(), image->view.text.size());
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

// The image that has the code of `module`, and what it says about it.
struct Found {
  const LoadedImage* image;
  const abi::ImageModule* record;
};
std::optional<Found> find_module(const NativeThread& thread, const wasm::Module* module) {
  for (const auto& image : thread.images) {
    const auto found = std::find(image->modules.begin(), image->modules.end(), module);
    if (found == image->modules.end()) continue;
    return Found{image.get(), &image->view.modules[static_cast<size_t>(found - image->modules.begin())]};
  }
  return std::nullopt;
}

abi::ImageEntry entry_at(ByteView entries, size_t n) {
  abi::ImageEntry entry;
  std::memcpy(&entry, entries.data() + n * sizeof entry, sizeof entry);
  return entry;
}

// Nothing if the entries are not what they must be: link() says so then.
std::optional<std::vector<u32>> reachable(void* state, const wasm::Module& module) {
  const auto found = find_module(*static_cast<NativeThread*>(state), &module);
  if (!found) return std::nullopt;
  const ByteView entries = found->image->view.at(found->record->entries);
  std::vector<u32> functions(entries.size() / sizeof(abi::ImageEntry));
  u32 next = module.imported_functions;
  for (size_t i = 0; i < functions.size(); ++i) {
    functions[i] = entry_at(entries, i).function;
    if (functions[i] < next || functions[i] >= module.functions.size()) return std::nullopt;
    next = functions[i] + 1;
  }
  return functions;
}

// Large contents that lie in the file like in the memory become part of it: pages are read when they are touched.
bool place_data(void* state, Memory& memory, u64 to, ByteView bytes) {
  const auto& thread = *static_cast<NativeThread*>(state);
  if (bytes.size() < abi::kMappedSegment) return false;
  const u64 page = os::page_size();
  u8* const begin = memory.base + to;
  const u8* const from = bytes.data();
  const auto lies_in = [&](const auto& image) {
    const ByteView whole = image->view.bytes;
    return image->is_mapped && from >= whole.data() && from + bytes.size() <= whole.data() + whole.size();
  };
  if (std::none_of(thread.images.begin(), thread.images.end(), lies_in)) return false;
  const u64 front = (page - reinterpret_cast<u64>(begin) % page) % page;
  const u64 middle = (bytes.size() - front) / page * page;
  if (reinterpret_cast<u64>(from + front) % page != 0 || !os::move_file_pages(from + front, middle, begin + front)) {
    return false;
  }
  std::memcpy(begin, from, front);
  std::memcpy(begin + front + middle, from + front + middle, bytes.size() - front - middle);
  return true;
}

// Gives the instance's functions their code. Nothing of the instance has run yet.
const char* link(void* state, Instance& instance) {
  auto& thread = *static_cast<NativeThread*>(state);
  const auto found = find_module(thread, instance.module);
  if (!found) return "no native code for this module";
  const ImageView& view = found->image->view;
  const ByteView entries = view.at(found->record->entries);
  if (instance.own_functions.size() != entries.size() / sizeof(abi::ImageEntry)) return kWrongEntries;
  for (size_t i = 0; i < instance.own_functions.size(); ++i) {
    const abi::ImageEntry entry = entry_at(entries, i);
    if (entry.function != instance.own_functions[i].index || entry.text >= view.text.size()) return kWrongEntries;
    instance.own_functions[i].native = view.text.data() + entry.text;
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
  instance.text = view.text.data();
  return nullptr;
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
  thread.nested_trap = Trap::None;
  change_stacks(thread);
  const auto trap = static_cast<Trap>(native_enter(&function, &frame));
  change_stacks(thread);
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

const void* host_gate(const HostFunction& host) {
  const auto is_integer = [](wasm::ValType type) { return type == wasm::ValType::I32 || type == wasm::ValType::I64; };
  const bool fits = host.params.size() <= abi::kIntegerArguments + kGateStackIntegers &&
                    std::ranges::all_of(host.params, is_integer) &&
                    (host.results.empty() || (host.results.size() == 1 && host.results[0] == wasm::ValType::I32));
  if (!fits) return reinterpret_cast<const void*>(&hermit_native_host_gate);
  const bool in_registers = host.params.size() <= abi::kIntegerArguments;
  return reinterpret_cast<const void*>(in_registers ? &hermit_native_integer_gate : &hermit_native_integers_gate);
}

}  // namespace

const Engine& native_engine() {
  static const Engine kEngine = {.wasm_body = nullptr,
                                 .host_body = nullptr,
                                 .create = create,
                                 .destroy = destroy,
                                 .call = call,
                                 .mark = mark,
                                 .link = link,
                                 .place_data = place_data,
                                 .reachable = reachable,
                                 .host_native = host_gate};
  return kEngine;
}

const char* native_refusal() {
  if (!os::handle_faults(on_fault)) return "native code is not supported on this system yet";
  return missing_baseline();
}

namespace {

// Code that lies in a file's mapping runs where it is; what was moved off its alignment, or may not, is copied.
Result<void> map_text(LoadedImage& image) {
  if (image.view.text.empty()) return {};
  const auto aligned = reinterpret_cast<u64>(image.view.text.data()) % abi::text_alignment(abi::kNativeIsa) == 0;
  if (image.is_mapped && aligned && os::allow_execution(image.view.text)) return {};
  const u8* text = os::map_code(image.view.text);
  if (text == nullptr) return std::unexpected(Error{ErrorKind::System, "the system refuses to map native code", 0});
  image.view.text = {text, image.view.text.size()};
  image.owns_text = true;
  return {};
}

}  // namespace

Result<void> load_native(Program& program, const ImageView& image, bool is_mapped, bool shared,
                         std::span<const wasm::Module* const> modules) {
  CHECK(&program.engine() == &native_engine() && program.ok() && modules.size() == image.modules.size());
  auto loaded = std::make_unique<LoadedImage>();
  loaded->view = image;
  loaded->is_mapped = is_mapped;
  loaded->modules.assign(modules.begin(), modules.end());
  TRY_VOID(map_text(*loaded));
  loaded->is_mapped = is_mapped && !shared;
  static_cast<NativeThread*>(program.engine_state())->images.push_back(std::move(loaded));
  return {};
}

void share_native(const Program& from, Program& to) {
  CHECK(&from.engine() == &native_engine() && &to.engine() == &native_engine() && to.ok());
  for (const auto& image : static_cast<const NativeThread*>(from.engine_state())->images) {
    auto same = std::make_unique<LoadedImage>();
    same->view = image->view;
    same->modules = image->modules;
    static_cast<NativeThread*>(to.engine_state())->images.push_back(std::move(same));
  }
}

Result<void> load_native(Program& program, std::span<const wasm::Module* const> modules, ByteView image) {
  CHECK(&program.engine() == &native_engine() && program.ok());
  if (const char* why = native_refusal()) return std::unexpected(Error{ErrorKind::Unsupported, why, 0});
  auto loaded = std::make_unique<LoadedImage>();
  loaded->copy.assign(image.begin(), image.end());
  TRY(loaded->view, open_image(loaded->copy));
  if (!matches(loaded->view, modules)) {
    return std::unexpected(Error{ErrorKind::Unlinkable, "native image: made from other modules", 0});
  }
  loaded->modules.assign(modules.begin(), modules.end());
  TRY_VOID(map_text(*loaded));
  static_cast<NativeThread*>(program.engine_state())->images.push_back(std::move(loaded));
  return {};
}

bool can_guard_memories(std::span<const wasm::Module* const> modules) {
  std::vector<std::pair<u8*, u64>> reserved;
  bool all = true;
  for (const wasm::Module* module : modules) {
    for (size_t i = module->imported_memories; i < module->memories.size() && all; ++i) {
      const u64 size = full_reservation(module->memories[i]);
      u8* const pages = os::reserve_pages(size);
      all = pages != nullptr;
      if (all) reserved.emplace_back(pages, size);
    }
  }
  for (const auto& [pages, size] : reserved) os::release_pages(pages, size);
  return all;
}

}  // namespace hermit::runtime
