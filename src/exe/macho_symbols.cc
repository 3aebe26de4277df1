// dyld binds by its own tables (LC_DYLD_INFO); the symbol table serves tools, and the indirect table says which symbol
// a stub stands for. So what must stay are the exported and the undefined symbols, which lie behind the local ones.
// Source: <mach-o/loader.h>, <mach-o/nlist.h>; strip(1) does the same.
#include "exe/macho_symbols.h"

#include <algorithm>
#include <cstring>

#include "base/endian.h"
#include "exe/macho_format.h"

namespace hermit::exe {

namespace {

constexpr u32 kIndirectLocal = 0x80000000;  // INDIRECT_SYMBOL_LOCAL: a pointer to something without a symbol
constexpr u32 kNoIndirectSymbol = 0xc0000000;  // that, and INDIRECT_SYMBOL_ABS

struct SymtabCommand {
  ul32 command, size, symbols_offset, symbol_count, strings_offset, strings_size;
};

struct DysymtabCommand {
  ul32 command, size;
  ul32 first_local, local_count, first_external, external_count, first_undefined, undefined_count;
  ul32 contents_offset, contents_count, modules_offset, modules_count, references_offset, references_count;
  ul32 indirect_offset, indirect_count;
  ul32 external_relocations, external_relocation_count, local_relocations, local_relocation_count;
};
static_assert(sizeof(SymtabCommand) == 24 && sizeof(DysymtabCommand) == 80);

struct Symbol {
  ul32 name;  // offset in the strings
  u8 rest[12];
};
static_assert(sizeof(Symbol) == 16);

template <typename T>
T load_record(ByteView bytes, u64 offset) {
  T record;
  std::memcpy(&record, bytes.data() + offset, sizeof(T));
  return record;
}

// Where the commands of `kind` and __LINKEDIT lie in the head. Requires: split_macho has checked the commands.
struct Places {
  u64 symtab = 0, dysymtab = 0;
  u64 linkedit_offset = 0;
};
Places find_commands(ByteView head) {
  Places places;
  const auto header = load_record<MachHeader>(head, 0);
  u64 at = sizeof header;
  for (u32 i = 0; i < header.command_count; ++i) {
    const auto command = load_record<LoadCommand>(head, at);
    if (command.command == LC_SYMTAB) places.symtab = at;
    if (command.command == LC_DYSYMTAB && command.size >= sizeof(DysymtabCommand)) places.dysymtab = at;
    if (command.command == LC_SEGMENT_64) places.linkedit_offset = load_record<SegmentCommand>(head, at).file_offset;
    at += command.size;
  }
  return places;
}

}  // namespace

void drop_local_symbols(MachParts& parts) {
  const Places places = find_commands(parts.head);
  if (places.symtab == 0 || places.dysymtab == 0) return;
  auto symtab = load_record<SymtabCommand>(parts.head, places.symtab);
  auto dysymtab = load_record<DysymtabCommand>(parts.head, places.dysymtab);
  const u64 base = places.linkedit_offset;
  const u64 symbols = symtab.symbols_offset - base;
  const u64 indirect = dysymtab.indirect_offset - base;
  const u64 strings = symtab.strings_offset - base;
  const u32 locals = dysymtab.local_count;
  const u32 count = symtab.symbol_count;
  const bool expected_order =
      symbols <= indirect && indirect <= strings && strings <= parts.tail.size() &&
      parts.tail.size() - strings >= symtab.strings_size && (indirect - symbols) / sizeof(Symbol) >= count &&
      (strings - indirect) / 4 >= dysymtab.indirect_count && dysymtab.first_local == 0 && locals <= count &&
      dysymtab.first_external == locals && dysymtab.first_undefined == locals + dysymtab.external_count &&
      count - locals == dysymtab.external_count + dysymtab.undefined_count && symtab.strings_size != 0;
  if (!expected_order || locals == 0) return;

  Bytes kept;  // symbols
  Bytes names = {' ', 0};  // an offset of 0 or 1 is no name
  for (u32 i = locals; i < count; ++i) {
    auto symbol = load_record<Symbol>(parts.tail, symbols + i * sizeof(Symbol));
    if (symbol.name >= symtab.strings_size) return;
    const u8* const strings_end = parts.tail.data() + strings + symtab.strings_size;
    const u8* const begin = parts.tail.data() + strings + symbol.name;
    const u8* const end = std::find(begin, strings_end, u8{0});
    // Names that overlap could grow without end.
    if (names.size() + static_cast<size_t>(end - begin) > symtab.strings_size) return;
    symbol.name = static_cast<u32>(names.size());
    names.insert(names.end(), begin, end);
    names.push_back(0);
    const auto* bytes = reinterpret_cast<const u8*>(&symbol);
    kept.insert(kept.end(), bytes, bytes + sizeof symbol);
  }
  Bytes table;
  for (u32 i = 0; i < dysymtab.indirect_count; ++i) {
    u32 index = load_le<u32>(parts.tail.data() + indirect + size_t{i} * 4);
    if ((index & kNoIndirectSymbol) == 0) {
      if (index >= count) return;
      index = index < locals ? kIndirectLocal : index - locals;
    }
    table.resize(table.size() + 4);
    store_le<u32>(table.data() + table.size() - 4, index);
  }
  names.resize((names.size() + 7) / 8 * 8);

  parts.tail.resize(static_cast<size_t>(symbols));
  parts.tail.insert(parts.tail.end(), kept.begin(), kept.end());
  parts.tail.insert(parts.tail.end(), table.begin(), table.end());
  parts.tail.insert(parts.tail.end(), names.begin(), names.end());
  symtab.symbol_count = count - locals;
  symtab.strings_offset = static_cast<u32>(base + symbols + kept.size() + table.size());
  symtab.strings_size = static_cast<u32>(names.size());
  dysymtab.local_count = 0;
  dysymtab.first_external = 0;
  dysymtab.first_undefined = static_cast<u32>(dysymtab.external_count);
  dysymtab.indirect_offset = static_cast<u32>(base + symbols + kept.size());
  std::memcpy(parts.head.data() + places.symtab, &symtab, sizeof symtab);
  std::memcpy(parts.head.data() + places.dysymtab, &dysymtab, sizeof dysymtab);
}

}  // namespace hermit::exe
