// The instruction set as data: opcodes.def read as enums and as a table.
//
// Decoder, validator, printer, feature gate and tests derive from the same rows; a new instruction is one row and, when
// its signature is "*", one case in the validator.
#pragma once

#include "base/types.h"
#include "wasm/types.h"

namespace hermit::wasm {

// What a module can need beyond the first version of the standard. features.h names them for users.
enum class Feature : u8 {
  Mvp,
  SignExtension,
  SaturatingFloatToInt,
  BulkMemory,
  ReferenceTypes,
  MultiValue,
  MutableGlobals,
};

// What follows an opcode in the bytes. "index" is an unsigned 32-bit LEB128 number.
enum class Immediate : u8 {
  None,
  Block,  // block type: 0x40, a value type, or a type index as a signed 33-bit LEB128 number
  Label,  // label index
  BrTable,  // count, `count` label indices, default label index
  Function,  // function index
  CallIndirect,  // type index, table index
  SelectTypes,  // count, `count` value types
  Local,  // local index
  Global,  // global index
  Table,  // table index
  Memarg8,  // alignment exponent, offset (both unsigned 32-bit LEB128); the access is 8 bits wide
  Memarg16,
  Memarg32,
  Memarg64,
  Memory,  // the byte 0 (a memory index)
  I32,  // signed 32-bit LEB128
  I64,  // signed 64-bit LEB128
  F32,  // 4 bytes, little-endian
  F64,  // 8 bytes, little-endian
  RefType,  // one byte, a reference ValType
  Data,  // data segment index
  Element,  // element segment index
  DataMemory,  // data segment index, the byte 0
  MemoryMemory,  // the bytes 0 0 (destination, source)
  ElementTable,  // element segment index, table index
  TableTable,  // destination table index, source table index
};

// An instruction as one number: the byte itself, or for a prefixed one 0xP000 | code with the prefix's low digit P.
constexpr u16 op_number(u32 prefix, u32 code) {
  return static_cast<u16>(prefix == 0 ? code : (prefix & 0xf) << 12 | code);
}

enum class Op : u16 {
#define HERMIT_OPCODE(name, prefix, code, text, immediate, signature, feature) name = op_number(prefix, code),
#include "wasm/opcodes.def"
};

inline constexpr u32 kPrefixMisc = 0xfc;
inline constexpr u32 kMiscOpCount = 18;  // codes behind kPrefixMisc are 0 .. 17

// One row of opcodes.def. `text` is null where no instruction is assigned.
struct OpInfo {
  const char* text = nullptr;
  Immediate immediate = Immediate::None;
  Feature feature = Feature::Mvp;
  bool special = false;  // signature "*": the fields below mean nothing
  u8 param_count = 0;  // at most 3
  u8 result_count = 0;  // at most 1
  ValType params[3] = {};  // params[0] is the deepest
  ValType result = ValType::I32;
};

// The row of a one-byte opcode, or of `code` behind kPrefixMisc (a row without text if `code` is unassigned).
const OpInfo& op_info(u8 opcode);
const OpInfo& misc_op_info(u32 code);
const OpInfo& op_info(Op op);

// For a first byte without a row: "illegal opcode: ..." naming the proposal it belongs to, or null if no proposal is
// known.
const char* unknown_opcode_message(u8 opcode);

}  // namespace hermit::wasm
