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
  Simd,
  RelaxedSimd,
  TailCalls,
  ExtendedConst,
  MultiMemory,
  Memory64,
  FunctionReferences,  // with recursive types, subtyping and the abstract heap types
  Exceptions,  // exnref, try_table
  LegacyExceptions,  // try, catch, delegate
};

// What follows an opcode in the bytes. "index" is an unsigned 32-bit LEB128 number.
enum class Immediate : u8 {
  None,
  Block,  // block type: 0x40, a value type, or a type index as a signed 33-bit LEB128 number
  TryTable,  // block type, count, `count` catch clauses {kind byte (CatchKind), tag index if it has one, label index}
  Label,  // label index
  BrTable,  // count, `count` label indices, default label index
  Function,  // function index
  CallIndirect,  // type index, table index
  SelectTypes,  // count, `count` value types
  Type,  // type index
  Tag,  // tag index
  Local,  // local index
  Global,  // global index
  Table,  // table index
  Memarg8,  // flags (unsigned 32-bit LEB128: bits 0 to 5 are the alignment exponent; bit 6 says that a memory index
            // follows), offset (unsigned 64-bit LEB128); the access is 8 bits wide
  Memarg16,
  Memarg32,
  Memarg64,
  Memarg128,
  Memarg8Lane,  // as Memarg8, then a lane as one byte
  Memarg16Lane,
  Memarg32Lane,
  Memarg64Lane,
  Memory,  // memory index
  I32,  // signed 32-bit LEB128
  I64,  // signed 64-bit LEB128
  F32,  // 4 bytes, little-endian
  F64,  // 8 bytes, little-endian
  V128,  // 16 bytes
  Lane2,  // one byte below 2
  Lane4,
  Lane8,
  Lane16,
  Shuffle,  // 16 bytes, each below 32
  HeapType,  // heap type: a signed 33-bit LEB128 number, a type index or the code of an abstract one
  Data,  // data segment index
  Element,  // element segment index
  DataMemory,  // data segment index, memory index
  MemoryMemory,  // destination memory index, source memory index
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
inline constexpr u32 kPrefixSimd = 0xfd;
inline constexpr u32 kSimdOpCount = 0x114;
constexpr bool is_prefix(u8 opcode) { return opcode == kPrefixMisc || opcode == kPrefixSimd; }

// The kinds of catch clauses of try_table.
enum class CatchKind : u8 { Catch = 0, CatchRef = 1, CatchAll = 2, CatchAllRef = 3 };
constexpr bool has_tag(CatchKind kind) { return kind == CatchKind::Catch || kind == CatchKind::CatchRef; }
constexpr bool gives_reference(CatchKind kind) { return kind == CatchKind::CatchRef || kind == CatchKind::CatchAllRef; }

// A number or vector type in one byte, for the table below.
struct ShortType {
  u8 code = 0x7f;
  constexpr ShortType() = default;
  constexpr ShortType(ValType type) : code(static_cast<u8>(type)) {}  // NOLINT: implicit by design
  constexpr operator ValType() const { return ValType{code}; }  // NOLINT
};

// One row of opcodes.def. `text` is null where no instruction is assigned.
struct OpInfo {
  const char* text = nullptr;
  Immediate immediate = Immediate::None;
  Feature feature = Feature::Mvp;
  bool special = false;  // signature "*": the fields below mean nothing
  u8 param_count = 0;  // at most 3
  u8 result_count = 0;  // at most 1
  ShortType params[3] = {};  // params[0] is the deepest
  ShortType result;
};

// The row of a one-byte opcode, or of `code` behind a prefix (a row without text if `code` is unassigned).
// Requires: is_prefix(prefix).
const OpInfo& op_info(u8 opcode);
const OpInfo& prefixed_op_info(u8 prefix, u32 code);
const OpInfo& op_info(Op op);

// For a first byte without a row: "illegal opcode: ..." naming the proposal it belongs to, or null if no proposal is
// known.
const char* unknown_opcode_message(u8 opcode);

}  // namespace hermit::wasm
