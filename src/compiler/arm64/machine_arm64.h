// What MachineInst means on AArch64 (ARMv8.0): registers, forms and their operands.
//
// Flags never live from one MachineInst to the next, as on x86-64. `code` is an asmjit instruction id where a form says
// "instruction". All operands are registers; results may share a register with any operand, so the emitter writes a
// result last.
//
// Compare: several forms end with the operands of a comparison, whose kind is `compare` (its number, if it has one, is
// `displacement`):
//   Zero      a        a against 0, equal or not
//   Int       a, b     cmp a, b
//   IntImm    a        cmp a, number (12 bits, perhaps shifted, either sign)
//   Bits      a, b     a & b against 0, equal or not
//   BitsImm   a        a & number against 0 (a mask of the machine, positive)
//   Float     a, b     fcmp a, b
//   FloatZero a        fcmp a, 0
// [index] stands for the operands of a guest address; `condition` says which: base + index + immediate. Without
// kHasBase the base is x27; without kWideIndex only the index's low 32 bits count, and the offset has up to 33. The
// upper bits of `condition` are a shift of these 32 bits (index_shift()), of which none gets lost. A store with
// kReached cannot trap.
#pragma once

#include "compiler/machine.h"

namespace hermit::arm64 {

using compiler::RegSet;

// Integer registers are numbered 0 to 30; 31 (sp or zero) is never an operand.
inline constexpr u8 kV0 = compiler::kFloatBase;

// abi/calling_convention.h. x16, x17, v30 and v31 belong to the emitter; x18 to the system.
inline constexpr u8 kIntegerArgs[] = {0, 1, 2, 3, 4, 5, 6, 7};
inline constexpr u8 kScratch = 16;
inline constexpr u8 kFloatScratch = kV0 + 31;
inline constexpr u8 kCycleScratch = kV0 + 30;  // for cycles of moves, of both classes
inline constexpr u8 kFirstSaved = 19, kLastSaved = 26;

const compiler::RegisterFile& register_file();

enum Form : u16 {
  kLabel = compiler::kLabelForm,
  kEntry,  // defs: parameters in registers
  kLoadParam,  // def <- stack parameter at displacement
  kConstant,  // def <- immediate
  kFloatConstant,  // def <- immediate bits
  kCopy,  // def <- a
  kBinary,  // def <- a op b                instruction
  kBinaryShifted,  // def <- a op (b shifted)      instruction; condition: an arm::ShiftOp, displacement: by how much
  kBinaryImm,  // def <- a op immediate        instruction
  kBits,  // def <- `displacement` bits of a from bit `immediate` up
  kAddImm,  // def <- a + immediate (below 2^24, either sign)
  kRotateLeft,  // def <- a rotated by b
  kMulAdd,  // def <- c + a * b             instruction: madd or msub
  kUnary,  // def <- op a                  instruction; width: of a; type: of the result
  kCtz,  // def <- a
  kPopcnt,  // def <- a
  kVector,  // def <- a, b, c               code: an Op; condition: a lane (emit_simd.cc)
  kVectorShift,  // def <- a shifted by immediate  code: an Op
  kVectorConstant,  // def <- vector()
  kShuffle,  // def <- lanes vector() of a and b
  kDivide,  // def <- a, b                  condition: a Division
  kCopysign,  // def <- a, b
  kTruncate,  // def <- a                     condition: a Truncation; type: of the result
  kConvertInt,  // def <- float of integer a    instruction; width: of a; type: of the result
  kMoveBits,  // def <- a, between classes
  kSet,  // def <- comparison
  kIncrement,  // def <- a + comparison, whose operands follow. type: of a
  kSelect,  // def <- comparison ? a : b; the comparison's operands follow. type: of the values
  kTrapIf,  // comparison's operands; target: a Trap
  kBranch,  // comparison's operands; target: if true, immediate: if false
  kJump,  // target
  kSwitch,  // a; target: first of targets, immediate: how many; the last is the default
  kTrap,  // target: a Trap
  kLoad,  // def <- [index]               instruction; type: of the result
  kStore,  // [index] <- a                 instruction
  kStoreZero,  // [index] <- 0                 instruction
  kLoadInstance,  // def <- [x28 + displacement]
  kLoadPointer,  // def <- [a + displacement]; without a: of the instance
  kStorePointer,  // [a + displacement] <- b; without a: of the instance
  kLoadIndexed,  // def <- [a + b * 8]
  kStoreIndexed,  // [a + b * 8] <- c
  kLoadLocal,  // def <- frame local target
  kStoreLocal,  // frame local target <- a
  kZeroLocals,  // all of them
  kReserveArgs,  // displacement bytes of stack arguments
  kStoreArg,  // stack argument at displacement <- a
  kCallDirect,  // uses, defs; target: function; displacement: bytes of stack arguments
  kCallReference,  // reference in x16, uses, defs
  kCallTable,  // index in x16, uses, defs; target: a static table; immediate: its size << 32 | first equal type
  kCallExit,  // uses, defs; target: an abi::Exit
  kReturn,  // uses
  kTailDirect,  // like the calls; the callee takes this function's frame and stack parameters
  kTailReference,
  kTailTable,
  kLanding,  // def in x0: the exception; immediate: its region
};

enum class Compare : u8 { Zero, Int, IntImm, Bits, BitsImm, Float, FloatZero };

// asmjit's arm::CondCode, which is the machine's condition + 2. After fcmp, "unordered" sets C and V, so that every
// relation is one condition and its opposite is the negated one.
enum Condition : u8 {
  kEqual = 2,
  kNotEqual = 3,
  kAboveEqual = 4,
  kBelow = 5,
  kMinus = 6,  // of floats: less
  kPlus = 7,
  kOverflow = 8,
  kNoOverflow = 9,
  kAbove = 10,
  kBelowEqual = 11,  // of floats: less or equal
  kGreaterEqual = 12,
  kLess = 13,
  kGreater = 14,
  kLessEqual = 15,
};
constexpr Condition negate(Condition c) { return static_cast<Condition>(c ^ 1); }

// What a guest address consists of, in the order of its operands.
inline constexpr u8 kHasIndex = 1, kHasBase = 2, kWideIndex = 4;
inline constexpr u8 kReached = 8;
inline constexpr u8 kIndexShift = 4;  // where the shift begins
constexpr u8 index_shift(u8 condition) { return condition >> kIndexShift; }

enum class Division : u8 { DivS, DivU, RemS, RemU };
// Float (bit 2: f64) to integer (bit 0: unsigned, bit 1: 64 bits); bit 3: saturating.
inline constexpr u8 kTruncateUnsigned = 1, kTruncateTo64 = 2, kTruncateFromF64 = 4, kTruncateSaturating = 8;

// Immediates of additions and comparisons: 12 bits, perhaps shifted by 12.
constexpr bool is_add_immediate(u64 value) { return value <= 0xfff || (value & ~u64{0xfff000}) == 0; }

}  // namespace hermit::arm64
