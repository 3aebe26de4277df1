// The state of emission for one function. Private to emit*.cc.
//
// Frame, from high to low addresses: stack parameters, return address, caller's x29 (x29 points here), the instance if
// the function leaves it, preserved registers that it uses, spill slots, frame locals; during a call stack arguments.
// Slots and locals are addressed from sp, because offsets are unsigned; pushed_ says how far sp is below them.
// Code that is rarely executed (traps, odd cases of conversions) is collected and follows the body.
//
// Reach: `tbz` reaches 32 KiB, other conditional branches and `adr` 1 MiB, `b` and `bl` 128 MiB. A function is emitted
// as if it were small; if a distance does not fit, it is emitted again without the instruction that is too short: then
// with inverted conditions around long branches, and jump tables in place.
#pragma once

#include <vector>

#include <asmjit/a64.h>
#include "base/check.h"
#include "compiler/arm64/emit.h"
#include "compiler/arm64/machine_arm64.h"
#include "compiler/layout.h"
#include "compiler/parallel_moves.h"

namespace hermit::arm64 {

using namespace compiler;
namespace a64 = asmjit::a64;
using Id = a64::Inst::Id;
using asmjit::imm;
using asmjit::Label;
using asmjit::arm::CondCode;

enum class Reach : u8 { Near, Middle, Far };

class Emitter : private asmjit::ErrorHandler {
 public:
  Emitter(const MachineFunction& function, const Allocation& allocation, const BlockLayout& layout, Reach reach)
      : f_(function), allocation_(allocation), layout_(layout), reach_(reach) {}
  FunctionCode run(bool has_external_entry, std::string* listing);
  // Was a distance too far? The code is wrong then.
  [[nodiscard]] bool is_out_of_reach() const { return is_out_of_reach_; }

 private:
  // --- operands ---
  [[nodiscard]] Location place(const MachineInst& inst, u32 n) const {
    return allocation_.locations[inst.first_operand + n];
  }
  [[nodiscard]] bool is_float(const MachineInst& inst, u32 n) const { return place(inst, n).number() >= kFloatBase; }
  [[nodiscard]] static a64::Gp gp(u32 reg, u32 width) {
    return width == 8 ? a64::Gp(a64::GpX(reg)) : a64::Gp(a64::GpW(reg));
  }
  // A float register as 4 or 8 bytes, or all 16.
  [[nodiscard]] static a64::Vec vec(u32 reg, u32 width) {
    return width == 4   ? a64::Vec(a64::VecS(reg - kFloatBase))
           : width == 8 ? a64::Vec(a64::VecD(reg - kFloatBase))
                        : a64::Vec(a64::VecV(reg - kFloatBase));
  }
  [[nodiscard]] a64::Gp gp_at(const MachineInst& inst, u32 n, u32 width) const {
    return gp(place(inst, n).number(), width);
  }
  [[nodiscard]] a64::Vec vec_at(const MachineInst& inst, u32 n, u32 width) const {
    return vec(place(inst, n).number(), width);
  }
  // Operand n as a register of `width` bytes of whichever class it is.
  [[nodiscard]] asmjit::Operand any(const MachineInst& inst, u32 n, u32 width) const {
    return any(place(inst, n).number(), width);
  }
  [[nodiscard]] static asmjit::Operand any(u32 reg, u32 width) {
    if (reg >= kFloatBase) return vec(reg, width);
    return gp(reg, width);
  }
  // Memory of `width` bytes at base + offset; x17 holds what the instruction cannot.
  [[nodiscard]] a64::Mem memory(const a64::Gp& base, i64 offset, u32 width);
  [[nodiscard]] a64::Mem slot(u32 number, u32 width);
  [[nodiscard]] a64::Mem local(u32 number, u32 width);
  // The guest address whose index, if there is one, is operand n; x16 and x17 may be part of it.
  [[nodiscard]] a64::Mem guest(const MachineInst& inst, u32 n);
  void probe(const MachineInst& inst, const a64::Mem& to);
  void load(u32 reg, const a64::Mem& from, u32 width);
  void store(u32 reg, const a64::Mem& to, u32 width);
  // sp or another register plus a number; x17 is needed for large ones.
  void add_number(const a64::Gp& to, const a64::Gp& from, i64 number);

