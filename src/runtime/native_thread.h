// One program's guest thread under the native engine. Private to it.
#pragma once

#include <memory>
#include <vector>

#include "os/thread_stack.h"
#include "runtime/native_gate.h"
#include "runtime/native_image.h"
#include "runtime/program.h"

namespace hermit::runtime {

// A frame of compiled code, and where in it.
struct GuestPlace {
  const u8* frame = nullptr;  // its frame pointer; null: none
  const u8* pc = nullptr;
};

// Code that was mapped, for which modules.
struct LoadedImage {
  Bytes copy;  // of the image, if its owner does not keep it
  ImageView view;  // text.data() is where it runs
  bool is_mapped = false;  // the view is part of a private, read-only mapping of a file, of which pages may be taken
  bool owns_text = false;  // it is a copy: release_code
  std::vector<const wasm::Module*> modules;
};

struct NativeThread {
  Program* program = nullptr;
  std::vector<std::unique_ptr<LoadedImage>> images;
  std::vector<const Memory*> memories;  // of all instances: where a fault may be an access out of bounds
  u8* stack = nullptr;  // reserved pages, lowest address
  u64 stack_bytes = 0;
  os::ThreadStack other_stack = {};  // of guest and host, the one that is not running
  u32 depth = 0;  // calls from the host that are active
  Trap nested_trap = Trap::None;  // how the last guest function that the running host function called ended; None
                                  // whenever the guest calls one
  GuestPlace trap_place;  // of the last trap
  bool trap_is_at_pc = false;  // trap_place.pc is an instruction, not a return address
  bool keep_trace = false;
  std::vector<GuestPlace> outer;  // where guests that are waiting for the host go on, innermost last
};

// From the guest's stack to the host's, or back: tells the system, where it wants to know. Gates move the stack
// pointer.
inline void change_stacks(NativeThread& thread) { thread.other_stack = os::swap_thread_stack(thread.other_stack); }

inline NativeThread& thread_of(const abi::Instance& instance) {
  return *static_cast<NativeThread*>(instance.execution->interpreter);
}

// The image whose text holds `pc`, or null.
const LoadedImage* image_at(const NativeThread& thread, const u8* pc);

// Throwing (native_unwind.cc). They return how the gate goes on: kResume, or the Trap that nobody catching is.
inline constexpr u64 kResume = 0xffffffff;
u64 throw_again(NativeThread& thread, const abi::Exception* exception);
u64 throw_new(NativeThread& thread, const abi::Tag& tag);

// The calling convention on slots (native_host.cc).
u64 stack_bytes(const wasm::FuncType& type);
void put_arguments(const wasm::FuncType& type, const u64* slots, EntryFrame& frame, u64* stack);
void take_results(const wasm::FuncType& type, EntryFrame& frame, u64* overflow, u64* slots);

// Collects the frames behind thread.trap_place for Program::backtrace (native_trace.cc).
void collect_trace(NativeThread& thread);

}  // namespace hermit::runtime
