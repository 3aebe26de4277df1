// Checks one property after the other; the first that fails is reported with the block and value concerned.
#include "compiler/ir_verify.h"

#include "compiler/dominators.h"

namespace hermit::compiler {

namespace {

std::string at(const char* what, BlockId block, Value v) {
  return std::string(what) + " (block" + std::to_string(block) + ", v" + std::to_string(v) + ")";
}

class Verifier {
 public:
  explicit Verifier(const Function& function) : f_(function) {}

  std::string run() {
    if (auto wrong = blocks(); !wrong.empty()) return wrong;
    if (auto wrong = reachable(); !wrong.empty()) return wrong;
    dominators_ = find_dominators(f_);
    for (BlockId b = 0; b < f_.blocks.size(); ++b) {
      for (u32 i = f_.blocks[b].begin; i < f_.blocks[b].end; ++i) {
        if (auto wrong = instruction(b, i); !wrong.empty()) return wrong;
      }
    }
    return {};
  }

 private:
  std::string blocks() {
    if (f_.blocks.empty()) return "no entry block";
    if (f_.blocks[0].params != 0) return "the entry has parameters";
    block_of_.assign(f_.insts.size(), kNone);
    position_.assign(f_.insts.size(), 0);
    for (BlockId b = 0; b < f_.blocks.size(); ++b) {
      const Block& block = f_.blocks[b];
      if (block.begin >= block.end || block.end > f_.order.size()) return at("empty block", b, kNone);
      for (const Value p : f_.block_params(b)) {
        if (f_.insts[p].op != Op::BlockParam || f_.insts[p].a != b || block_of_[p] != kNone) {
          return at("not a parameter of this block", b, p);
        }
        block_of_[p] = b;
        position_[p] = block.begin;
      }
      for (u32 i = block.begin; i < block.end; ++i) {
        const Value v = f_.order[i];
        if (block_of_[v] != kNone) return at("listed twice", b, v);
        block_of_[v] = b;
        position_[v] = i + 1;
        const bool terminates = (effects(f_.insts[v].op) & kTerminates) != 0;
        if (terminates != (i + 1 == block.end)) return at("a terminator must be last, and be there", b, v);
        if (f_.insts[v].op == Op::Const) return at("a constant in a block", b, v);
      }
    }
    return {};
  }

  // Each block but the entry needs a predecessor before it.
  std::string reachable() {
    std::vector<bool> reached(f_.blocks.size());
    reached[0] = true;
    for (BlockId b = 0; b < f_.blocks.size(); ++b) {
      if (!reached[b]) return at("no predecessor comes before the block", b, kNone);
      for (const Edge& edge : f_.successors(b)) {
        if (edge.target == 0 || edge.target >= f_.blocks.size()) return at("a wrong target", b, kNone);
        reached[edge.target] = true;
      }
    }
    return {};
  }

  [[nodiscard]] bool is_available(Value v, BlockId b, u32 position) const {
    if (v >= f_.insts.size()) return false;
    if (f_.insts[v].op == Op::Const) return true;
    if (block_of_[v] == kNone || f_.insts[v].type == Type::None) return false;
    return block_of_[v] == b ? position_[v] <= position : dominators_.dominates(block_of_[v], b);
  }

  std::string instruction(BlockId b, u32 position) {
    const Value v = f_.order[position];
    const Inst& inst = f_.insts[v];
    std::string wrong;
    for_each_operand(f_, v, [&](const u32& operand) {
      if (wrong.empty() && !is_available(operand, b, position)) wrong = at("an operand is not defined here", b, v);
    });
    if (!wrong.empty()) return wrong;
    if (auto mismatch = types(b, v, inst); !mismatch.empty()) return mismatch;
    for (const Edge& edge : f_.successors(inst)) {
      const auto params = f_.block_params(edge.target);
      const auto args = f_.args(edge);
      for (size_t i = 0; i < params.size(); ++i) {
        if (!is_available(args[i], b, position)) return at("an argument is not defined here", b, v);
        if (f_.insts[args[i]].type != f_.insts[params[i]].type) return at("an argument of another type", b, v);
      }
    }
    return {};
  }

  std::string types(BlockId b, Value v, const Inst& inst) {
    const OpInfo& info = op_info(inst.op);
    const auto type = [&](Value operand) { return f_.insts[operand].type; };
    if (info.operand != Type::None) {
      const bool fits = type(inst.a) == info.operand && (info.shape == Shape::Unary || type(inst.b) == info.operand);
      if (!fits || inst.type != info.result) return at("operands or result of the wrong type", b, v);
    }
    if (is_vector(inst.op)) {
      u32 n = 0;
      bool fits = inst.type == info.result;
      for_each_operand(f_, v, [&](const u32& operand) { fits &= type(operand) == info.operands[n++]; });
      return fits ? "" : at("a vector operation of the wrong types", b, v);
    }
    switch (inst.op) {
      case Op::Switch:  // one way out would have its moves in front of it, where they could overwrite the condition
        if (f_.switches[inst.c].edges < 2) return at("a switch with one edge", b, v);
        [[fallthrough]];
      case Op::Branch: return type(inst.a) == Type::I32 ? "" : at("the condition is not an i32", b, v);
      case Op::Select: {
        const bool fits = type(inst.a) == inst.type && type(inst.b) == inst.type && type(inst.c) == Type::I32;
        return fits ? "" : at("a select of the wrong types", b, v);
      }
      case Op::Return: {
        if (inst.b != f_.results.size()) return at("a wrong number of results", b, v);
        for (u32 i = 0; i < inst.b; ++i) {
          if (type(f_.lists[inst.a + i]) != f_.results[i]) return at("a result of the wrong type", b, v);
        }
        return {};
      }
      default: return {};
    }
  }

  const Function& f_;
  Dominators dominators_;
  std::vector<BlockId> block_of_;
  std::vector<u32> position_;  // one behind the place in order; of parameters their block's begin
};

}  // namespace

std::string verify(const Function& function) { return Verifier(function).run(); }

}  // namespace hermit::compiler
