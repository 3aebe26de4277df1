// Linear memories (core specification, section 4.2.8).
#pragma once

#include <vector>

#include "abi/instance_layout.h"
#include "base/error.h"
#include "wasm/types.h"

namespace hermit::runtime {

// What all memories of one program may take together. `limit` comes from the bundle's LIMIT memory.
struct MemoryBudget {
  u64 limit = ~u64{0};  // bytes
  u64 used = 0;
};

// One reservation per 32-bit memory that no access of compiled code can leave: a 32-bit index plus a 32-bit offset plus
// the widest access ends below 8 GiB + 64 KiB; 2 GiB in front catch what a wrong sign extension would reach.
inline constexpr u64 kGuardBelow = u64{2} << 30;
inline constexpr u64 kGuardedSize = kGuardBelow + (u64{8} << 30) + (u64{64} << 10);

// A memory and the reservation behind it. If the full reservation is refused (`ulimit -v`, a 39-bit address space), a
// memory takes what its type can need, or grows by moving; then is_guarded() is false and only checked accesses are
// safe. Not copyable, not movable: instances hold its address.
struct Memory : abi::Memory {
  // Requires: a validated type. `budget` must outlive the memory. Errors: System if the pages are refused, Limit if the
  // initial size exceeds the budget. A large declared minimum takes address space, not memory.
  static Result<Memory*> create(const wasm::MemoryType& type, MemoryBudget& budget);
  ~Memory();
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  // memory.grow: the old size in pages, or -1 with nothing changed.
  [[nodiscard]] i64 grow(u64 delta_pages);
  [[nodiscard]] u64 pages() const { return size / wasm::kPageSize; }
  [[nodiscard]] const wasm::MemoryType& type() const { return type_; }
  [[nodiscard]] bool is_guarded() const { return !type_.limits.is_64 && reserved_ == kGuardedSize; }

  // Is everything that the memory may grow to reserved, so that its base stays where it is? Compiled code relies on it.
  [[nodiscard]] bool never_moves() const;

  // Keeps instance->memory0 equal to this memory from now on.
  void mirror_in(abi::Instance* instance);

 private:
  Memory(const wasm::MemoryType& type, MemoryBudget& budget) : abi::Memory{nullptr, 0}, type_(type), budget_(budget) {}
  bool resize(u64 new_size);
  bool move_to_larger(u64 new_size);

  wasm::MemoryType type_;
  MemoryBudget& budget_;
  u8* reservation_ = nullptr;
  u64 reserved_ = 0;
  u64 capacity_ = 0;  // bytes from base to the end of the reservation
  std::vector<abi::Instance*> mirrors_;
};

// The address space that a memory of this type asks for, so that it never moves and compiled code may access it.
u64 full_reservation(const wasm::MemoryType& type);

// Why memory.init and friends compare like this: offset and length come from the guest, their sum may wrap.
constexpr bool in_bounds(u64 offset, u64 length, u64 size) { return length <= size && offset <= size - length; }

}  // namespace hermit::runtime
