// What MachineInst means on x86-64: registers, forms and their operands.
//
// Flags never live from one MachineInst to the next: a comparison and what depends on it are one instruction here, so
// moves may stand between any two. (Where none does, emission may leave out a comparison with zero.) `code` is an
// asmjit instruction id where a form says "instruction".
//
// Compare: several forms end with the operands of a comparison, whose kind is `compare`:
//   Test      a              a & a
//   TestImm   a              a & immediate
//   TestInt   a, b           a & b
//   Int       a, b           cmp a, b
//   IntImm    a              cmp a, immediate
//   IntLoad   a, [index]     cmp a, memory
//   Float     a, b           ucomiss/ucomisd
// [index] stands for zero or one operand: the address is r15 + (index << scale) + displacement.
#pragma once

#include "compiler/machine.h"

namespace hermit::x64 {

using compiler::RegSet;

enum Reg : u8 { kRax, kRcx, kRdx, kRbx, kRsp, kRbp, kRsi, kRdi, kR8, kR9, kR10, kR11, kR12, kR13, kR14, kR15 };
inline constexpr u8 kXmm0 = compiler::kFloatBase;

// abi/calling_convention.h. r11, xmm14 and xmm15 belong to the emitter.
inline constexpr u8 kIntegerArgs[] = {kRax, kRcx, kRdx, kRsi, kRdi, kR8, kR9, kR10};
inline constexpr Reg kScratch = kR11;
inline constexpr Reg kInstance = kR14;
inline constexpr Reg kMemory = kR15;
inline constexpr u8 kFloatScratch = kXmm0 + 15;
inline constexpr u8 kFloatCycleScratch = kXmm0 + 14;
inline constexpr u8 kSaved[] = {kRbx, kR12, kR13};

const compiler::RegisterFile& register_file();

enum Form : u16 {
  kLabel = compiler::kLabelForm,
  kEntry,          // defs: parameters in registers
  kLoadParam,      // def <- stack parameter at displacement
  kConstant,       // def <- immediate
  kFloatConstant,  // def <- immediate bits
  kCopy,           // def <- a
  kAdd,            // def <- a + b
  kAddImm,         // def <- a + immediate
  kLea,            // def <- a + b * condition (1, 2, 4, 8) + displacement
  kBinary,         // def (reuses a) <- a op b            instruction
  kBinaryImm,      // def (reuses a) <- a op immediate    instruction
  kBinaryLoad,     // def (reuses a) <- a op [index]      instruction
  kBinaryPool,  // def (reuses a) <- a op immediate, as 8 or (width 16) 16 equal-halves bytes in memory  instruction
  kVector,  // def <- a, b, c                     code: an Op; condition: a lane. emit_simd.cc has the sequences
  kVectorImm,  // def (reuses a) <- a op immediate   instruction
  kVectorShift,  // def (reuses a) <- a shifted by immediate where there is no instruction   code: an Op
  kVectorConstant,  // def <- vector()
  kShuffle,  // def (reuses a) <- lanes vector() of a and perhaps b
  kMulImm,  // def <- a * immediate
  kShift,  // def (reuses a) <- a op rcx          instruction
  kUnary,  // def <- op a                         instruction; immediate: rounding mode if there is one
  kUnaryLoad,  // def <- op [index]                   instruction
  kConvertInt,  // def <- float of integer a           instruction
  kClz,  // def <- a
  kCtz,  // def <- a
  kDivide,  // rax, rdx <- rax, b                  condition: a Division
  kMulHigh,  // rax, rdx <- rax * b                 instruction: mul or imul
  kMinMax,  // def (reuses a) <- a, b              condition: 1 = max
  kCopysign,  // def (reuses a) <- a, b
  kTruncate,  // def <- a                            condition: a Truncation
  kConvertU64,  // def <- float of unsigned a          width: of the float
  kMoveBits,  // def <- a, between classes
  kSet,  // def <- comparison
  kAddCarry,  // def (reuses a) <- a + comparison (kBelow); then the comparison's operands. type: of a
  // Two words of a sum: low, high (reuse a, b) <- a + c, b + d + the carry of that; b + carry if there is no d.
  // Operands low, high, a, b, c, d. width: of the low word; type: of the high one.
  kAddWords,
  kSelect,  // def (reuses a) <- comparison ? b : a; then the comparison's operands. type: of the values
  kTrapIf,  // comparison's operands; target: a Trap
  kBranch,  // comparison's operands; target: if true, immediate: if false
  kJump,  // target
  kSwitch,  // a, temp; target: first of targets, immediate: how many; the last is the default
  kTrap,  // target: a Trap
  kLoad,  // def <- [index]                      instruction
  kStore,  // [index] <- a                        instruction
  kStoreImm,  // [index] <- immediate
  kLoadInstance,  // def <- [r14 + displacement]
  kLoadPointer,  // def <- [a + displacement]           instruction; without a: of the instance
  kStorePointer,  // [a + displacement] <- b             instruction; without a: of the instance
  kLoadIndexed,  // def <- [a + b * 8]
  kStoreIndexed,  // [a + b * 8] <- c
  kLoadLocal,  // def <- frame local target           instruction
  kStoreLocal,  // frame local target <- a             instruction
  kZeroLocals,  // all of them; temps: rdi, rcx, rax
  kReserveArgs,  // displacement bytes of stack arguments
  kStoreArg,  // stack argument at displacement <- a instruction
  kCallDirect,  // uses, defs; target: function; displacement: bytes of stack arguments
  kCallReference,  // reference in r11, uses, defs
  kCallTable,      // index in r11, uses, defs; target: a static table; immediate: its size << 32 | first equal type
  kCallExit,  // uses, defs; target: an abi::Exit
  kReturn,  // uses
  kTailDirect,  // like the calls; the callee takes this function's frame and stack parameters
  kTailReference,
  kTailTable,
  kLanding,  // def in rax: the exception; immediate: its region
};

enum class Compare : u8 { Test, TestImm, TestInt, Int, IntImm, IntLoad, Float };

// Conditions: those of the machine (the low nibble of jcc), and two that need a look at the parity flag too.
enum Condition : u8 {
  kOverflow = 0,
  kBelow = 2,
  kAboveEqual = 3,
  kEqual = 4,
  kNotEqual = 5,
  kBelowEqual = 6,
  kAbove = 7,
  kLess = 12,
  kGreaterEqual = 13,
  kLessEqual = 14,
  kGreater = 15,
  kFloatEqual = 16,  // equal and ordered
  kFloatNotEqual = 17,  // not equal or unordered
};
constexpr Condition negate(Condition c) { return static_cast<Condition>(c ^ 1); }

enum class Division : u8 { DivS, DivU, RemS, RemU };
// Float (source, bit 2: f64) to integer (bit 0: unsigned, bit 1: 64 bits); bit 3: saturating.
inline constexpr u8 kTruncateUnsigned = 1, kTruncateTo64 = 2, kTruncateFromF64 = 4, kTruncateSaturating = 8;

}  // namespace hermit::x64
