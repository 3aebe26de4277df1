// Inlining of recursion. A small recursive function spends most of its time entering and leaving; with its own body in
// place of its calls, most levels have no frame. LLVM, which inlines everything else before it makes WebAssembly,
// leaves these calls alone; V8 inlines them, too.
//
// The body has branches, and may have loops. The block of a call ends in front of it: a jump leads to a copy of the
// entry, whose parameters are the arguments; what returned jumps to a block of what followed the call, which has the
// results as its parameters. The copy's own calls stay calls until the next round, so a round multiplies the calls, and
// rounds end where the function would grow too large. Functions that catch exceptions stay as they are: the copy's
// would have to go another way. Before: build. After: inline.
#include "compiler/recursion.h"

#include <algorithm>

#include "base/check.h"
#include "compiler/cfg.h"
#include "compiler/prune.h"

namespace hermit::compiler {

namespace {

// The kernels fib, takeuchi, queens and trees gain most of what there is to gain by the second or third round.
constexpr int kMaxLevels = 3;
constexpr size_t kMaxBody = 64;  // of the function as it was
constexpr size_t kMaxBodyBlocks = 24;
constexpr size_t kMaxGrown = 320;  // instructions, after all rounds

bool is_self_call(const Function& f, Value v) {
  const Inst& inst = f.insts[v];
  return inst.op == Op::Call && f.calls[inst.a].kind == CallKind::Direct && f.calls[inst.a].callee == f.index;
}

size_t count_self_calls(const Function& f) {
  return static_cast<size_t>(std::ranges::count_if(f.order, [&](Value v) { return is_self_call(f, v); }));
}

// Is it small, and made of what copies can be made of?
bool is_suitable(const Function& f) {
  return f.frame_locals == 0 && f.regions.empty() && f.blocks.size() <= kMaxBodyBlocks && f.order.size() <= kMaxBody &&
         std::ranges::all_of(f.order, [&](Value v) {
           const Op op = f.insts[v].op;
           return op != Op::TailCall && op != Op::Switch && (effects(op) & kWritesThrown) == 0;
         });
}

// One round: `body` in place of each call of `function` to itself.
class Expander {
 public:
  Expander(Function& function, const Function& body) : f_(function), before_(function), body_(body) {}

  void run() {
    std::vector<BlockId> first_part(before_.blocks.size());  // of each block, in blocks_
    replacement_.resize(f_.insts.size());
    for (Value v = 0; v < replacement_.size(); ++v) replacement_[v] = v;
    for (BlockId b = 0; b < before_.blocks.size(); ++b) {
      first_part[b] = static_cast<BlockId>(blocks_.size());
      Block block = before_.blocks[b];
      block.begin = static_cast<u32>(order_.size());
      for (const Value v : before_.body(b)) {
        if (is_self_call(before_, v)) {
          block = expand(v, block);
        } else if (before_.insts[v].op != Op::Result || replacement_[v] == v) {
          order_.push_back(v);
        }
      }
      finish(block);
    }
    for (size_t e = 0; e < before_.edges.size(); ++e) f_.edges[e].target = first_part[f_.edges[e].target];
    f_.blocks.swap(blocks_);
    f_.order.swap(order_);
    while (replacement_.size() < f_.insts.size()) replacement_.push_back(static_cast<Value>(replacement_.size()));
    std::vector<BlockId> layout;
    for (BlockId b = 0; b < f_.blocks.size(); ++b) layout.push_back(b);
    rebuild(f_, layout, replacement_, std::vector<bool>(f_.insts.size(), true));
    prune(f_);  // what follows a call that never returns is not reached
  }

 private:
  void finish(Block& block) {
    block.end = static_cast<u32>(order_.size());
    blocks_.push_back(block);
  }

  // Ends `block` in a jump to a copy of the body; returns the block that goes on behind the call.
  Block expand(Value call_value, Block block) {
    const Call call = before_.calls[before_.insts[call_value].a];
    const u32 call_source = before_.sources[call_value];
    const auto entry = static_cast<BlockId>(blocks_.size() + 1);
    const auto behind = static_cast<BlockId>(entry + body_.blocks.size());
    order_.push_back(f_.add({Op::Jump, Type::None, 0, 0, add_edge(entry, {}), 0}, call_source));
    finish(block);
    copy_body(call, call_source, entry, behind);

    Block rest;
    rest.begin = static_cast<u32>(order_.size());
    rest.first_param = static_cast<u32>(f_.params.size());
    rest.params = call.results;
    for (u32 i = 0; i < call.results; ++i) {
      const Value param = f_.add({Op::BlockParam, f_.results[i], 0, behind, i, 0}, call_source);
      f_.params.push_back(param);
      if (const Value result = result_of(call_value, i); result != kNone) replacement_[result] = param;
    }
    return rest;
  }

