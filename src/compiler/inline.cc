// Inlining of leaves: functions of a few instructions in one block that call nothing. Their IR is made once for each
// module; a call copies it, its parameters being the arguments. There is no frame left, so where such an instruction
// traps is a site with two places (code.h).
//
// A leaf throws nothing, so a call of it inside a try needs no landing block: its Handle becomes a jump. Code grows by
// at most a few instructions for each call, and a function by a bounded amount. Before: build. After: prune.
#include "compiler/inline.h"

#include "base/check.h"
#include "compiler/build.h"
#include "compiler/cfg.h"
#include "compiler/prune.h"
#include "compiler/simplify.h"
#include "compiler/wide_products.h"
#include "wasm/instruction_reader.h"
#include "wasm/leb128.h"

namespace hermit::compiler {

namespace {

constexpr size_t kMaxBodyBytes =
    192;  // __multi3, before wide_products.cc makes two instructions of most of it, has 117
constexpr size_t kMaxInstructions = 16;  // of a leaf, parameters not counted
constexpr size_t kMaxGrowth = 2000;  // instructions that come into one function

// Only numeric instructions, accesses, locals and globals, one after the other?
bool is_straight(const wasm::Module& module, u32 index) {
  const wasm::Function& function = module.functions[index];
  if (function.body.size() > kMaxBodyBytes) return false;
  const u8* pc = function.body.data();
  for (u32 runs = wasm::next_u32(pc); runs != 0; --runs) {
    (void)wasm::next_u32(pc);
    (void)next_type(pc);
  }
  const u8* const end = function.body.data() + function.body.size();
  wasm::InstructionReader reader({pc, end}, function.offset + static_cast<u64>(pc - function.body.data()));
  while (reader.position() != end) {
    const auto op = reader.next();
    if (!op) return false;
    if (opens_construct(*op)) return false;
    switch (*op) {
      case wasm::Op::Unreachable:
      case wasm::Op::Return:
      case wasm::Op::Br:
      case wasm::Op::BrIf:
      case wasm::Op::BrTable:
      case wasm::Op::Call:
      case wasm::Op::CallIndirect:
      case wasm::Op::ReturnCall:
      case wasm::Op::ReturnCallIndirect: return false;
      default: break;
    }
  }
  return true;
}

bool is_leaf(const Function& f) {
  if (f.blocks.size() != 1 || f.terminator(0).op != Op::Return || f.frame_locals != 0) return false;
  size_t count = 0;
  for (const Value v : f.order) {
    const Inst& inst = f.insts[v];
    if ((effects(inst.op) & (kCalls | kReadsLocal | kWritesLocal | kWritesThrown)) != 0) return false;
    if (op_info(inst.op).shape == Shape::Call) return false;
    count += inst.op == Op::Param ? 0 : 1;
  }
  return count <= kMaxInstructions + 1;
}

class Inliner {
 public:
  Inliner(const ModuleInfo& info, Function& function) : info_(info), f_(function), simplifier_(function) {}

  void run() {
    if (!has_candidates()) return;
    for (Value v = 0; v < f_.insts.size(); ++v) {
      if (f_.insts[v].op == Op::Const) simplifier_.know(v);
    }
    replacement_.resize(f_.insts.size());
    for (Value v = 0; v < replacement_.size(); ++v) replacement_[v] = v;
    order_.reserve(f_.order.size());
    for (Block& block : f_.blocks) {
      const auto begin = static_cast<u32>(order_.size());
      bool was_inlined = false;  // the last call
      for (u32 i = block.begin; i < block.end; ++i) {
        const Value v = f_.order[i];
        const Inst inst = f_.insts[v];
        if (const Function* leaf = leaf_called(v)) {
          was_inlined = true;
          copy(v, *leaf);
        } else if (inst.op == Op::Result && replacement_[v] != v) {
          continue;  // of a call that is gone
        } else {
          if (inst.op == Op::Call) was_inlined = false;
          if (inst.op == Op::Handle && was_inlined) f_.insts[v] = {Op::Jump, Type::None, 0, 0, inst.b, 0};
          order_.push_back(v);
        }
      }
      block.begin = begin;
      block.end = static_cast<u32>(order_.size());
    }
    f_.order.swap(order_);
    while (replacement_.size() < f_.insts.size()) replacement_.push_back(static_cast<Value>(replacement_.size()));
    rebuild(f_, find_reachable(), replacement_, std::vector<bool>(f_.insts.size(), true));
  }

