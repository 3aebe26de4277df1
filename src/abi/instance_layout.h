// What compiled code sees of a running program: plain structs whose layout is part of the native-code format.
//
// The runtime owns and fills them, the interpreter and compiled code read them (and write `value` of globals and
// elements of tables). Every struct is standard-layout and holds no C++ object, so an offset is a number the compiler
// may put into an instruction (offsetof); a change here is a change of the native image's format version.
//
//   Instance ──memory0──▶ base, size            cached view of memory 0; the runtime updates it when memory grows
//      ├── memories[i] ──▶ Memory {base, size}
//      ├── tables[i] ────▶ Table {elements, size}       elements are references
//      ├── globals[i] ───▶ Global {value}               shared with whoever imports or exports it; the first that
//      │                                                the module defines lie behind the instance
//      ├── functions[i] ─▶ FuncRef {native, type, instance, body}
//      ├── tags[i] ──────▶ Tag {type id}                equal addresses are equal tags
//      └── execution ────▶ Execution {stack limit}      one per guest thread
//
// Values are 64-bit slots: i32 zero-extended, f32 and f64 as bits, references as below; v128 takes two slots.
// A reference is a u64: 0 is null; a function reference is the address of its FuncRef, which lives as long as the
// program; an external reference is whatever non-zero number the embedder chose; an exception reference is the address
// of its Exception, which lives while a conservative scan finds it (runtime/exceptions.h).
#pragma once

#include "abi/calling_convention.h"
#include "abi/trap.h"
#include "base/types.h"

namespace hermit::abi {

struct Instance;

using Reference = u64;
inline constexpr Reference kNullReference = 0;

// A pointer of the process that runs the code: 64 bits wide also where the compiler, which only asks for offsets, is
// itself a 32-bit program (hermit.com is).
#if __SIZEOF_POINTER__ == 8
template <typename T>
using Pointer = T*;
#else
template <typename T>
struct Pointer {
  u64 address;
};
#endif

// One function of one instance. Its address is the function reference, so equal functions have equal addresses.
struct FuncRef {
  Pointer<const void> native;  // entry of compiled code, or null: this function is interpreted
  u32 type_id;         // equal types have equal ids in the whole program: one compare checks nearly every
                // call_indirect; if it fails, the type may still be a subtype (Program::is_subtype)
  u32 reserved;
  Pointer<Instance>
      instance;  // whose code it is; null for a host function, which runs on behalf of its caller's instance
  Pointer<void> body;  // the interpreter's function object (interp/function.h)
};

struct Memory {
  Pointer<u8> base;  // never moves while the reservation for guard pages succeeded (runtime/memory.h)
  u64 size;  // in bytes
};

struct Table {
  Pointer<Reference> elements;  // may move when the table grows
  u64 size;  // in elements
};

struct Global {
  u64 value[2];  // the second slot is for v128 alone
};

struct Tag {
  u32 type_id;
  u32 slots;  // how many the parameters take
};

// A thrown exception: never changed once it is made. Values are slots (v128 takes two).
struct Exception {
  Pointer<const Tag> tag;
  u64 slots;  // how many values[] has
  u64 values[1];
};

// The state of one guest thread that compiled code touches.
struct Execution {
  Pointer<u8> stack_limit = {};  // a native frame must not reach below this address
  Pointer<const u64> interpreter_end = {};  // an interpreted frame must end below this address
  Pointer<void> interpreter = {};  // interp::Thread, for its slow paths
  u32 trap = 0;  // a Trap, set by a gate that returns to unwind the guest
  u32 reserved = 0;
  Pointer<const Exception> exception = {};  // what is being thrown while `trap` is Trap::Exception
  Pointer<u8> host_stack = {};  // where gates run host code: the native stack below the last entry into the guest
  Pointer<u8> guest_stack = {};  // compiled code's stack pointer while host code runs; at first its stack's upper end
  Pointer<u8> guest_frame = {};  // frame of the compiled function that a gate was called from, for backtraces
  Pointer<const u8> guest_pc = {};  // and where it goes on
  u64 results[kResultSlots];  // results beyond the registers (calling_convention.h); not cleared: that costs pages
};

// One instance, as reached through the pinned instance register. Arrays have one pointer per index of the module's
// index space (imports first); they are fixed once the instance is linked.
struct Instance {
  Memory memory0;  // a copy of *memories[0]; {null, 0} without a memory
  Pointer<Execution> execution;
  Pointer<Memory* const> memories;
  Pointer<Table* const> tables;
  Pointer<Global* const> globals;
  Pointer<const Tag* const> tags;
  Pointer<FuncRef* const> functions;
  Pointer<const u32> type_ids;  // of the module's types
  Pointer<const void> exit_gate;  // where compiled code asks the runtime for something (exits.def)
  Pointer<const u8> stack_limit;  // compiled frames stay above it
  Pointer<const u8> text;  // of the native image that holds the instance's code
};

// Behind it lie the first kOwnGlobals of the globals that the module defines itself, kOwnGlobalSize bytes each, so that
// compiled code reaches them from the instance register. (C's stack pointer is one of them.)
inline constexpr u32 kOwnGlobals = 8;
inline constexpr u32 kOwnGlobalSize = 24;
constexpr u32 own_global_offset(u32 number) { return static_cast<u32>(sizeof(Instance)) + kOwnGlobalSize * number; }

static_assert(sizeof(FuncRef) == 32 && sizeof(Instance) == 96);

}  // namespace hermit::abi
