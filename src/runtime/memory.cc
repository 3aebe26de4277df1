// A linear memory is a reservation of address space whose first part is committed.
//
// The problem: growing must be cheap, a guest that declares 4 GiB must not take 4 GiB, and compiled code wants to leave
// out bounds checks. The idea: reserve everything an access could reach (memory.h derives the size), commit what the
// memory's size says, and let the rest fault. Where the system refuses such a reservation there are two smaller ways
// that only checked accesses may use: reserve up to the maximum the type allows, else move on growth. Specification:
// https://webassembly.github.io/spec/core/exec/runtime.html#memory-instances
#include "runtime/memory.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "base/check.h"
#include "os/memory.h"
#include "wasm/limits.h"

namespace hermit::runtime {

namespace {

// What a memory of this type may have at most, in pages. Growing ends before: grow().
u64 most_pages(const wasm::Limits& limits) {
  const u64 cap = limits.is_64 ? wasm::kMaxGrownPages64 : wasm::kMaxPages32;
  return limits.has_max ? std::min(limits.max, cap) : cap;
}

}  // namespace

u64 full_reservation(const wasm::MemoryType& type) {
  return type.limits.is_64 ? std::max(most_pages(type.limits) * wasm::kPageSize, wasm::kPageSize) : kGuardedSize;
}

Result<Memory*> Memory::create(const wasm::MemoryType& type, MemoryBudget& budget) {
  if (type.limits.min > most_pages(type.limits)) {
    return std::unexpected(Error{ErrorKind::Limit, "initial memory exceeds 16 GiB", 0});
  }
  const u64 initial = type.limits.min * wasm::kPageSize;
  if (initial > budget.limit - std::min(budget.used, budget.limit)) {
    return std::unexpected(Error{ErrorKind::Limit, "initial memory exceeds the memory limit", 0});
  }
  auto* memory = new Memory(type, budget);
  const u64 largest = most_pages(type.limits) * wasm::kPageSize;
  const u64 choices[] = {full_reservation(type), std::max(largest, wasm::kPageSize),
                         std::max(initial, wasm::kPageSize)};
  for (const u64 size : choices) {
    if (size == 0) continue;
    memory->reservation_ = os::reserve_pages(size);
    if (memory->reservation_ == nullptr) continue;
    const u64 below = !type.limits.is_64 && size == kGuardedSize ? kGuardBelow : 0;
    memory->reserved_ = size;
    memory->base = memory->reservation_ + below;
    memory->capacity_ = size - below;
    break;
  }
  if (memory->reservation_ == nullptr || !memory->resize(initial)) {
    delete memory;
    return std::unexpected(Error{ErrorKind::System, "not enough memory for the initial size of a memory", 0});
  }
  return memory;
}

Memory::~Memory() {
  budget_.used -= size;
  if (reservation_ != nullptr) os::release_pages(reservation_, reserved_);
}

i64 Memory::grow(u64 delta_pages) {
  const u64 old_pages = pages();
  const u64 most = type_.limits.is_64 ? wasm::kMaxGrownPages64 : wasm::kMaxGrownPages32;
  const u64 max_pages = std::max(old_pages, std::min(most, most_pages(type_.limits)));
  if (delta_pages > max_pages - old_pages) return -1;
  const u64 delta = delta_pages * wasm::kPageSize;
  if (delta > budget_.limit - std::min(budget_.used, budget_.limit)) return -1;
  if (!resize(size + delta)) return -1;
  return static_cast<i64>(old_pages);
}

bool Memory::resize(u64 new_size) {
  if (new_size > capacity_ ? !move_to_larger(new_size) : !os::commit_pages(base + size, new_size - size)) return false;
  budget_.used += new_size - size;
  size = new_size;
  for (abi::Instance* instance : mirrors_) instance->memory0 = *this;
  return true;
}

// Half as much again, so that a program which grows page by page does not copy each time.
bool Memory::move_to_larger(u64 new_size) {
  const u64 limit = most_pages(type_.limits) * wasm::kPageSize;
  for (const u64 wish : {std::min(limit, new_size + new_size / 2 / wasm::kPageSize * wasm::kPageSize), new_size}) {
    u8* larger = os::reserve_pages(wish);
    if (larger == nullptr) continue;
    if (!os::commit_pages(larger, new_size)) {
      os::release_pages(larger, wish);
      continue;
    }
    std::memcpy(larger, base, size);
    os::release_pages(reservation_, reserved_);
    base = reservation_ = larger;
    reserved_ = capacity_ = wish;
    return true;
  }
  return false;
}

bool Memory::never_moves() const {
  return type_.limits.is_64 ? capacity_ >= most_pages(type_.limits) * wasm::kPageSize : is_guarded();
}

void Memory::mirror_in(abi::Instance* instance) {
  mirrors_.push_back(instance);
  instance->memory0 = *this;
}

}  // namespace hermit::runtime
