// The state of emission for one function. Private to emit*.cc.
//
// Frame, from high to low addresses: stack parameters, return address, caller's rbp (rbp points here), the instance if
// the function leaves it, preserved registers that it uses, spill slots, frame locals; during a call stack arguments.
// Code that is rarely executed (traps, odd cases of floats and divisions) is collected and follows the body.
#pragma once

#include <map>
#include <tuple>
#include <vector>

#include <asmjit/x86.h>
#include "base/check.h"
#include "compiler/layout.h"
#include "compiler/parallel_moves.h"
#include "compiler/x64/emit.h"
#include "compiler/x64/machine_x64.h"

namespace hermit::x64 {

using namespace compiler;
namespace x86 = asmjit::x86;
using Id = x86::Inst::Id;
using asmjit::imm;
using asmjit::Label;

class Emitter {
 public:
  // `estimate`: where each block of the layout began when the code was emitted once before, all jumps between blocks
  // being long; none the first time.
  Emitter(const MachineFunction& function, const Allocation& allocation, const BlockLayout& layout,
          std::span<const u32> estimate)
      : f_(function), allocation_(allocation), layout_(layout), estimate_(estimate) {}
  // With `listing`, the code is appended to it as text.
  FunctionCode run(bool has_external_entry, std::string* listing = nullptr);
  [[nodiscard]] std::vector<u32> block_offsets() const;

 private:
  // --- operands ---
  [[nodiscard]] Location place(const MachineInst& inst, u32 n) const {
    return allocation_.locations[inst.first_operand + n];
  }
  [[nodiscard]] static x86::Gp gp(u32 reg, u8 width);
  [[nodiscard]] x86::Gp gp_at(const MachineInst& inst, u32 n, u8 width) const {
    return gp(place(inst, n).number(), width);
  }
  [[nodiscard]] x86::Xmm xmm_at(const MachineInst& inst, u32 n) const {
    return x86::xmm(place(inst, n).number() - kFloatBase);
  }
  // Operand n as a register of `width` bytes or as its slot.
  [[nodiscard]] asmjit::Operand any(const MachineInst& inst, u32 n, u8 width) const;
  [[nodiscard]] x86::Mem slot(u32 number, u32 bytes) const;
  [[nodiscard]] x86::Mem local(u32 number, u32 bytes) const;
  // The guest address whose index, if there is one, is operand n.
  [[nodiscard]] x86::Mem guest(const MachineInst& inst, u32 n, u32 bytes) const;
  // Constants in memory: 8 bytes, or 16 with the number twice; 16 bytes of two numbers.
  [[nodiscard]] x86::Mem pool(u64 bits, bool twice) { return pool_entry({bits, twice ? bits : 0}, twice); }
  [[nodiscard]] x86::Mem pool_16(u64 low, u64 high) { return pool_entry({low, high}, true); }
  [[nodiscard]] x86::Mem pool_entry(const Vector& bits, bool wide);
  static constexpr x86::Gp kScratch64 = x86::r11;

  // --- places in the code ---
  void site(u32 source) { code_.sites.push_back({static_cast<u32>(a_.offset()), source}); }
  // A return address is noted one byte before, inside the call: at the address itself another site may begin.
  void return_site(u32 source) {
    last_return_ = static_cast<u32>(a_.offset());
    code_.sites.push_back({last_return_ - 1, source});
  }
  Label trap(hermit::Trap trap, u32 source);
  struct Cold {
    const MachineInst* inst;
    Label at, back;
    u32 detail;
  };
  // Where an odd case of `inst` goes, and where it comes back: behind the instruction (bind_back) .
  Label cold(const MachineInst& inst, const Label& back, u32 detail = 0);
  [[nodiscard]] BlockId final_target(BlockId b) const { return layout_.target[b]; }
  Label label(BlockId b) { return labels_[final_target(b)]; }
  // Does a jump at the end of the block at hand reach the target with a distance of one byte for sure?
  [[nodiscard]] bool is_near(BlockId target) const;
  void jump(BlockId target) {
    if (is_near(target)) {
      a_.short_();
    } else if (estimate_.empty()) {
      a_.long_();
    }
    a_.jmp(label(target));
  }
  // Of two targets neither of which is next: the one that stays in the loop has the conditional jump.
  [[nodiscard]] bool is_likelier(BlockId a, BlockId b) const {
    return f_.blocks[final_target(a)].loop_depth > f_.blocks[final_target(b)].loop_depth;
  }
  [[nodiscard]] bool is_next(BlockId b) const { return final_target(b) == next_block_; }

