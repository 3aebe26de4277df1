// What the files of the interpreter loop share: how a handler is declared, goes on, and traps. See loop.cc for the
// idea.
#pragma once

#include <bit>
#include <cstring>

#include "interp/code.h"
#include "interp/thread.h"

namespace hermit::interp {

using Handler = void (*)(const Instruction* pc, u64* fp, u8* mem, abi::Instance* inst);
#define HANDLER(name)                                                                                   \
  void name([[maybe_unused]] const Instruction* pc, [[maybe_unused]] u64* fp, [[maybe_unused]] u8* mem, \
            [[maybe_unused]] abi::Instance* inst)

// Handlers are named by their distance from this function (loop.cc).
HANDLER(origin);
i32 distance(Handler handler);
// The handler of a SIMD instruction, or null (simd.cc).
Handler simd_handler(wasm::Op op, Form form);

inline Handler handler_at(const Instruction* pc) {
  return reinterpret_cast<Handler>(reinterpret_cast<uintptr_t>(&origin) +
                                   static_cast<uintptr_t>(static_cast<intptr_t>(pc->handler)));
}

// Only fuzzers count instructions (interpreter.h): `amount` more, at `pc` of the frame `fp`.
#if HERMIT_FUEL
#define BURN(amount, pc)                                                   \
  do {                                                                     \
    const u64 burn = (amount);                                             \
    u64& fuel = thread_of(inst).fuel;                                      \
    if (__builtin_expect(fuel < burn, false)) {                            \
      fuel = 0;                                                            \
      [[clang::musttail]] return trapped<Trap::Exit>((pc), fp, mem, inst); \
    }                                                                      \
    fuel -= burn;                                                          \
  } while (false)
#else
#define BURN(amount, pc) static_cast<void>(0)
#endif

#define GO(next)                                                        \
  do {                                                                  \
    const Instruction* go_to = (next);                                  \
    BURN(1, go_to);                                                     \
    [[clang::musttail]] return handler_at(go_to)(go_to, fp, mem, inst); \
  } while (false)
#define NEXT() GO(pc + 1)
#define TRAP(which) [[clang::musttail]] return trapped<which>(pc, fp, mem, inst)
#define TRAP_IF(condition, which) \
  if (__builtin_expect(condition, false)) TRAP(which)

template <Trap kTrap>
[[gnu::noinline, gnu::cold]] HANDLER(trapped) {
  raise(thread_of(inst), kTrap, pc, fp);
}

template <typename T>
inline T get(const u64* fp, i32 slot) {
  T value;
  std::memcpy(&value, fp + slot, sizeof(T));  // little-endian hosts only: the low bytes come first
  return value;
}
template <typename T>
inline void set(u64* fp, i32 slot, T value) {
  if constexpr (sizeof(T) == 8) {
    fp[slot] = std::bit_cast<u64>(value);
  } else {
    fp[slot] = std::bit_cast<u32>(value);
  }
}

// Where an access of `size` bytes in any memory is, or null if it is not all inside. `data` is that of Form::Far. Slots
// hold 32-bit indices zero-extended, so one sum serves both kinds of addresses.
inline u8* far_address(const abi::Instance* inst, u64 index, const Instruction* data, u64 size) {
  const abi::Memory& memory = *inst->memories[data->a];
  u64 end;
  if (__builtin_add_overflow(index, data->wide(), &end) || __builtin_add_overflow(end, size, &end)) return nullptr;
  return end > memory.size ? nullptr : memory.base + (end - size);
}

}  // namespace hermit::interp
