// Skips instructions by the immediate kind in their opcodes.def row. Nothing here depends on types or indices, so
// malformed immediates are the only errors.
#include "wasm/instruction_reader.h"

#include "wasm/leb128.h"
#include "wasm/type_reader.h"

namespace hermit::wasm {
namespace {

bool skip_index(const u8*& p, const u8* end, const char*& what) {
  (void)read_var_u32(p, end, what);
  return p != nullptr;
}

bool skip_fixed(const u8*& p, const u8* end, size_t count, const char*& what) {
  if (static_cast<size_t>(end - p) < count) return what = kUnexpectedEnd, false;
  p += count;
  return true;
}

bool skip_block(const u8*& p, const u8* end, const char*& what) {
  skip_block_type(p, end, what);
  return p != nullptr;
}

bool skip_memarg(const u8*& p, const u8* end, const char*& what) {
  (void)read_memarg(p, end, what);
  return p != nullptr;
}

bool skip_catches(const u8*& p, const u8* end, const char*& what) {
  u32 count = read_var_u32(p, end, what);
  if (p == nullptr) return false;
  for (; count != 0; --count) {
    if (p == end) return what = kUnexpectedEnd, false;
    const u8 kind = *p++;
    if (kind > static_cast<u8>(CatchKind::CatchAllRef)) return what = "malformed catch clause", false;
    if (has_tag(static_cast<CatchKind>(kind)) && !skip_index(p, end, what)) return false;
    if (!skip_index(p, end, what)) return false;
  }
  return true;
}

}  // namespace

Memarg read_memarg(const u8*& p, const u8* end, const char*& what) {
  Memarg memarg{};
  memarg.flags = read_var_u32(p, end, what);
  if (p != nullptr && memarg.flags >= kMemargEnd) what = "malformed memop flags", p = nullptr;
  if (p != nullptr && (memarg.flags & kMemargHasMemory) != 0) memarg.memory = read_var_u32(p, end, what);
  if (p != nullptr) memarg.offset = read_var_u64(p, end, what);
  return memarg;
}

Memarg next_memarg(const u8*& p) {
  Memarg memarg{};
  memarg.flags = next_u32(p);
  if ((memarg.flags & kMemargHasMemory) != 0) memarg.memory = next_u32(p);
  memarg.offset = next_u64(p);
  return memarg;
}

bool skip_immediates(Immediate immediate, const u8*& p, const u8* end, const char*& what) {
  switch (immediate) {
    case Immediate::None: return true;
    case Immediate::Block: return skip_block(p, end, what);
    case Immediate::TryTable: return skip_block(p, end, what) && skip_catches(p, end, what);
    case Immediate::HeapType: return (void)read_var_i33(p, end, what), p != nullptr;
    case Immediate::I32: return (void)read_var_i32(p, end, what), p != nullptr;
    case Immediate::I64: return (void)read_var_i64(p, end, what), p != nullptr;
    case Immediate::F32: return skip_fixed(p, end, 4, what);
    case Immediate::F64: return skip_fixed(p, end, 8, what);
    case Immediate::V128:
    case Immediate::Shuffle: return skip_fixed(p, end, 16, what);
    case Immediate::Lane2:
    case Immediate::Lane4:
    case Immediate::Lane8:
    case Immediate::Lane16: return skip_fixed(p, end, 1, what);
    case Immediate::Label:
    case Immediate::Function:
    case Immediate::Type:
    case Immediate::Tag:
    case Immediate::Local:
    case Immediate::Global:
    case Immediate::Table:
    case Immediate::Memory:
    case Immediate::Data:
    case Immediate::Element: return skip_index(p, end, what);
    case Immediate::Memarg8:
    case Immediate::Memarg16:
    case Immediate::Memarg32:
    case Immediate::Memarg64:
    case Immediate::Memarg128: return skip_memarg(p, end, what);
    case Immediate::Memarg8Lane:
    case Immediate::Memarg16Lane:
    case Immediate::Memarg32Lane:
    case Immediate::Memarg64Lane: return skip_memarg(p, end, what) && skip_fixed(p, end, 1, what);
    case Immediate::CallIndirect:
    case Immediate::DataMemory:
    case Immediate::MemoryMemory:
    case Immediate::ElementTable:
    case Immediate::TableTable:
      if (!skip_index(p, end, what)) return false;
      return skip_index(p, end, what);
    case Immediate::BrTable: {
      u32 count = read_var_u32(p, end, what);
      if (p == nullptr) return false;
      for (; count != 0; --count) {
        if (!skip_index(p, end, what)) return false;
      }
      return skip_index(p, end, what);
    }
    case Immediate::SelectTypes: {
      u32 count = read_var_u32(p, end, what);
      if (p == nullptr) return false;
      for (; count != 0; --count) {
        if (!skip_block(p, end, what)) return false;
      }
      return true;
    }
  }
  return false;
}

Result<Op> InstructionReader::next() {
  const u64 where = offset();
  const u8 opcode = *p_++;
  const OpInfo* info = &op_info(opcode);
  u32 number = opcode;
  const char* what = nullptr;
  if (is_prefix(opcode)) {
    const u32 code = read_var_u32(p_, end_, what);
    if (p_ == nullptr) return malformed(what, where);
    info = &prefixed_op_info(opcode, code);
    number = op_number(opcode, code);
  }
  if (info->text == nullptr) {
    if (const char* message = unknown_opcode_message(opcode)) {
      return std::unexpected(Error{ErrorKind::Unsupported, message, where});
    }
    return malformed("illegal opcode", where);
  }
  if (!skip_immediates(info->immediate, p_, end_, what)) return malformed(what, where);
  return static_cast<Op>(number);
}

}  // namespace hermit::wasm
