// Structured control → blocks, edges and block parameters.
#include <optional>
#include <span>
#include <vector>

#include "compiler/builder.h"
#include "wasm/instruction_reader.h"

namespace hermit::compiler {

void Builder::open(BlockId block) {
  current_ = block;
  f_.blocks[block].begin = static_cast<u32>(f_.order.size());
  layout_.push_back(block);
  reachable_ = true;
}

void Builder::terminate(const Inst& inst) {
  emit(inst);
  f_.blocks[current_].end = static_cast<u32>(f_.order.size());
}

// Appends the parameters' types, then the results'. A type index is a non-negative number, everything else one type.
void Builder::read_block_type(Control& control) {
  control.first_type = static_cast<u32>(types_.size());
  const u8* const start = pc_;
  const i64 code = wasm::next_i64(pc_);
  if (code >= 0) {
    const wasm::FuncType& type = module_.types[static_cast<size_t>(code)];
    for (const auto param : type.params) types_.push_back(type_of(param));
    for (const auto result : type.results) types_.push_back(type_of(result));
    control.params = static_cast<u32>(type.params.size());
    control.results = static_cast<u32>(type.results.size());
  } else if (code != -64) {
    pc_ = start;
    types_.push_back(next_type(pc_));
    control.results = 1;
  }
}

// The block's parameters: `stack_types`, then the locals that the construct assigns.
void Builder::add_params(BlockId block, u32 construct, std::span<const Type> stack_types) {
  f_.blocks[block].first_param = static_cast<u32>(f_.params.size());
  u32 position = 0;
  const auto add = [&](Type type) {
    f_.params.push_back(f_.add({Op::BlockParam, type, 0, block, position++, 0}, source_));
  };
  for (const Type type : stack_types) add(type);
  for (const u32 local : assigned(construct)) add(local_types_[local]);
  f_.blocks[block].params = position;
}

BlockId Builder::label_block(Control& control) {
  if (control.label == kNone) {
    control.label = new_block();
    add_params(control.label, control.construct, types(control.first_type + control.params, control.results));
  }
  return control.label;
}

// An edge with the values that the label wants, which stay on the stack.
Edge Builder::edge_to(Control& target) {
  const BlockId block = label_block(target);
  const Edge edge{block, static_cast<u32>(f_.lists.size())};
  const u32 arity = label_arity(target);
  f_.lists.insert(f_.lists.end(), stack_.end() - static_cast<std::ptrdiff_t>(arity), stack_.end());
  for (const u32 local : assigned(target.construct)) f_.lists.push_back(locals_[local]);
  return edge;
}

// Continues in `block`: its parameters are the values of the stack's top and of the assigned locals.
void Builder::take_params(const Control& control, BlockId block) {
  const auto params = f_.block_params(block);
  const auto locals = assigned(control.construct);
  const size_t on_stack = params.size() - locals.size();
  for (size_t i = 0; i < on_stack; ++i) push(params[i]);
  for (size_t i = 0; i < locals.size(); ++i) locals_[locals[i]] = params[on_stack + i];
}

void Builder::jump_to(Control& target) {
  if (target.kind == Kind::Function) return return_values();
  const Edge edge = edge_to(target);
  f_.edges.push_back(edge);
  terminate({Op::Jump, Type::None, 0, 0, static_cast<u32>(f_.edges.size() - 1), 0});
}

void Builder::return_values() {
  const auto count = type_.results.size();
  const auto first = static_cast<u32>(f_.lists.size());
  f_.lists.insert(f_.lists.end(), stack_.end() - static_cast<std::ptrdiff_t>(count), stack_.end());
  terminate({Op::Return, Type::None, 0, first, static_cast<u32>(count), 0});
}

void Builder::set_unreachable() {
  reachable_ = false;
  stack_.resize(controls_.back().height);
}

void Builder::begin_block() {
  Control control{Kind::Block};
  control.region = region_;
  control.construct = constructs_++;
  read_block_type(control);
  control.height = static_cast<u32>(stack_.size()) - control.params;
  controls_.push_back(control);
}

void Builder::begin_loop() {
  Control control{Kind::Loop};
  control.region = region_;
  control.construct = constructs_++;
  read_block_type(control);
  control.height = static_cast<u32>(stack_.size()) - control.params;
  control.label = new_block();
  add_params(control.label, control.construct, types(control.first_type, control.params));
  f_.edges.push_back(edge_to(control));
  terminate({Op::Jump, Type::None, 0, 0, static_cast<u32>(f_.edges.size() - 1), 0});
  stack_.resize(control.height);
  open(control.label);
  take_params(control, control.label);
  controls_.push_back(control);
}

void Builder::begin_if() {
  Control control{Kind::If};
  control.region = region_;
  const Value condition = pop();
  control.construct = constructs_++;
  read_block_type(control);
  control.height = static_cast<u32>(stack_.size()) - control.params;
  control.saved = static_cast<u32>(saved_.size());
  saved_.insert(saved_.end(), stack_.begin() + control.height, stack_.end());
  for (const u32 local : assigned(control.construct)) saved_.push_back(locals_[local]);
  const BlockId then_block = new_block();
  control.else_block = new_block();
  branch(condition, {then_block, 0}, {control.else_block, 0});
  open(then_block);
  controls_.push_back(control);
}

void Builder::begin_else() {
  Control& control = controls_.back();
  if (reachable_) jump_to(control);
  control.kind = Kind::Else;
  stack_.resize(control.height);
  open(control.else_block);
  const Value* saved = saved_.data() + control.saved;
  for (u32 i = 0; i < control.params; ++i) push(*saved++);
  for (const u32 local : assigned(control.construct)) locals_[local] = *saved++;
  saved_.resize(control.saved);
}

// A label that nothing branches to needs no block: what is reachable just goes on.
void Builder::end_construct() {
  switch (controls_.back().kind) {
    case Kind::If: begin_else(); break;
    case Kind::TryTable: end_try_table(); break;
    case Kind::Try:
    case Kind::Catch: end_catches(); break;
    default: break;
  }
  close_construct();
}

void Builder::close_construct() {
  const Control control = controls_.back();
  if (control.kind == Kind::Function) {
    if (reachable_) return_values();
    controls_.pop_back();
    return;
  }
  if (control.kind != Kind::Loop && control.label != kNone) {
    if (reachable_) jump_to(controls_.back());
    stack_.resize(control.height);
    open(control.label);
    take_params(control, control.label);
  }
  types_.resize(control.first_type);
  controls_.pop_back();
  region_ = controls_.back().region;
  if (!reachable_) set_unreachable();
}

void Builder::branch(Value condition, const Edge& if_true, const Edge& if_false) {
  f_.edges.push_back(if_true);
  f_.edges.push_back(if_false);
  terminate({Op::Branch, Type::None, 0, condition, static_cast<u32>(f_.edges.size() - 2), 0});
}

// What the label wants is on the stack. A label that is the function's own returns.
void Builder::branch_to(Value condition, Control& target, bool if_true) {
  const BlockId next = new_block();
  const bool leaves = target.kind == Kind::Function;
  const Edge taken = leaves ? Edge{new_block(), 0} : edge_to(target);
  if (if_true) {
    branch(condition, taken, {next, 0});
  } else {
    branch(condition, {next, 0}, taken);
  }
  if (leaves) {
    open(taken.target);
    return_values();
  }
  open(next);
}

void Builder::branch_if() {
  const Value condition = pop();
  branch_to(condition, label(immediate()), true);
}

// br_on_null takes the reference away where it branches, br_on_non_null where it does not.
void Builder::branch_on_null(bool on_null) {
  Control& target = label(immediate());
  const Value reference = stack_.back();
  const Value is_null = place(simplifier_.numeric(Op::I64Eqz, reference, kNone, source_));
  if (on_null) {
    pop();
    branch_to(is_null, target, true);
    push(reference);
  } else {
    branch_to(is_null, target, false);
    pop();
  }
}

namespace {

// Indices from `begin` to below `end` that lead to one edge. Of the last run: all from `begin` on.
struct Run {
  u32 begin, end;
  u32 edge;
};

// `op` of the index and `with` leads to the edge.
struct Test {
  Op op;
  u32 with;
  u32 edge;
};

// The tests that stand for a table, and the edge that is left: at most kMaxTests, or none if it takes more. Two or
// three branches are faster than a jump that the processor has to guess the target of, and shorter than it and its
// table.
struct Tests {
  static constexpr size_t kMaxTests = 3;
  Test tests[kMaxTests];
  size_t count = 0;
  u32 otherwise;
};
std::optional<Tests> few_tests(std::span<const u32> edge_of_index) {
  std::vector<Run> runs;
  for (u32 i = 0; i < edge_of_index.size(); ++i) {
    if (!runs.empty() && runs.back().edge == edge_of_index[i]) {
      ++runs.back().end;
    } else {
      if (runs.size() == 2 * Tests::kMaxTests + 1) return std::nullopt;  // each test takes two away at most
      runs.push_back({i, i + 1, edge_of_index[i]});
    }
  }
  Tests result;
  while (runs.size() > 1) {
    if (result.count == Tests::kMaxTests) return std::nullopt;
    // One index inside a run of others is taken out; else, the first run.
    size_t at = 1;
    while (at + 1 < runs.size() && (runs[at].end - runs[at].begin != 1 || runs[at - 1].edge != runs[at + 1].edge)) ++at;
    if (at + 1 < runs.size()) {
      result.tests[result.count++] = {Op::I32Eq, runs[at].begin, runs[at].edge};
      runs[at + 1].begin = runs[at - 1].begin;
      runs.erase(runs.begin() + static_cast<std::ptrdiff_t>(at) - 1,
                 runs.begin() + static_cast<std::ptrdiff_t>(at) + 1);
    } else {
      const Run& first = runs.front();
      const bool is_one = first.end - first.begin == 1;
      result.tests[result.count++] = {is_one ? Op::I32Eq : Op::I32LtU, is_one ? first.begin : first.end, first.edge};
      runs.erase(runs.begin());
    }
  }
  result.otherwise = runs.front().edge;
  return result;
}

}  // namespace

// Targets that occur often share one edge, so the arguments of each label are listed once.
void Builder::branch_table() {
  const Value index = pop();
  const u32 count = immediate() + 1;
  std::vector<u32> edge_of_depth(controls_.size(), kNone);
  std::vector<Edge> edges;
  std::vector<u32> edge_of_index(count);
  BlockId leave = kNone;
  for (u32 i = 0; i < count; ++i) {
    const u32 depth = immediate();
    if (edge_of_depth[depth] == kNone) {
      edge_of_depth[depth] = static_cast<u32>(edges.size());
      Control& target = label(depth);
      if (target.kind == Kind::Function) {
        leave = new_block();
        edges.push_back({leave, 0});
      } else {
        edges.push_back(edge_to(target));
      }
    }
    edge_of_index[i] = edge_of_depth[depth];
  }
  if (const auto few = few_tests(edge_of_index)) {
    for (const Test& test : std::span(few->tests).first(few->count)) {
      const BlockId next = new_block();
      const Value with = simplifier_.constant(Type::I32, test.with);
      branch(place(simplifier_.numeric(test.op, index, with, source_)), edges[test.edge], {next, 0});
      open(next);
    }
    f_.edges.push_back(edges[few->otherwise]);
    terminate({Op::Jump, Type::None, 0, 0, static_cast<u32>(f_.edges.size() - 1), 0});
  } else {
    const auto first_edge = static_cast<u32>(f_.edges.size());
    const auto first_case = static_cast<u32>(f_.lists.size());
    f_.edges.insert(f_.edges.end(), edges.begin(), edges.end());
    f_.lists.insert(f_.lists.end(), edge_of_index.begin(), edge_of_index.end());
    f_.switches.push_back({first_edge, static_cast<u32>(edges.size()), first_case, count});
    terminate({Op::Switch, Type::None, 0, index, 0, static_cast<u32>(f_.switches.size() - 1)});
  }
  if (leave != kNone) {
    open(leave);
    return_values();
  }
}

// Goes on to what closes or divides the innermost construct. Constructs inside are counted: the scan saw them.
Result<void> Builder::skip_unreachable() {
  for (u32 depth = 0;;) {
    wasm::InstructionReader reader({pc_, end_}, here());
    const u8* before = pc_;
    TRY(const wasm::Op op, reader.next());
    const bool closes = op == wasm::Op::End || op == wasm::Op::Delegate;
    const bool divides = op == wasm::Op::Else || op == wasm::Op::Catch || op == wasm::Op::CatchAll;
    if (depth == 0 && (closes || divides)) {
      pc_ = before;
      return {};
    }
    if (closes) --depth;
    if (opens_construct(op)) {
      ++depth;
      ++constructs_;
    }
    pc_ = reader.position();
  }
}

}  // namespace hermit::compiler