  // --- steps (emit.cc) ---
  void lay_out_frame();
  void find_light_blocks();
  [[nodiscard]] bool needs_frame(BlockId b) const;
  void set_up_frame();
  void external_entry();
  void prologue();
  void epilogue();
  void moves(u32 inst, MovePlace place);
  void move(const Move& move);
  bool exchange(size_t first);
  void find_loops();
  void align_loop(u32 position);
  void block(u32 position);
  void tables_and_pool();
  // --- instructions (emit_instruction.cc, emit_numeric.cc, emit_control.cc) ---
  void instruction(const MachineInst& inst);
  bool numeric_instruction(const MachineInst& inst);
  bool control_instruction(const MachineInst& inst);
  // emit_simd.cc
  void vector(const MachineInst& inst);
  void vector_not(const x86::Xmm& to);
  bool vector_lane(const MachineInst& inst, Op op);
  bool vector_compare(const MachineInst& inst, Op op);
  bool vector_shift(const MachineInst& inst, Op op);
  bool vector_min_max(const MachineInst& inst, Op op);
  bool vector_widths(const MachineInst& inst, Op op);
  bool vector_integer(const MachineInst& inst, Op op);
  bool vector_float(const MachineInst& inst, Op op);
  void vector_shift_by_constant(const MachineInst& inst);
  void dot_bytes(const MachineInst& inst);
  void shuffle(const MachineInst& inst);
  void unary(const MachineInst& inst);
  void load(const MachineInst& inst);
  [[nodiscard]] bool sets_flags(const MachineInst& inst) const;
  [[nodiscard]] bool has_flags(const MachineInst& inst, u32 first) const;
  void compare(const MachineInst& inst, u32 first);
  void test_bits(const MachineInst& inst, u32 first);
  void jump_if(Condition condition, const Label& target, bool near = false);
  void set(const MachineInst& inst);
  void select(const MachineInst& inst);
  void branch(const MachineInst& inst);
  void switch_(const MachineInst& inst);
  void call(const MachineInst& inst);
  void call_table(const MachineInst& inst, bool is_tail);
  void leave_for_tail_call(const MachineInst& inst);
  void tail_call(const MachineInst& inst);
  void landing(const MachineInst& inst);
  void restore_preserved();
  void restore_instance();
  void collect_handlers();
  void divide(const MachineInst& inst);
  void min_max(const MachineInst& inst);
  void copysign(const MachineInst& inst);
  void truncate(const MachineInst& inst);
  void convert_u64(const MachineInst& inst);
  void cold_code(const Cold& cold);
  void cold_divide(const Cold& cold);
  void cold_min_max(const Cold& cold);
  void table_site(const MachineInst& inst, u32 behind);
  void cold_call_table(const Cold& cold);
  void cold_tail_reference(const Cold& cold);
  void cold_truncate(const Cold& cold);
  void cold_convert_u64(const Cold& cold);

  const MachineFunction& f_;
  const Allocation& allocation_;
  const BlockLayout& layout_;
  std::span<const u32> estimate_;
  FunctionCode code_;
  asmjit::CodeHolder holder_;
  x86::Assembler a_;
  std::vector<Label> labels_;
  BlockId next_block_ = kNone;
  std::vector<u32>
      last_of_loop_;  // of each place in the layout that is jumped back to: the last one to do so; else kNone
  std::vector<u32> loops_before_;  // of each place in the layout: such places before it
  size_t group_ = 0;
  std::vector<Move> sequence_;
  struct {
    bool is_known = false;  // the zero flag says whether this register is zero
    Location of;
    u8 width = 0;
  } flags_;
  u32 saved_base_ = 0;  // bytes below rbp that hold the instance and preserved registers
  u32 slot_base_ = 0;  // where the slots begin: a multiple of 16, so that vectors in memory can be operands
  u32 frame_ = 0;       // bytes to take from rsp behind them
  std::vector<u8> saved_;
  std::vector<bool> is_light_;  // of each block: comes before the frame is set up, or returns without one
  std::vector<bool> sets_up_;  // of each block: begins by setting the frame up
  bool in_light_ = false;  // the block at hand
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
    bool wide;  // 16 bytes
    Label at;
  };
  std::vector<TrapStub> traps_;
  std::vector<Cold> cold_;
  std::vector<JumpTable> tables_;
  std::vector<PoolEntry> pool_;
  std::map<std::tuple<u64, u64, bool>, u32> pool_places_;  // in pool_
};

}  // namespace hermit::x64
