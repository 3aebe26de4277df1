// The walk of instruction selection, and what concerns blocks: edges, branches, comparisons, selects.
//
// Before: cfg.cc split critical edges and found loops. After: the allocator. selector.h describes the method.
#include "compiler/arm64/select.h"

#include <algorithm>

#include "compiler/arm64/selector.h"

namespace hermit::arm64 {

// --- the list ---

MachineInst& Selector::add(u16 form, u32 code, u8 width) {
  MachineInst inst;
  inst.form = form;
  inst.code = static_cast<u16>(code);
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
  for (BlockId b = 0; b < f_.blocks.size(); ++b) {
    for (const Value v : f_.body(b)) {
      block_of_[v] = b;
      for_each_operand(f_, v, [&](const u32& operand) { ++uses_[operand]; });
    }
    for (const Edge& edge : f_.successors(b)) {
      for (const Value arg : f_.args(edge)) ++uses_[arg];
    }
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
    const VReg to = m_.new_vreg(Type::V128);
    vector_constant(to, f_.vectors[f_.insts[v].a]);
    return to;
  }
  // An i32 is zero-extended wherever it is.
  while (f_.insts[v].op == Op::I64ExtendI32U) v = f_.insts[v].a;
  if (f_.is_const(v)) return constant(type(v), f_.const_bits(v));
  if (vreg_of_[v] == kNone) vreg_of_[v] = m_.new_vreg(type(v));
  return vreg_of_[v];
}

std::optional<i64> Selector::integer(Value v) const {
  if (!f_.is_const(v) || is_float(v)) return std::nullopt;
  const u64 bits = f_.const_bits(v);
  return type(v) == Type::I32 ? static_cast<i32>(bits) : static_cast<i64>(bits);
}

bool Selector::used_once_here(Value v) const {
  return uses_[v] == 1 && block_of_[v] == current_block_ && vreg_of_[v] == kNone;
}

// --- comparisons ---

namespace {

struct Relation {
  Op op;
  Condition condition;
};
constexpr Relation kRelations[] = {
    {Op::I32Eq, kEqual},         {Op::I32Ne, kNotEqual},     {Op::I32LtS, kLess},         {Op::I32LtU, kBelow},
    {Op::I32GtS, kGreater},      {Op::I32GtU, kAbove},       {Op::I32LeS, kLessEqual},    {Op::I32LeU, kBelowEqual},
    {Op::I32GeS, kGreaterEqual}, {Op::I32GeU, kAboveEqual},  {Op::I64Eq, kEqual},         {Op::I64Ne, kNotEqual},
    {Op::I64LtS, kLess},         {Op::I64LtU, kBelow},       {Op::I64GtS, kGreater},      {Op::I64GtU, kAbove},
    {Op::I64LeS, kLessEqual},    {Op::I64LeU, kBelowEqual},  {Op::I64GeS, kGreaterEqual}, {Op::I64GeU, kAboveEqual},
    {Op::F32Eq, kEqual},         {Op::F32Ne, kNotEqual},     {Op::F32Lt, kMinus},         {Op::F32Gt, kGreater},
    {Op::F32Le, kBelowEqual},    {Op::F32Ge, kGreaterEqual}, {Op::F64Eq, kEqual},         {Op::F64Ne, kNotEqual},
    {Op::F64Lt, kMinus},         {Op::F64Gt, kGreater},      {Op::F64Le, kBelowEqual},    {Op::F64Ge, kGreaterEqual},
};

}  // namespace

// An integer against zero, equal or not. A bitwise "and" that nobody else needs is part of it.
Selector::Comparison Selector::compare_zero(Value a, Condition condition) {
  const Inst& inst = f_.insts[a];
  Comparison c{Compare::Zero, condition, width_of(type(a)), kNone, kNone, 0};
  if ((inst.op == Op::I32And || inst.op == Op::I64And) && used_once_here(a)) {
    c.a = reg(inst.a);
    const auto mask = integer(inst.b);
    if (mask && *mask > 0 && *mask <= 0x7fffffff &&
        asmjit::a64::Utils::isLogicalImm(static_cast<u64>(*mask), 8u * c.width)) {
      c.kind = Compare::BitsImm;
      c.number = static_cast<i32>(*mask);
    } else {
      c.kind = Compare::Bits;
      c.b = reg(inst.b);
    }
    return c;
  }
  c.a = reg(a);
  return c;
}

Selector::Comparison Selector::compare_values(Op op, Value a, Value b) {
  if (op == Op::I32Eqz || op == Op::I64Eqz) return compare_zero(a, kEqual);
  Comparison c{Compare::Int, kEqual, width_of(type(a)), kNone, kNone, 0};
  bool found = false;
  for (const Relation& relation : kRelations) {
    if (relation.op != op) continue;
    c.condition = relation.condition;
    found = true;
  }
  CHECK(found);
  if (is_float(a)) {
    c.kind = Compare::Float;
    c.a = reg(a);
    if (f_.is_const(b) && f_.const_bits(b) == 0) {
      c.kind = Compare::FloatZero;
    } else {
      c.b = reg(b);
    }
    return c;
  }
  if (const auto value = integer(b)) {
    if (*value == 0 && (c.condition == kEqual || c.condition == kNotEqual)) return compare_zero(a, c.condition);
    if (is_add_immediate(static_cast<u64>(*value)) || is_add_immediate(0 - static_cast<u64>(*value))) {
      c.kind = Compare::IntImm;
      c.number = static_cast<i32>(*value);
      c.a = reg(a);
      return c;
    }
  }
  c.a = reg(a);
  c.b = reg(b);
  return c;
}

// The i32 `condition` as a comparison: its own, if nobody else needs it.
Selector::Comparison Selector::compare(Value condition) {
  const Inst& inst = f_.insts[condition];
  if (is_comparison(inst.op) && used_once_here(condition)) return compare_values(inst.op, inst.a, inst.b);
  return compare_zero(condition, kNotEqual);
}

// Appends the operands of the comparison to the instruction added last.
void Selector::comparison(MachineInst& inst, const Comparison& c) {
  inst.compare = static_cast<u8>(c.kind);
  inst.condition = c.condition;
  inst.width = c.width;
  inst.displacement = c.number;
  use(c.a);
  if (c.b != kNone) use(c.b);
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
      def(result());
      use(if_true);
      use(if_false);
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
      for (u32 i = 0; i < s.cases; ++i) {
        m_.targets.push_back(f_.edges[s.first_edge + f_.lists[s.first_case + i]].target);
      }
      use(index);
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
        default: is_vector(inst.op) ? vector(v) : numeric(v);
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
    if (f_.insts[body[0]].op == Op::Landing && vreg_of_[body[0]] != kNone) def_fixed(vreg_of_[body[0]], 0);
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

}  // namespace hermit::arm64
