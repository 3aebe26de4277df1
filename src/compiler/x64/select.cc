// The walk of instruction selection, and what concerns blocks: edges, branches, comparisons, selects.
//
// Before: cfg.cc split critical edges and found loops. After: the allocator. selector.h describes the method.
#include "compiler/x64/select.h"

#include <algorithm>

#include "compiler/x64/selector.h"

namespace hermit::x64 {

// --- the list ---

MachineInst& Selector::add(u16 form, u16 code, u8 width) {
  MachineInst inst;
  inst.form = form;
  inst.code = code;
  inst.width = width;
  inst.source = source_;
  inst.first_operand = static_cast<u32>(m_.operands.size());
  piece_.push_back(inst);
  return piece_.back();
}

void Selector::operand(VReg vreg, OperandKind kind, Where where, u32 reg) {
  MachineInst& inst = piece_.back();
  CHECK(inst.first_operand + inst.operands == m_.operands.size());
  m_.operands.push_back({vreg, kind, where, static_cast<u8>(reg)});
  ++inst.operands;
}

void Selector::hint(VReg a, VReg b) {
  if (a != b) m_.hints.push_back({a, b, f_.blocks[current_block_].loop_depth});
}

void Selector::finish_piece() {
  reversed_.insert(reversed_.end(), piece_.rbegin(), piece_.rend());
  piece_.clear();
}

void Selector::count_uses() {
  uses_.assign(f_.insts.size(), 0);
  block_of_.assign(f_.insts.size(), kNone);
  epoch_.assign(f_.insts.size(), 0);
  next_round_of_.assign(f_.insts.size(), kNone);
  other_half_.assign(f_.insts.size(), kNone);
  is_second_half_.assign(f_.insts.size(), false);
  u32 epoch = 0;
  for (BlockId b = 0; b < f_.blocks.size(); ++b) {
    for (const Value v : f_.body(b)) {
      block_of_[v] = b;
      epoch_[v] = epoch;
      const u32 flags = effects(f_.insts[v].op);
      if ((flags & kObservable) != 0 && op_info(f_.insts[v].op).shape != Shape::Load) ++epoch;
      for_each_operand(f_, v, [&](const u32& operand) { ++uses_[operand]; });
    }
    for (const Edge& edge : f_.successors(b)) {
      const auto params = f_.block_params(edge.target);
      const auto args = f_.args(edge);
      for (size_t i = 0; i < params.size(); ++i) {
        ++uses_[args[i]];
        if (edge.target <= b) next_round_of_[args[i]] = params[i];
      }
    }
    find_wide_products(b);
  }
}

// The two halves of one product in a block are one instruction, where the first of them stands.
void Selector::find_wide_products(BlockId b) {
  constexpr size_t kMostProducts = 16;
  products_.clear();
  for (const Value v : f_.body(b)) {
    const Inst& inst = f_.insts[v];
    if (inst.op != Op::I64Mul && inst.op != Op::I64MulHighU) continue;
    for (const Value other : products_) {
      const Inst& known = f_.insts[other];
      const bool is_same = (known.a == inst.a && known.b == inst.b) || (known.a == inst.b && known.b == inst.a);
      if (!is_same || known.op == inst.op || other_half_[other] != kNone) continue;
      other_half_[other] = v;
      other_half_[v] = other;
      is_second_half_[v] = true;
      break;
    }
    if (products_.size() == kMostProducts) products_.erase(products_.begin());
    products_.push_back(v);
  }
}

// --- values ---

VReg Selector::constant(Type type, u64 bits) {
  const VReg v = m_.new_vreg(type);
  add(class_of(type) == RegClass::Integer ? kConstant : kFloatConstant, 0, width_of(type)).immediate = bits;
  def(v);
  return v;
}

VReg Selector::reg(Value v) {
  if (f_.is_const(v) && type(v) == Type::V128) {
    const VReg vector = m_.new_vreg(Type::V128);
    vector_constant(vector, f_.vectors[f_.insts[v].a]);
    return vector;
  }
  if (f_.is_const(v)) return constant(type(v), f_.const_bits(v));
  // An i32 is zero-extended wherever it is.
  while (f_.insts[v].op == Op::I64ExtendI32U) v = f_.insts[v].a;
  if (f_.is_const(v)) return constant(type(v), f_.const_bits(v));
  if (vreg_of_[v] == kNone) vreg_of_[v] = m_.new_vreg(type(v));
  return vreg_of_[v];
}

// A constant that fits into the 32 sign-extended bits of an instruction.
std::optional<i32> Selector::immediate(Value v) const {
  if (!f_.is_const(v)) return std::nullopt;
  const u64 bits = f_.const_bits(v);
  if (type(v) == Type::I32) return static_cast<i32>(bits);
  if (type(v) == Type::I64 && static_cast<i64>(bits) == static_cast<i32>(bits)) return static_cast<i32>(bits);
  return std::nullopt;
}

bool Selector::used_once_here(Value v) const {
  return uses_[v] == 1 && block_of_[v] == current_block_ && vreg_of_[v] == kNone;
}

// May the instruction at hand read `v`, a load of exactly `bytes` bytes, from memory itself?
bool Selector::takes_load(Value v, u32 bytes) const {
  const Op op = f_.insts[v].op;
  const bool plain = op == Op::I32Load || op == Op::I64Load || op == Op::F32Load || op == Op::F64Load;
  return plain && used_once_here(v) && epoch_[v] == epoch_[current_] && access_bytes(op) == bytes;
}

Selector::Address Selector::take_load(Value v) { return guest_address(f_.insts[v].a, f_.insts[v], f_.sources[v]); }

// --- comparisons ---

namespace {

struct Relation {
  Op op;
  Condition condition;
};
constexpr Relation kIntegerRelations[] = {
    {Op::I32Eq, kEqual},         {Op::I32Ne, kNotEqual},    {Op::I32LtS, kLess},         {Op::I32LtU, kBelow},
    {Op::I32GtS, kGreater},      {Op::I32GtU, kAbove},      {Op::I32LeS, kLessEqual},    {Op::I32LeU, kBelowEqual},
    {Op::I32GeS, kGreaterEqual}, {Op::I32GeU, kAboveEqual}, {Op::I64Eq, kEqual},         {Op::I64Ne, kNotEqual},
    {Op::I64LtS, kLess},         {Op::I64LtU, kBelow},      {Op::I64GtS, kGreater},      {Op::I64GtU, kAbove},
    {Op::I64LeS, kLessEqual},    {Op::I64LeU, kBelowEqual}, {Op::I64GeS, kGreaterEqual}, {Op::I64GeU, kAboveEqual},
};
// ucomis sets the flags as for unsigned numbers, and all of them if unordered: only "above" excludes that.
struct FloatRelation {
  Op op;
  Condition condition;
  bool swap;
};
constexpr FloatRelation kFloatRelations[] = {
    {Op::F32Eq, kFloatEqual, false}, {Op::F32Ne, kFloatNotEqual, false}, {Op::F32Lt, kAbove, true},
    {Op::F32Gt, kAbove, false},      {Op::F32Le, kAboveEqual, true},     {Op::F32Ge, kAboveEqual, false},
    {Op::F64Eq, kFloatEqual, false}, {Op::F64Ne, kFloatNotEqual, false}, {Op::F64Lt, kAbove, true},
    {Op::F64Gt, kAbove, false},      {Op::F64Le, kAboveEqual, true},     {Op::F64Ge, kAboveEqual, false},
};

}  // namespace

// a == 0 or a != 0. The bits of an `and` are looked at without making its result.
Selector::Comparison Selector::compare_with_zero(Value a, Condition condition) {
  Comparison c{Compare::Test, condition, width_of(type(a)), kNone, kNone, 0, {kNone, 0, source_}};
  const Inst& inst = f_.insts[a];
  if ((inst.op != Op::I32And && inst.op != Op::I64And) || !used_once_here(a) || f_.is_const(inst.a)) {
    c.a = reg(a);
    return c;
  }
  c.a = reg(inst.a);
  if (const auto small = immediate(inst.b)) {
    c.kind = Compare::TestImm;
    c.immediate = static_cast<u64>(i64{*small});
  } else {
    c.kind = Compare::TestInt;
    c.b = reg(inst.b);
  }
  return c;
}

Selector::Comparison Selector::compare_values(Op op, Value a, Value b) {
  if (op == Op::I32Eqz || op == Op::I64Eqz) return compare_with_zero(a, kEqual);
  Comparison c{Compare::Test, kNotEqual, width_of(type(a)), kNone, kNone, 0, {kNone, 0, source_}};
  for (const FloatRelation& relation : kFloatRelations) {
    if (relation.op != op) continue;
    c.kind = Compare::Float;
    c.condition = relation.condition;
    c.a = reg(relation.swap ? b : a);
    c.b = reg(relation.swap ? a : b);
    return c;
  }
  for (const Relation& relation : kIntegerRelations) {
    if (relation.op == op) c.condition = relation.condition;
  }
  c.kind = Compare::Int;
  if (const auto small = immediate(b)) {
    if (*small == 0 && (c.condition == kEqual || c.condition == kNotEqual)) return compare_with_zero(a, c.condition);
    c.kind = Compare::IntImm;
    c.immediate = static_cast<u64>(i64{*small});
    c.a = reg(a);
  } else if (takes_load(b, c.width)) {
    c.kind = Compare::IntLoad;
    c.a = reg(a);
    c.address = take_load(b);
  } else {
    c.a = reg(a);
    c.b = reg(b);
  }
  return c;
}

// The i32 `condition` as a comparison: its own, if nobody else needs it.
Selector::Comparison Selector::compare(Value condition) {
  const Inst& inst = f_.insts[condition];
  if (is_comparison(inst.op) && used_once_here(condition)) return compare_values(inst.op, inst.a, inst.b);
  return compare_with_zero(condition, kNotEqual);
}

// Appends the operands of the comparison to the instruction added last.
void Selector::comparison(MachineInst& inst, const Comparison& c) {
  inst.compare = static_cast<u8>(c.kind);
  inst.condition = c.condition;
  inst.width = c.width;
  inst.source = c.kind == Compare::IntLoad ? c.address.source : inst.source;
  if (c.kind == Compare::IntImm || c.kind == Compare::TestImm) inst.displacement = static_cast<i32>(c.immediate);
  use(c.a);
  if (c.kind == Compare::Int) use_any(c.b);
  if (c.kind == Compare::Float || c.kind == Compare::TestInt) use(c.b);
  if (c.kind == Compare::IntLoad) address(c.address);
}

void Selector::trap_if(const Comparison& c, hermit::Trap trap) {
  MachineInst& inst = add(kTrapIf);
  inst.target = static_cast<u32>(trap);
  comparison(inst, c);
}

// --- instructions ---

// Lists the edges of a block and gets their arguments into registers. Lists grow back to front like everything else.
void Selector::edges(BlockId b, std::span<const Edge> list) {
  for (size_t i = list.size(); i-- != 0;) {
    MachineEdge edge{b, list[i].target, static_cast<u32>(m_.args.size())};
    const auto params = f_.block_params(list[i].target);
    const auto args = f_.args(list[i]);
    for (size_t n = 0; n < params.size(); ++n) {
      const VReg arg = reg(args[n]);
      hint(arg, vreg_of_[params[n]]);
      m_.args.push_back(arg);
    }
    m_.edges.push_back(edge);
  }
}

void Selector::instruction(Value v) {
  const Inst& inst = f_.insts[v];
  const u32 flags = effects(inst.op);
  if ((flags & kObservable) == 0 && vreg_of_[v] == kNone) return;  // nobody needs it, or its user took it over
  // A load that its only user took over: the user has happened by now, so it would have asked for the register.
  if (op_info(inst.op).shape == Shape::Load && vreg_of_[v] == kNone && uses_[v] == 1) return;
  if (!is_early_.empty() && is_early_[v]) return;
  current_ = v;
  source_ = f_.sources[v];
  if (vreg_of_[v] == kNone && inst.type != Type::None) vreg_of_[v] = m_.new_vreg(inst.type);
  switch (inst.op) {
    case Op::Param:
    case Op::Landing:
    case Op::Result: break;  // entry(), block() and call() have them
    case Op::Handle:
      edges(current_block_, f_.successors(inst));
      add(kJump).target = f_.edges[inst.b].target;
      break;
    case Op::ExceptionIs:
    case Op::ExceptionValue:
    case Op::ThrownValue: exception_access(inst); break;
    case Op::Select: {
      const VReg if_false = reg(inst.b);
      const VReg if_true = reg(inst.a);
      const Comparison c = compare(inst.c);
      MachineInst& select = add(kSelect);
      select.type = inst.type;
      hint(result(), if_false);
      def_reuse(result());
      use(if_false);
      use(if_true);
      comparison(select, c);
      break;
    }
    case Op::Jump:
      edges(current_block_, f_.successors(inst));
      add(kJump).target = f_.edges[inst.b].target;
      break;
    case Op::Branch: {
      edges(current_block_, f_.successors(inst));
      const Comparison c = compare(inst.a);
      MachineInst& branch = add(kBranch);
      branch.target = f_.edges[inst.b].target;
      branch.immediate = f_.edges[inst.b + 1].target;
      comparison(branch, c);
      break;
    }
    case Op::Switch: {
      edges(current_block_, f_.successors(inst));
      const Switch& s = f_.switches[inst.c];
      const VReg index = reg(inst.a);
      MachineInst& jump = add(kSwitch);
      jump.target = static_cast<u32>(m_.targets.size());
      jump.immediate = s.cases;
      for (u32 i = 0; i < s.cases; ++i)
        m_.targets.push_back(f_.edges[s.first_edge + f_.lists[s.first_case + i]].target);
      use(index);
      operand(m_.new_vreg(Type::I64), OperandKind::Temp, Where::Register);
      break;
    }
    case Op::Return: return_values(inst); break;
    case Op::Trap: add(kTrap).target = inst.c; break;
    case Op::TailCall:
    case Op::Call: call(v); break;
    case Op::MemorySize:
    case Op::TableSize:
    case Op::TableGet:
    case Op::TableSet:
    case Op::RefFunc: instance_access(v); break;
    case Op::GlobalGet:
    case Op::GlobalSet: globals(v); break;
    case Op::LocalGet:
    case Op::LocalSet: local_access(v); break;
    default:
      switch (op_info(inst.op).shape) {
        case Shape::Load: load(v); break;
        case Shape::Store: store(v); break;
        default:
          if (!is_vector(inst.op) || !simd(v)) numeric(v);
      }
  }
  finish_piece();
}

void Selector::block(BlockId b) {
  current_block_ = b;
  MachineBlock& out = m_.blocks[b];
  out.end = static_cast<u32>(reversed_.size());  // counted from the back until run() turns everything around
  const auto body = f_.body(b);
  for (size_t i = body.size(); i-- != 0;) instruction(body[i]);
  if (b == 0) {
    entry();
    finish_piece();
  }
  source_ = f_.outer_source(body[0]);
  if (out.is_landing) {
    add(kLanding).immediate = region_of_landing_[b];
    if (f_.insts[body[0]].op == Op::Landing && vreg_of_[body[0]] != kNone) def_fixed(vreg_of_[body[0]], kRax);
    finish_piece();
  }
  add(kLabel).target = b;
  finish_piece();
  out.begin = static_cast<u32>(reversed_.size());
}

Result<MachineFunction> Selector::run() {
  count_uses();
  vreg_of_.assign(f_.insts.size(), kNone);
  m_.frame_locals = f_.frame_locals;
  m_.regions = f_.regions;
  m_.clauses = f_.clauses;
  m_.blocks.resize(f_.blocks.size());
  region_of_landing_.assign(f_.blocks.size(), kNone);
  for (BlockId b = 0; b < f_.blocks.size(); ++b) {
    const Inst& last = f_.terminator(b);
    if (last.op != Op::Handle) continue;
    const BlockId landing = f_.edges[last.b + 1].target;
    region_of_landing_[landing] = last.a;
    m_.blocks[landing].is_landing = m_.has_landings = m_.leaves_instance = true;
  }
  for (BlockId b = 0; b < f_.blocks.size(); ++b) {
    m_.blocks[b].loop_depth = f_.blocks[b].loop_depth;
    m_.blocks[b].is_cold = m_.blocks[b].is_landing || f_.terminator(b).op == Op::Trap;
    m_.blocks[b].is_loop_header = f_.blocks[b].is_loop_header;
    m_.blocks[b].first_param = static_cast<u32>(m_.params.size());
    m_.blocks[b].params = f_.blocks[b].params;
    for (const Value p : f_.block_params(b)) {
      vreg_of_[p] = m_.new_vreg(type(p));
      m_.params.push_back(vreg_of_[p]);
    }
  }
  for (auto b = static_cast<BlockId>(f_.blocks.size()); b-- != 0;) block(b);
  if (unsupported_ != nullptr) return std::unexpected(Error{ErrorKind::Unsupported, unsupported_, source_});
  const auto count = static_cast<u32>(reversed_.size());
  m_.insts.assign(reversed_.rbegin(), reversed_.rend());
  for (MachineBlock& b : m_.blocks) {
    b.begin = count - b.begin;
    b.end = count - b.end;
  }
  std::reverse(m_.edges.begin(), m_.edges.end());
  return std::move(m_);
}

Result<MachineFunction> select(const ModuleInfo& info, const Function& function) {
  return Selector(info, function).run();
}

}  // namespace hermit::x64
