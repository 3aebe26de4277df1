// Machine code before and after register allocation, the same for every target.
//
// A MachineFunction is the list of blocks of a Function in the same order; its instructions name virtual registers.
// The target gives instructions their meaning (x64/machine_x64.h); the allocator sees operands with constraints only:
//
//   kind    Use (read), Def (written), Temp (a register needed within the instruction)
//   where   Any: register or stack slot    Register    Fixed: the register `reg`
//           Reuse (of a Def): the register of operand `reg`, which the instruction overwrites
//   clobbers  registers that the instruction destroys besides its operands (a call: those not preserved)
//
// Time. Instruction i reads at position 2i and writes at 2i + 1. A Fixed use is moved into place and a reused operand
// copied *before* position 2i, all at once with the allocator's own moves there; so neither occupies a register of its
// own at 2i. A Temp and a reusing Def are busy from 2i on, other Defs from 2i + 1.
//
// Every block begins with a Label (no operands, so that moves can stand at the block's start).
#pragma once

#include <span>
#include <vector>

#include "compiler/ir.h"

namespace hermit::compiler {

using VReg = u32;
enum class RegClass : u8 { Integer, Float };

// A place after allocation: a register (of both classes in one numbering: integer registers from 0, float registers
// from kFloatBase), or a stack slot of 8 bytes (v128: two, the lower number divisible by 2).
struct Location {
  u32 code = kNone;
  static constexpr u32 kSlotBit = 0x80000000;
  static Location reg(u32 r) { return {r}; }
  static Location slot(u32 s) { return {s | kSlotBit}; }
  [[nodiscard]] bool is_slot() const { return code != kNone && (code & kSlotBit) != 0; }
  [[nodiscard]] bool is_reg() const { return (code & kSlotBit) == 0; }
  [[nodiscard]] u32 number() const { return code & ~kSlotBit; }
  bool operator==(const Location&) const = default;
};
inline constexpr u32 kFloatBase = 32;
inline constexpr u32 kMaxRegisters = 64;
using RegSet = u64;  // a bit for each register number

enum class OperandKind : u8 { Use, Def, Temp };
enum class Where : u8 { Any, Register, Fixed, Reuse };

struct Operand {
  VReg vreg;
  OperandKind kind;
  Where where;
  u8 reg;  // Fixed: the register; Reuse: number of the operand in the same instruction
  u8 reserved = 0;
};

struct MachineInst {
  u16 form = 0;     // the target's: which operands there are, and how they are written down
  u16 code = 0;     // the target's: which machine instruction of that form
  u8 width = 8;     // of the operation in bytes
  u8 condition = 0;  // the target's
  u8 compare = 0;    // the target's
  u8 operands = 0;
  u8 scale = 0;        // the target's: of an index
  bool is_call = false;  // clobbers every register that is not preserved
  u32 first_operand = 0;
  u32 source = 0;  // offset in the module of the instruction it came from
  i32 displacement = 0;
  u32 target = 0;  // block, function, ...
  Type type = Type::None;  // of a value, where the form needs it
  u64 immediate = 0;

  // A constant of 128 bits, in the fields that hold a number, a displacement and a target otherwise.
  void set_vector(u64 low, u64 high) {
    immediate = low;
    displacement = static_cast<i32>(high);
    target = static_cast<u32>(high >> 32);
  }
  [[nodiscard]] Vector vector() const {
    return {immediate, static_cast<u32>(displacement) | static_cast<u64>(target) << 32};
  }
};

inline constexpr u16 kLabelForm = 0;

struct MachineBlock {
  u32 begin = 0, end = 0;  // instructions; the first is the Label
  u32 loop_depth = 0;
  bool is_loop_header = false;
  bool is_cold = false;  // rarely executed
  bool is_landing = false;  // entered from a call that has not returned: no register holds anything
  u32 first_param = 0, params = 0;  // of MachineFunction::params
};

// A way from one block to another and what is moved on it: args[i] to the target's parameter i.
struct MachineEdge {
  BlockId from, to;
  u32 first_arg;  // of MachineFunction::args
};

// One place for both would save a move in a block of this loop depth.
struct Hint {
  VReg a, b;
  u32 loop_depth;
};

struct MachineFunction {
  std::vector<MachineInst> insts;
  std::vector<Operand> operands;
  std::vector<MachineBlock> blocks;
  std::vector<VReg> params;
  std::vector<MachineEdge> edges;  // by source block, in the order of its successors
  std::vector<VReg> args;
  std::vector<Type> types;  // of each virtual register
  std::vector<Hint> hints;
  std::vector<u32> targets;  // blocks that jump tables lead to
  u32 frame_locals = 0;     // 16 bytes each, below the slots
  u32 max_stack_args = 0;   // bytes
  u32 stack_params = 0;     // bytes that the function takes away when it returns
  bool has_calls = false;
  bool leaves_instance = false;  // may call into another instance
  bool has_landings = false;
  std::vector<Region> regions;  // of the Function
  std::vector<u32> clauses;

  VReg new_vreg(Type type) {
    types.push_back(type);
    return static_cast<VReg>(types.size() - 1);
  }
  [[nodiscard]] std::span<const Operand> operands_of(const MachineInst& inst) const {
    return {operands.data() + inst.first_operand, inst.operands};
  }
};

// What the allocator must know of a machine.
struct RegisterFile {
  RegSet allocatable;
  RegSet preserved;  // by calls
  const u8* order;   // allocatable registers, the ones to prefer first
  u32 order_size;
};

inline RegClass class_of(Type type) {
  return type == Type::I32 || type == Type::I64 ? RegClass::Integer : RegClass::Float;
}

// Moves that happen at once (all sources are read before any destination is written).
struct Move {
  Location from, to;
  Type type;
};

// Where moves stand. Before an instruction: the allocator's own, Fixed uses and reused operands; for the last
// instruction of a block then (EdgeEnd) those of its only edge. After an instruction: results in Fixed registers and
// stores of new values; after a Label those of the only edge into its block.
enum class MovePlace : u8 { Before, EdgeEnd, After };
struct MoveGroup {
  u32 inst;
  MovePlace place;
  u32 first, count;  // of Allocation::moves
};

struct Allocation {
  std::vector<Location> locations;  // of each operand
  std::vector<MoveGroup> groups;    // by instruction, then by place
  std::vector<Move> moves;
  u32 slots = 0;
  RegSet used = 0;  // registers that are written anywhere
};

}  // namespace hermit::compiler
