// The work of register allocation grows with how many blocks each value is alive in. Real code stays far below the
// allocator's limit, but a hostile body of one megabyte can keep a hundred thousand values alive over as many blocks.
// Such a function is compiled with one frame local for each value that leaves its block: stored at the definition,
// loaded once in each block that uses it. An edge's arguments are all loaded before any parameter's local is written.
#include "compiler/demote.h"

#include "base/check.h"

namespace hermit::compiler {

namespace {

class Demoter {
 public:
  explicit Demoter(Function& function) : f_(function) {}

  void run() {
    find_homes();
    std::vector<Value> order;
    order.swap(f_.order);
    for (BlockId b = 0; b < f_.blocks.size(); ++b) {
      const u32 begin = f_.blocks[b].begin;
      const u32 end = f_.blocks[b].end;
      f_.blocks[b].begin = static_cast<u32>(f_.order.size());
      for (u32 i = begin; i < end; ++i) instruction(b, order[i], i + 1 < end ? order[i + 1] : kNone);
      f_.blocks[b].end = static_cast<u32>(f_.order.size());
    }
    for (Block& block : f_.blocks) block.params = 0;
    f_.params.clear();
  }

 private:
  // Where values are defined, and which of them need a local.
  void find_homes() {
    const size_t count = f_.insts.size();
    home_.assign(count, kNone);
    local_.assign(count, kNone);
    loaded_.assign(count, kNone);
    loaded_in_.assign(count, kNone);
    for (BlockId b = 0; b < f_.blocks.size(); ++b) {
      for (const Value v : f_.body(b)) home_[v] = b;
    }
    const auto use = [&](BlockId b, Value v) {
      if (!f_.is_const(v) && home_[v] != b) need_local(v);
    };
    for (BlockId b = 0; b < f_.blocks.size(); ++b) {
      for (const Value p : f_.block_params(b)) need_local(p);
      for (const Value v : f_.body(b)) {
        for_each_operand(f_, v, [&](const u32& operand) { use(b, operand); });
      }
      for (const Edge& edge : f_.successors(b)) {
        for (const Value arg : f_.args(edge)) use(b, arg);
      }
    }
  }
  void need_local(Value v) {
    if (local_[v] == kNone) local_[v] = f_.frame_locals++;
  }

  // What stands for `v` in block b; loads it if it is not there yet.
  Value here(BlockId b, Value v, u32 source) {
    if (f_.is_const(v) || home_[v] == b) return v;
    if (loaded_in_[v] != b) {
      loaded_in_[v] = b;
      loaded_[v] = f_.add({Op::LocalGet, f_.insts[v].type, 0, 0, 0, local_[v]}, source);
      f_.order.push_back(loaded_[v]);
    }
    return loaded_[v];
  }
  void store(Value v, u32 local, u32 source) {
    f_.order.push_back(f_.add({Op::LocalSet, Type::None, 0, v, 0, local}, source));
  }

  void instruction(BlockId b, Value v, Value next) {
    const u32 source = f_.sources[v];
    // here() may move the instructions, so operands are collected first.
    std::vector<Value> operands;
    for_each_operand(f_, v, [&](const u32& operand) { operands.push_back(operand); });
    for (Value& operand : operands) operand = here(b, operand, source);
    size_t n = 0;
    for_each_operand(f_, v, [&](u32& operand) { operand = operands[n++]; });
    arguments(b, f_.insts[v], source);
    f_.order.push_back(v);
    // The results of a call stay together behind it.
    if (local_[v] != kNone) pending_.push_back(v);
    if (next != kNone && f_.insts[next].op == Op::Result) return;
    for (const Value p : pending_) store(p, local_[p], source);
    pending_.clear();
  }

  void arguments(BlockId b, const Inst terminator, u32 source) {
    if ((effects(terminator.op) & kTerminates) == 0) return;
    for (const Edge edge : std::vector<Edge>(f_.successors(terminator).begin(), f_.successors(terminator).end())) {
      const auto params = f_.block_params(edge.target);
      if (params.empty()) continue;
      CHECK(terminator.op == Op::Jump);  // critical edges are split, and blocks with one predecessor lost theirs
      std::vector<Value> values;
      for (size_t i = 0; i < params.size(); ++i) values.push_back(here(b, f_.args(edge)[i], source));
      for (size_t i = 0; i < params.size(); ++i) store(values[i], local_[params[i]], source);
    }
  }

  Function& f_;
  std::vector<BlockId> home_;
  std::vector<u32> local_;
  std::vector<Value> loaded_;
  std::vector<BlockId> loaded_in_;
  std::vector<Value> pending_;
};

}  // namespace

void demote(Function& function) { Demoter(function).run(); }

}  // namespace hermit::compiler
