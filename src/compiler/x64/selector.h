// The state of instruction selection. Private to select*.cc.
//
// Blocks are taken from the last to the first and instructions from last to first, so when an instruction is reached it
// is known whether anything needs its result: an instruction that another one took over (a comparison that became part
// of a branch, a load that became an operand) is never asked for. Instructions are written in execution order into
// `piece_` for one IR instruction and then appended back to front; the whole list is turned around at the end.
//
// Another instruction's work is taken over only if its result is used once, in the same block, and for a load only if
// nothing observable lies between the two (epoch_) and the widths are equal.
#pragma once

#include <optional>

#include <asmjit/x86.h>
#include "base/check.h"
#include "compiler/simplify.h"
#include "compiler/x64/machine_x64.h"
#include "compiler/x64/select.h"

namespace hermit::x64 {

using namespace compiler;
using Id = asmjit::x86::Inst::Id;

class Selector {
 public:
  Selector(const ModuleInfo& info, const Function& function) : info_(info), module_(*info.module), f_(function) {}
  Result<MachineFunction> run();

 private:
  // A guest address as operands: perhaps an index register, and a displacement.
  struct Address {
    VReg index;  // kNone: none
    i32 displacement;
    u32 source;
    u8 scale = 0;  // the index is shifted to the left by it
  };
  // A comparison as operands.
  struct Comparison {
    Compare kind;
    Condition condition;
    u8 width;
    VReg a, b;
    u64 immediate;
    Address address;
  };

  // --- the list (select.cc) ---
  void count_uses();
  void find_wide_products(BlockId b);
  void finish_piece();
  void block(BlockId b);
  MachineInst& add(u16 form, u16 code = 0, u8 width = 8);
  void operand(VReg vreg, OperandKind kind, Where where, u32 reg = 0);
  void use(VReg v) { operand(v, OperandKind::Use, Where::Register); }
  void use_any(VReg v) { operand(v, OperandKind::Use, Where::Any); }
  void use_fixed(VReg v, u32 reg) { operand(v, OperandKind::Use, Where::Fixed, reg); }
  void def(VReg v) { operand(v, OperandKind::Def, Where::Register); }
  void def_fixed(VReg v, u32 reg) { operand(v, OperandKind::Def, Where::Fixed, reg); }
  // A Def that overwrites operand 1, which must be the next operand added.
  void def_reuse(VReg v) { operand(v, OperandKind::Def, Where::Reuse, 1); }
  void address(const Address& a) {
    piece_.back().displacement = a.displacement;
    piece_.back().scale = a.scale;
    if (a.index != kNone) use(a.index);
  }
  // Both would like the same place.
  void hint(VReg a, VReg b);

  // --- values ---
  [[nodiscard]] Type type(Value v) const { return f_.insts[v].type; }
  [[nodiscard]] bool is_float(Value v) const { return class_of(type(v)) == RegClass::Float; }
  // The register of a value; a constant is loaded before the instruction at hand.
  VReg reg(Value v);
  VReg constant(Type type, u64 bits);
  // The register the value at hand must be put into.
  VReg result() { return vreg_of_[current_]; }
  [[nodiscard]] std::optional<i32> immediate(Value v) const;
  [[nodiscard]] bool used_once_here(Value v) const;
  [[nodiscard]] bool takes_load(Value v, u32 bytes) const;
  Address take_load(Value v);

  // --- instructions ---
  void instruction(Value v);
  void edges(BlockId b, std::span<const Edge> list);
  Comparison compare(Value condition);
  Comparison compare_with_zero(Value a, Condition condition);
  Comparison compare_values(Op op, Value a, Value b);
  void comparison(MachineInst& inst, const Comparison& c);
  void trap_if(const Comparison& c, hermit::Trap trap);
  // select_numeric.cc
  void numeric(Value v);
  void integer_binary(Id id, Value a, Value b, bool commutative);
  void add_values(Value a, Value b);
  bool add_scaled(Value a, Value b);
  std::optional<Value> carry(Value v) const;
  bool add_carry(Value a, Value b);
  bool add_words(Value a, Value condition);
  bool can_wait(Value user, Value condition);
  bool is_selected(Value user, Value condition, int depth = 0);
  void find_users();
  void shift(Id id, Value a, Value b);
  void divide(Division division, Value a, Value b);
  void multiply_high(Id id, Value a, Value b);
  bool multiply_wide(Value v);
  void float_binary(Id id, Value a, Value b);
  void unary(Id id, u8 width, Value a, u64 mode = 0);
  void simple(u16 form, u8 width, Value a, u8 condition = 0);
  void sign_mask(Id id, u64 mask, Value a);
  // select_simd.cc
  bool simd(Value v);
  void vector_binary(Id id, Value a, Value b, bool commutative);
  void vector_unary(Id id, Value a, u64 mode);
  void vector_sequence(Op op, Value a, Value b = kNone, Value c = kNone);
  void vector_convert(Op op, Value a, u32 lane);
  void vector_shift(Id id, u32 lane_bits, Value a, Value b);
  void vector_constant(VReg to, const Vector& bits);
  void shuffle(const Inst& inst);
  void replace_lane(const Inst& inst);
  // select_memory.cc
  Address guest_address(Value base, const Inst& access, u32 source);
  Address far_address(Value base, const Access& where, u32 bytes, u32 source);
  void load(Value v);
  void store(Value v);
  VReg instance_field(i32 offset);
  VReg pointer(VReg base, i32 offset);
  VReg table_element(u32 table, Value index, hermit::Trap trap, VReg& elements);
  void instance_access(Value v);
  void globals(Value v);
  void local_access(Value v);
  // select_call.cc
  void entry();
  void call(Value v);
  void call_results(Value v, const Call& call);
  void return_values(const Inst& inst);
  void exception_access(const Inst& inst);

  const ModuleInfo& info_;
  const wasm::Module& module_;
  const Function& f_;
  MachineFunction m_;
  std::vector<MachineInst> piece_, reversed_;
  std::vector<u32> uses_;
  std::vector<BlockId> block_of_;
  std::vector<u32> epoch_;  // of each instruction: how many observable ones come before it
  std::vector<Value> next_round_of_;  // of what a jump back gives to a parameter of the loop: that parameter
  std::vector<Value> other_half_;  // of half a product: the other half, if one instruction makes both
  std::vector<bool> is_second_half_;
  std::vector<Value> products_;
  // For sums whose carry is needed, made by find_users() when one is met: of each instruction its place in the order
  // and, in compressed rows, its users in the same block. And which instructions were selected ahead of their place.
  std::vector<u32> position_, first_user_;
  std::vector<Value> users_;
  std::vector<bool> is_early_;
  std::vector<VReg> vreg_of_;
  std::vector<u32> region_of_landing_;  // of each block: kNone if it is no landing block
  Value current_ = kNone;
  BlockId current_block_ = 0;
  u32 source_ = 0;
  const char* unsupported_ = nullptr;
};

// Operand bytes of an integer or float type.
inline u8 width_of(Type type) { return type == Type::I32 || type == Type::F32 ? 4 : type == Type::V128 ? 16 : 8; }

}  // namespace hermit::x64
