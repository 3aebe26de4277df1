// The state of the walk from wasm to IR. Private to build*.cc.
//
// The operand stack and the locals are run at compile time: each entry is the Value it holds. At a construct's label a
// block parameter stands for each result and for each local that the construct assigns (build_scan.cc); a branch to it
// passes the current values. Unreachable code is skipped.
#pragma once

#include "abi/calling_convention.h"
#include "base/check.h"
#include "compiler/build.h"
#include "compiler/simplify.h"
#include "wasm/leb128.h"

namespace hermit::compiler {

class Builder {
 public:
  Builder(const ModuleInfo& info, u32 index);
  Result<Function> run();

 private:
  enum class Kind : u8 { Function, Block, Loop, If, Else, TryTable, Try, Catch };

  struct Control {
    Kind kind;
    BlockId label = kNone;  // where branches to it go; of a block or if made by the first branch
    BlockId else_block = kNone;  // If: where its condition is false
    u32 construct = 0;  // in the scan
    u32 height = 0;  // of the operand stack below the parameters
    u32 first_type = 0;  // parameters, then results, in types_
    u32 params = 0;
    u32 results = 0;
    u32 saved = 0;  // If: first of the values at its start in saved_: parameters, then assigned locals
    u32 region = kNone;  // where exceptions thrown inside go (in regions_)
    u32 own_region = kNone;  // TryTable, Try, Catch
    Value exception = kNone;  // Catch: what was caught
  };

  // A try. Calls inside have a landing block each, all of which lead to `dispatch`: it compares tags, and ends at the
  // handlers or at the parent's dispatch. Its parameters are the exception and the locals that the try assigns.
  struct Clause {
    wasm::CatchKind kind;
    u32 tag;
    u32 target;  // try_table: the label's place in controls_
  };
  struct Landing {
    BlockId block;
    u32 first_arg;  // of its edge; the first one is the exception
  };
  struct Try {
    u32 parent;
    u32 construct;
    BlockId dispatch = kNone;  // made when something leads there
    std::vector<Clause> clauses;
    std::vector<Landing> landings;
  };

  // --- blocks and instructions ---
  BlockId new_block() {
    f_.blocks.emplace_back();
    return static_cast<BlockId>(f_.blocks.size() - 1);
  }
  void open(BlockId block);
  void terminate(const Inst& inst);
  Value emit(const Inst& inst);
  Value place(Simplifier::Outcome outcome);
  void push(Value v) { stack_.push_back(v); }
  void push_const(Type type, u64 bits) { push(simplifier_.constant(type, bits)); }
  Value pop() {
    const Value v = stack_.back();
    stack_.pop_back();
    return v;
  }
  u32 pop_list(size_t count);
  // Where in the module the next byte is. A body may lie apart from the rest of its module (jobs.h).
  [[nodiscard]] u64 here() const { return body_.offset + static_cast<u64>(pc_ - body_.body.data()); }
  u32 immediate() { return wasm::next_u32(pc_); }
  u64 immediate64();

  // --- locals ---
  [[nodiscard]] std::span<const u32> assigned(u32 construct) const {
    if (in_frame_) return {};
    return {scan_.locals.data() + scan_.first[construct], scan_.locals.data() + scan_.first[construct + 1]};
  }
  Value get_local(u32 index);
  void set_local(u32 index, Value v);
  Result<void> start_function();

  // --- control (build_control.cc) ---
  void read_block_type(Control& control);
  void add_params(BlockId block, u32 construct, std::span<const Type> types);
  BlockId label_block(Control& control);
  [[nodiscard]] u32 label_arity(const Control& c) const { return c.kind == Kind::Loop ? c.params : c.results; }
  [[nodiscard]] std::span<const Type> types(u32 first, u32 count) const { return {types_.data() + first, count}; }
  Control& label(u32 depth) { return controls_[controls_.size() - 1 - depth]; }
  Edge edge_to(Control& target);
  void take_params(const Control& control, BlockId block);
  void jump_to(Control& target);
  void return_values();
  void set_unreachable();
  void begin_block();
  void begin_loop();
  void begin_if();
  void begin_else();
  void end_construct();
  void close_construct();
  void branch(Value condition, const Edge& if_true, const Edge& if_false);
  void branch_to(Value condition, Control& target, bool if_true);
  void branch_if();
  void branch_on_null(bool on_null);
  void branch_table();
  Result<void> skip_unreachable();

  // --- instructions (build.cc) ---
  Result<void> instruction(wasm::Op op);
  Result<void> misc_instruction(wasm::Op op);
  bool simd_instruction(wasm::Op op);
  wasm::Op next_op();
  void load(Op op);
  void store(Op op);
  void vector_load(wasm::Op op);
  void vector_lane_access(wasm::Op op);
  void memarg(Inst& inst);
  void call(CallKind kind, u32 callee, u32 type, bool is_tail);
  // --- exceptions (build_exceptions.cc) ---
  void begin_try(Kind kind);
  void read_clauses(Try& t);
  void throws();
  BlockId dispatch_of(u32 region);
  Value open_dispatch(u32 region);
  void dispatch_further(u32 region, Value exception);
  void open_clause(const Clause& clause, Value exception, BlockId& next);
  void end_try_table();
  void begin_catch(bool is_all);
  void end_catches();
  void delegate();
  void throw_tag();
  void throw_reference(Value exception);

  void call_indirect(bool is_tail);
  void as_non_null();
  void exit(abi::Exit number, u32 operands, std::span<const u32> immediates, Type result);
  void global_get(u32 index);
  std::unexpected<Error> unsupported() const;

  const ModuleInfo& info_;
  const wasm::Module& module_;
  const wasm::Function& body_;
  const wasm::FuncType& type_;
  Function f_;
  Simplifier simplifier_;
  AssignedLocals scan_;
  bool in_frame_ = false;  // locals live in the frame
  const u8* pc_ = nullptr;
  const u8* end_ = nullptr;
  u32 source_ = 0;  // offset of the instruction at hand
  u32 constructs_ = 0;
  bool reachable_ = true;
  BlockId current_ = 0;
  std::vector<Type> local_types_;
  std::vector<Value> locals_;
  std::vector<Value> stack_;
  std::vector<Control> controls_;
  std::vector<Try> regions_;
  u32 region_ = kNone;  // of the instruction at hand
  std::vector<Type> types_;
  std::vector<Value> saved_;
  std::vector<BlockId> layout_;  // blocks in the order in which they were opened
};

}  // namespace hermit::compiler