 private:
  // Landing blocks of calls that are gone are not.
  [[nodiscard]] std::vector<BlockId> find_reachable() const {
    std::vector<bool> reached(f_.blocks.size());
    std::vector<BlockId> work = {0};
    reached[0] = true;
    while (!work.empty()) {
      const BlockId b = work.back();
      work.pop_back();
      for (const Edge& edge : f_.successors(b)) {
        if (reached[edge.target]) continue;
        reached[edge.target] = true;
        work.push_back(edge.target);
      }
    }
    std::vector<BlockId> layout;
    for (BlockId b = 0; b < f_.blocks.size(); ++b) {
      if (reached[b]) layout.push_back(b);
    }
    return layout;
  }

  [[nodiscard]] bool has_candidates() const {
    for (const Value v : f_.order) {
      if (leaf_called(v) != nullptr) return true;
    }
    return false;
  }

  [[nodiscard]] const Function* leaf_called(Value v) const {
    const Inst& inst = f_.insts[v];
    if (inst.op != Op::Call || grown_ > kMaxGrowth) return nullptr;
    const Call& call = f_.calls[inst.a];
    if (call.kind != CallKind::Direct || info_.leaf_of[call.callee] == kNone) return nullptr;
    return &info_.leaves[info_.leaf_of[call.callee]];
  }

  // Appends the leaf's instructions; what they return stands for the call and its Results.
  void copy(Value call_value, const Function& leaf) {
    const Call call = f_.calls[f_.insts[call_value].a];
    std::vector<Value> value_of(leaf.insts.size(), kNone);
    const auto mapped = [&](Value v) {
      if (value_of[v] == kNone) {
        const Inst& constant = leaf.insts[v];
        CHECK(constant.op == Op::Const);  // everything else was defined before
        value_of[v] = constant.type == Type::V128 ? simplifier_.vector(leaf.vectors[constant.a])
                                                  : simplifier_.constant(constant.type, leaf.const_bits(v));
      }
      return value_of[v];
    };
    for (const Value v : leaf.order) {
      Inst inst = leaf.insts[v];
      if (inst.op == Op::Param) {
        value_of[v] = f_.lists[call.first_arg + inst.c];
        continue;
      }
      if (inst.op == Op::Return) {
        for (u32 i = 0; i < inst.b; ++i) returned(call_value, i, mapped(leaf.lists[inst.a + i]));
        continue;
      }
      if (inst.op == Op::I8x16Shuffle) {
        f_.vectors.push_back(leaf.vectors[inst.c]);
        inst.c = static_cast<u32>(f_.vectors.size() - 1);
      }
      if ((inst.aux & kWideAccess) != 0) {
        f_.accesses.push_back(leaf.accesses[inst.c]);
        inst.c = static_cast<u32>(f_.accesses.size() - 1);
      }
      for_each_operand(leaf, v, [&](const u32& operand) { (void)mapped(operand); });  // adds constants: not below
      f_.inlined.push_back({call.callee, leaf.sources[v], f_.sources[call_value]});
      const Value added = f_.add(inst, kInlinedSource + static_cast<u32>(f_.inlined.size() - 1));
      for_each_operand(f_, added, [&](u32& operand) { operand = mapped(operand); });
      value_of[v] = added;
      order_.push_back(added);
      ++grown_;
    }
  }

  void returned(Value call, u32 number, Value value) {
    if (number == 0) {
      replacement_[call] = value;
      return;
    }
    // The Results of a call follow it at once, in the order of `order`.
    const auto at = result_of(call, number);
    if (at != kNone) replacement_[at] = value;
  }
  [[nodiscard]] Value result_of(Value call, u32 number) const {
    for (Value v = call + 1; v < replacement_.size() && f_.insts[v].op == Op::Result && f_.insts[v].a == call; ++v) {
      if (f_.insts[v].b == number) return v;
    }
    return kNone;
  }

  const ModuleInfo& info_;
  Function& f_;
  Simplifier simplifier_;
  std::vector<Value> replacement_;
  std::vector<Value> order_;
  size_t grown_ = 0;
};

}  // namespace

bool add_leaf(ModuleInfo& info, u32 index) {
  if (!is_straight(*info.module, index)) return false;
  auto function = build(info, index);
  if (!function) return false;  // whoever compiles it says why
  prune(*function);
  find_wide_products(*function);
  prune(*function);
  if (!is_leaf(*function)) return false;
  info.leaf_of[index] = static_cast<u32>(info.leaves.size());
  info.leaves.push_back(std::move(*function));
  return true;
}

void find_leaves(ModuleInfo& info) {
  const wasm::Module& module = *info.module;
  info.leaf_of.assign(module.functions.size(), kNone);
  if (module.bytes.size() >= kInlinedSource) return;
  for (u32 i = module.imported_functions; i < module.functions.size(); ++i) (void)add_leaf(info, i);
}

void inline_leaves(const ModuleInfo& info, Function& function) { Inliner(info, function).run(); }

}  // namespace hermit::compiler
