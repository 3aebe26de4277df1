// Skips instructions by the immediate kind in their opcodes.def row. Nothing here depends on types or indices, so
// malformed immediates are the only errors.
#include "wasm/instruction_reader.h"

#include "wasm/leb128.h"

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

}  // namespace

bool InstructionReader::skip_immediates(Immediate immediate, const char*& what) {
  switch (immediate) {
    case Immediate::None: return true;
    case Immediate::Block: return (void)read_var_i33(p_, end_, what), p_ != nullptr;
    case Immediate::I32: return (void)read_var_i32(p_, end_, what), p_ != nullptr;
    case Immediate::I64: return (void)read_var_i64(p_, end_, what), p_ != nullptr;
    case Immediate::F32: return skip_fixed(p_, end_, 4, what);
    case Immediate::F64: return skip_fixed(p_, end_, 8, what);
    case Immediate::RefType: return skip_fixed(p_, end_, 1, what);
    case Immediate::Label:
    case Immediate::Function:
    case Immediate::Local:
    case Immediate::Global:
    case Immediate::Table:
    case Immediate::Memory:
    case Immediate::Data:
    case Immediate::Element: return skip_index(p_, end_, what);
    case Immediate::CallIndirect:
    case Immediate::Memarg8:
    case Immediate::Memarg16:
    case Immediate::Memarg32:
    case Immediate::Memarg64:
    case Immediate::DataMemory:
    case Immediate::MemoryMemory:
    case Immediate::ElementTable:
    case Immediate::TableTable: return skip_index(p_, end_, what) && skip_index(p_, end_, what);
    case Immediate::BrTable:
    case Immediate::SelectTypes: {
      u32 count = read_var_u32(p_, end_, what);
      if (p_ == nullptr) return false;
      for (; count != 0; --count) {
        if (!skip_index(p_, end_, what)) return false;
      }
      return immediate == Immediate::SelectTypes || skip_index(p_, end_, what);
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
  if (opcode == kPrefixMisc) {
    const u32 code = read_var_u32(p_, end_, what);
    if (p_ == nullptr) return malformed(what, where);
    info = &misc_op_info(code);
    number = op_number(kPrefixMisc, code);
  }
  if (info->text == nullptr) {
    if (const char* message = unknown_opcode_message(opcode)) {
      return std::unexpected(Error{ErrorKind::Unsupported, message, where});
    }
    return malformed("illegal opcode", where);
  }
  if (!skip_immediates(info->immediate, what)) return malformed(what, where);
  return static_cast<Op>(number);
}

Result<ValType> checked_value_type(u8 byte, u64 where, const char* fallback) {
  const char* proposal = nullptr;
  switch (byte) {
    case 0x7f:
    case 0x7e:
    case 0x7d:
    case 0x7c:
    case 0x70:
    case 0x6f: return static_cast<ValType>(byte);
    case 0x7b: proposal = "SIMD (the type v128) is not supported"; break;
    case 0x63:
    case 0x64: proposal = "typed function references are not supported"; break;
    case 0x6a:
    case 0x6b:
    case 0x6c:
    case 0x6d:
    case 0x6e:
    case 0x71:
    case 0x72:
    case 0x73: proposal = "garbage collection (GC) is not supported"; break;
    case 0x69:
    case 0x74: proposal = "exception handling (the type exnref) is not supported"; break;
    default: return malformed(fallback, where);
  }
  return std::unexpected(Error{ErrorKind::Unsupported, proposal, where});
}

}  // namespace hermit::wasm