  void copy_body(const Call& call, u32 call_source, BlockId entry, BlockId behind) {
    std::vector<Value> value_of(body_.insts.size(), kNone);
    // Constants stand in no block and serve all copies. Everything else is defined before it is read.
    const auto mapped = [&](Value v) {
      CHECK(value_of[v] != kNone || body_.insts[v].op == Op::Const);
      return value_of[v] != kNone ? value_of[v] : v;
    };
    const auto mapped_list = [&](u32 first, u32 count) {
      std::vector<Value> values;
      for (u32 i = 0; i < count; ++i) values.push_back(mapped(body_.lists[first + i]));
      return values;
    };
    const auto copy_edges = [&](u32 first, u32 count) {
      const auto at = static_cast<u32>(f_.edges.size());
      for (u32 e = first; e < first + count; ++e) {
        const Edge& edge = body_.edges[e];
        (void)add_edge(entry + edge.target, mapped_list(edge.first_arg, body_.blocks[edge.target].params));
      }
      return at;
    };
    for (BlockId b = 0; b < body_.blocks.size(); ++b) {
      Block copy = body_.blocks[b];
      copy.first_param = static_cast<u32>(f_.params.size());
      for (const Value p : body_.block_params(b)) {
        value_of[p] = f_.add(body_.insts[p], call_source);
        f_.params.push_back(value_of[p]);
      }
      copy.begin = static_cast<u32>(order_.size());
      for (const Value v : body_.body(b)) {
        Inst inst = body_.insts[v];
        bool has_plain_operands = false;
        if (inst.op == Op::Param) {
          value_of[v] = f_.lists[call.first_arg + inst.c];  // not of the copy: rebuild resolves it
          continue;
        }
        if (inst.op == Op::Return) {
          inst = {Op::Jump, Type::None, 0, 0, add_edge(behind, mapped_list(inst.a, inst.b)), 0};
        } else if (inst.op == Op::Jump) {
          inst.b = copy_edges(inst.b, 1);
        } else if (inst.op == Op::Branch) {
          inst.a = mapped(inst.a);
          inst.b = copy_edges(inst.b, 2);
        } else if (op_info(inst.op).shape == Shape::Call) {
          Call made = body_.calls[inst.a];
          made.first_arg = add_list(mapped_list(made.first_arg, made.args));
          f_.calls.push_back(made);
          inst.a = static_cast<u32>(f_.calls.size() - 1);
        } else {
          has_plain_operands = true;
        }
        f_.inlined.push_back({f_.index, body_.sources[v], call_source});
        const Value added = f_.add(inst, kInlinedSource + static_cast<u32>(f_.inlined.size() - 1));
        if (has_plain_operands) for_each_operand(f_, added, [&](u32& operand) { operand = mapped(operand); });
        value_of[v] = added;
        order_.push_back(added);
      }
      finish(copy);
    }
  }

  // The value that stands for a call's result, kNone if none does. Results follow their call at once.
  [[nodiscard]] Value result_of(Value call, u32 number) const {
    if (number == 0) return call;
    const auto& insts = before_.insts;
    for (Value v = call + 1; v < insts.size() && insts[v].op == Op::Result && insts[v].a == call; ++v) {
      if (insts[v].b == number) return v;
    }
    return kNone;
  }

  u32 add_list(const std::vector<Value>& values) {
    const auto at = static_cast<u32>(f_.lists.size());
    f_.lists.insert(f_.lists.end(), values.begin(), values.end());
    return at;
  }
  u32 add_edge(BlockId target, const std::vector<Value>& args) {
    f_.edges.push_back({target, add_list(args)});
    return static_cast<u32>(f_.edges.size() - 1);
  }

  Function& f_;
  const Function before_;  // this round
  const Function& body_;
  std::vector<Value> replacement_;
  std::vector<Block> blocks_;  // of the function to come
  std::vector<Value> order_;
};

}  // namespace

void inline_recursion(Function& function) {
  if (function.order.size() > kMaxGrown || count_self_calls(function) == 0) return;
  prune(function);
  if (!is_suitable(function)) return;
  const Function body = function;
  for (int round = 0; round < kMaxLevels; ++round) {
    const size_t calls = count_self_calls(function);
    if (calls == 0 || function.order.size() + calls * body.order.size() > kMaxGrown) return;
    Expander(function, body).run();
  }
}

}  // namespace hermit::compiler
