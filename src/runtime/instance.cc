// What an instance can do without an engine: find its exports, and the bulk operations on memories and tables, which
// every engine calls. Specification: https://webassembly.github.io/spec/core/exec/instructions.html#memory-instructions
#include "runtime/instance.h"

#include <algorithm>
#include <cstring>

namespace hermit::runtime {

std::optional<Extern> Instance::find_export(std::string_view export_name) const {
  const auto& exports = module->exports;
  const auto found = std::lower_bound(exports_by_name.begin(), exports_by_name.end(), export_name,
                                      [&](u32 index, std::string_view wanted) { return exports[index].name < wanted; });
  if (found == exports_by_name.end() || exports[*found].name != export_name) return std::nullopt;
  const wasm::Export& item = exports[*found];
  switch (item.kind) {
    case wasm::ExternalKind::Function: return Extern(function(item.index));
    case wasm::ExternalKind::Table: return Extern(table(item.index));
    case wasm::ExternalKind::Memory: return Extern(memory(item.index));
    case wasm::ExternalKind::Global: return Extern(global(item.index));
    case wasm::ExternalKind::Tag: return Extern(const_cast<Tag*>(tag(item.index)));
  }
  return std::nullopt;
}

Trap Instance::memory_init(u32 segment, u32 memory_index, u64 to, u64 from, u64 count) {
  // An outline may leave out segments that are dropped before code runs (wasm/outline.h).
  const ByteView bytes = segment < data.size() ? data[segment] : ByteView();
  abi::Memory& memory = *memory_space[memory_index];
  if (!in_bounds(from, count, bytes.size()) || !in_bounds(to, count, memory.size)) return Trap::OutOfBoundsMemoryAccess;
  if (count != 0) std::memcpy(memory.base + to, bytes.data() + from, count);
  return Trap::None;
}

Trap Instance::memory_copy(u32 to_memory, u32 from_memory, u64 to, u64 from, u64 count) {
  abi::Memory& target = *memory_space[to_memory];
  abi::Memory& source = *memory_space[from_memory];
  if (!in_bounds(from, count, source.size) || !in_bounds(to, count, target.size)) return Trap::OutOfBoundsMemoryAccess;
  if (count != 0) std::memmove(target.base + to, source.base + from, count);
  return Trap::None;
}

Trap Instance::memory_fill(u32 memory_index, u64 to, u8 value, u64 count) {
  abi::Memory& memory = *memory_space[memory_index];
  if (!in_bounds(to, count, memory.size)) return Trap::OutOfBoundsMemoryAccess;
  if (count != 0) std::memset(memory.base + to, value, count);
  return Trap::None;
}

Trap Instance::table_init(u32 segment, u32 table_index, u64 to, u64 from, u64 count) {
  const auto& source = elements[segment];
  abi::Table& table = *table_space[table_index];
  if (!in_bounds(from, count, source.size()) || !in_bounds(to, count, table.size)) return Trap::OutOfBoundsTableAccess;
  std::copy_n(source.data() + from, count, table.elements + to);
  return Trap::None;
}

Trap Instance::table_copy(u32 to_table, u32 from_table, u64 to, u64 from, u64 count) {
  abi::Table& target = *table_space[to_table];
  abi::Table& source = *table_space[from_table];
  if (!in_bounds(from, count, source.size) || !in_bounds(to, count, target.size)) return Trap::OutOfBoundsTableAccess;
  std::memmove(target.elements + to, source.elements + from, count * sizeof(abi::Reference));
  return Trap::None;
}

Trap Instance::table_fill(u32 table_index, u64 to, abi::Reference value, u64 count) {
  abi::Table& table = *table_space[table_index];
  if (!in_bounds(to, count, table.size)) return Trap::OutOfBoundsTableAccess;
  std::fill_n(table.elements + to, count, value);
  return Trap::None;
}

}  // namespace hermit::runtime
