// The state of instruction selection. Private to select*.cc.
//
// The method is that of x64/selector.h: blocks from the last to the first, instructions from last to first, so when one
// is reached it is known whether anything still needs its result. Another instruction's work (a comparison, a shift, a
// product) is taken over only if its result is used once, in the same block. Loads never are: here every operand is a
// register.
#pragma once

#include <optional>

#include <asmjit/a64.h>
#include "base/check.h"
#include "compiler/arm64/machine_arm64.h"
#include "compiler/arm64/select.h"
#include "compiler/simplify.h"

namespace hermit::arm64 {

using namespace compiler;
using Id = asmjit::a64::Inst::Id;

class Selector {
 public:
  Selector(const ModuleInfo& info, const Function& function) : info_(info), module_(*info.module), f_(function) {}
  Result<MachineFunction> run();

 private:
  // A guest address: perhaps an index register, an offset, and perhaps a base that is not memory 0's.
  struct Address {
    VReg index;  // kNone: none
    u64 offset;
    VReg base = kNone;
    bool is_wide = false;  // all bits of the index count
    u8 shift = 0;  // of the index
  };
  // A comparison as operands.
  struct Comparison {
    Compare kind;
    Condition condition;
    u8 width;
    VReg a, b;
    i32 number;
  };

  // --- the list (select.cc) ---
  void count_uses();
  void finish_piece();
  void block(BlockId b);
  MachineInst& add(u16 form, u32 code = 0, u8 width = 8);
  void operand(VReg vreg, OperandKind kind, Where where, u32 reg = 0);
  void use(VReg v) { operand(v, OperandKind::Use, Where::Register); }
  void use_fixed(VReg v, u32 reg) { operand(v, OperandKind::Use, Where::Fixed, reg); }
  void def(VReg v) { operand(v, OperandKind::Def, Where::Register); }
  void def_fixed(VReg v, u32 reg) { operand(v, OperandKind::Def, Where::Fixed, reg); }
  // Appends the address to the instruction added last.
  void address(const Address& a);
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
  // An integer constant, sign-extended.
  [[nodiscard]] std::optional<i64> integer(Value v) const;
  [[nodiscard]] bool used_once_here(Value v) const;

  // --- instructions ---
  void instruction(Value v);
  void edges(BlockId b, std::span<const Edge> list);
  Comparison compare(Value condition);
  Comparison compare_values(Op op, Value a, Value b);
  Comparison compare_zero(Value a, Condition condition);
  void comparison(MachineInst& inst, const Comparison& c);
  void trap_if(const Comparison& c, hermit::Trap trap);
  // select_numeric.cc
  void numeric(Value v);
  void two(u16 form, u32 code, u8 width, VReg a, VReg b);
  void one(u16 form, u32 code, u8 width, VReg a);
  bool add_constant(Value a, i64 value);
  bool shifted(Id id, Value a, Value b);
  bool increment(Value a, Value b);
  bool bit_field(Value a, Value b);
  bool multiply_add(Id id, Value sum, Value product);
  void add_or_subtract(Id id, Value a, Value b);
  void logical(Id id, Value a, Value b);
  void shift(Id id, Value a, Value b);
  void rotate_left(Value a, Value b);
  void divide(Division division, Value a, Value b);
  void truncate(Value a, u8 flags);
  void convert_integer(Id id, u8 width, Value a);
  // select_simd.cc
  void vector(Value v);
  void vector_constant(VReg to, const Vector& bits);
  // select_memory.cc
  Address guest_address(Value base, const Inst& access);
  Address far_address(Value base, const Access& where, u32 bytes);
  void load(Value v);
  void store(Value v);
  VReg instance_field(i32 offset);
  VReg pointer(VReg base, i32 offset, Type type = Type::I64);
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
  std::vector<VReg> vreg_of_;
  std::vector<u32> region_of_landing_;  // of each block: kNone if it is no landing block
  Value current_ = kNone;
  BlockId current_block_ = 0;
  u32 source_ = 0;
  const char* unsupported_ = nullptr;
};

// Operand bytes of an integer or float type.
inline u8 width_of(Type type) { return type == Type::I32 || type == Type::F32 ? 4 : type == Type::V128 ? 16 : 8; }

}  // namespace hermit::arm64
