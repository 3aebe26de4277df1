// A table's elements live in pages of their own: fresh pages read as zero, and zero is the null reference, so the ten
// million elements a module may declare cost nothing until they are set. Where the type says that they stay few
// they are an object like others: pages for them are two system calls of a start and a page table.
// Specification: https://webassembly.github.io/spec/core/exec/runtime.html#table-instances
#include "runtime/table.h"

#include <algorithm>
#include <cstring>

#include "os/memory.h"
#include "wasm/limits.h"

namespace hermit::runtime {

namespace {

constexpr u64 kFewElements = 512;

u64 whole_pages(u64 element_count) {
  const u64 page = os::page_size();
  return std::max((element_count * sizeof(abi::Reference) + page - 1) / page * page, page);
}

}  // namespace

Result<Table*> Table::create(const wasm::TableType& type) {
  if (type.limits.min > wasm::kMaxTableElements) {
    return std::unexpected(Error{ErrorKind::Limit, "initial table size exceeds 10000000 elements", 0});
  }
  auto* table = new Table(type);
  if (type.limits.has_max && type.limits.max <= kFewElements) {
    table->few_ = std::make_unique<abi::Reference[]>(type.limits.max);
    table->elements = table->few_.get();
    table->reserved_ = type.limits.max * sizeof(abi::Reference);
  } else if (!table->reserve(type.limits.min, type.limits.min)) {
    delete table;
    return std::unexpected(Error{ErrorKind::System, "not enough memory for the initial size of a table", 0});
  }
  table->size = type.limits.min;
  return table;
}

Table::~Table() {
  if (elements != nullptr && !few_) os::release_pages(reinterpret_cast<u8*>(elements), reserved_);
}

i64 Table::grow(u64 delta, abi::Reference value) {
  const u64 cap = wasm::kMaxTableElements;
  const u64 max = type_.limits.has_max ? std::min(type_.limits.max, cap) : cap;
  if (size > max || delta > max - size) return -1;
  const u64 old_size = size;
  const u64 new_size = size + delta;
  if (new_size * sizeof(abi::Reference) > reserved_ && !reserve(std::min(max, new_size * 2), new_size)) return -1;
  if (value != abi::kNullReference) std::fill(elements + old_size, elements + new_size, value);
  size = new_size;
  return static_cast<i64>(old_size);
}

// Moves the elements to a new reservation of the wanted size, or if that is refused of the needed one.
bool Table::reserve(u64 elements_wanted, u64 elements_needed) {
  for (const u64 bytes : {whole_pages(elements_wanted), whole_pages(elements_needed)}) {
    u8* pages = os::reserve_pages(bytes);
    if (pages == nullptr) continue;
    if (!os::commit_pages(pages, bytes)) {
      os::release_pages(pages, bytes);
      continue;
    }
    if (elements != nullptr) {
      std::memcpy(pages, elements, size * sizeof(abi::Reference));
      os::release_pages(reinterpret_cast<u8*>(elements), reserved_);
    }
    elements = reinterpret_cast<abi::Reference*>(pages);
    reserved_ = bytes;
    return true;
  }
  return false;
}

}  // namespace hermit::runtime