  // --- places in the code ---
  [[nodiscard]] u32 here() const { return static_cast<u32>(a_.offset()); }
  void site(u32 source) { code_.sites.push_back({here(), source}); }
  // A return address is noted one byte before, inside the call: at the address itself another site may begin.
  void return_site(u32 source) {
    last_return_ = here();
    code_.sites.push_back({last_return_ - 1, source});
  }
  Label trap(hermit::Trap trap, u32 source);
  struct Cold {
    const MachineInst* inst;
    Label at, back;
  };
  // Where an odd case of `inst` goes, and where it comes back.
  Label cold(const MachineInst& inst, const Label& back);
  [[nodiscard]] BlockId final_target(BlockId b) const { return layout_.target[b]; }
  Label label(BlockId b) { return labels_[final_target(b)]; }
  // Of two targets neither of which is next: the one that stays in the loop has the conditional jump.
  [[nodiscard]] bool is_likelier(BlockId a, BlockId b) const {
    return f_.blocks[final_target(a)].loop_depth > f_.blocks[final_target(b)].loop_depth;
  }
  [[nodiscard]] bool is_next(BlockId b) const { return final_target(b) == next_block_; }

  // --- steps (emit.cc) ---
  void lay_out_frame();
  void external_entry();
  void prologue();
  void restore_saved();
  void restore_instance();
  void collect_handlers();
  void epilogue();
  void moves(u32 inst, MovePlace place);
  void move(const Move& move);
  void block(u32 position);
  void rest();
  void handleError(asmjit::Error error, const char* message, asmjit::BaseEmitter*) override;
  // --- instructions (emit_instruction.cc, emit_numeric.cc, emit_control.cc) ---
  void instruction(const MachineInst& inst);
  bool numeric_instruction(const MachineInst& inst);
  bool control_instruction(const MachineInst& inst);
  void float_constant(const MachineInst& inst);
  void zero_locals();
  // emit_simd.cc
  void vector(const MachineInst& inst);
  bool vector_simple(const MachineInst& inst, Op op);
  bool vector_lane(const MachineInst& inst, Op op);
  void vector_test(const MachineInst& inst, Op op);
  void vector_bitmask(const MachineInst& inst, Op op);
  void vector_shift(const MachineInst& inst);
  void vector_shift_by(const MachineInst& inst, Op op);
  void bitselect(const MachineInst& inst);
  void shuffle(const MachineInst& inst);
  void vector_constant(u32 to, const Vector& bits);
  void unary(const MachineInst& inst);
  void compare(const MachineInst& inst, u32 first);
  void jump_if(Condition condition, const Label& target);
  void jump_if_zero(bool is_zero, const a64::Gp& a, const Label& target);
  // Jumps if the comparison whose operands begin at 0 is true (or, `inverted`, false).
  void compare_and_jump(const MachineInst& inst, bool inverted, const Label& target);
  void select(const MachineInst& inst);
  void branch(const MachineInst& inst);
  void switch_(const MachineInst& inst);
  void jump_table(const Label& at, u32 first, u32 count);
  void call(const MachineInst& inst);
  void call_table(const MachineInst& inst, bool is_tail);
  void leave_for_tail_call(const MachineInst& inst);
  void tail_call(const MachineInst& inst);
  void landing();
  void divide(const MachineInst& inst);
  void copysign(const MachineInst& inst);
  void truncate(const MachineInst& inst);
  void cold_code(const Cold& cold);
  void cold_truncate(const Cold& cold);
  void cold_call_table(const Cold& cold);
  void cold_tail_reference(const Cold& cold);

  const MachineFunction& f_;
  const Allocation& allocation_;
  const BlockLayout& layout_;
  const Reach reach_;
  bool is_out_of_reach_ = false;
  FunctionCode code_;
  asmjit::CodeHolder holder_;
  a64::Assembler a_;
  std::vector<Label> labels_;
  BlockId next_block_ = kNone;
  size_t group_ = 0;
  std::vector<Move> sequence_;
  std::vector<u8> saved_;
  u32 frame_ = 0;   // bytes below x29 while no stack arguments are there
  u32 pushed_ = 0;  // bytes of stack arguments
  u32 last_return_ = 0;  // of the last call
  std::vector<u32> return_of_block_;  // the last call's in each block that a landing block belongs to

  struct TrapStub {
    Label at;
    hermit::Trap trap;
    u32 source;
  };
  struct JumpTable {
    Label at;
    u32 first, count;
  };
  struct PoolEntry {
    Vector bits;
    Label at;
  };
  std::vector<TrapStub> traps_;
  std::vector<Cold> cold_;
  std::vector<JumpTable> tables_;
  std::vector<PoolEntry> pool_;
};

}  // namespace hermit::arm64
