// The compiler's intermediate representation: one function as a control-flow graph in SSA form with block parameters.
//
// Everything lives in arrays of one Function and refers by 32-bit index; an instruction is 16 bytes and is named by its
// index, which also names its result. Nothing is a pointer, so a Function can be copied, printed, parsed and compared.
//
//   block0:                          blocks[0]: instructions order[begin, end), parameters params[first, +count)
//     v0 = param.i32 0               an Inst; a block's last instruction is a terminator
//     v1 = const.i32 1
//     branch v0, block1(v1), block2  two Edges; an Edge gives one value to each parameter of its target
//   block1(v2: i32): ...
//
// Blocks are numbered in an order in which definitions come before uses and loops are contiguous (that of the bytes of
// the body; passes keep it). References are i64. A memory access is one node with its 32-bit (or 64-bit) address and
// its unsigned offset apart, so no rule ever sees their sum: folding an i32.add into the offset would change where it
// wraps.
//
// A call that may throw into a try of its function is followed (behind its Results) by a Handle, a terminator with two
// edges: where the call returns to, and where an exception goes on. The second is taken *during* the call, so its block
// finds values in memory only; regions say which exceptions take it.
#pragma once

#include <span>
#include <vector>

#include "abi/trap.h"
#include "base/types.h"
#include "wasm/types.h"

namespace hermit::compiler {

enum class Type : u8 { None, I32, I64, F32, F64, V128 };

using Value = u32;
using BlockId = u32;
inline constexpr u32 kNone = 0xffffffff;

// What an operation does besides computing its result.
inline constexpr u32 kTraps = 1u << 0;
inline constexpr u32 kReadsMemory = 1u << 1;
inline constexpr u32 kWritesMemory = 1u << 2;
inline constexpr u32 kReadsGlobal = 1u << 3;
inline constexpr u32 kWritesGlobal = 1u << 4;
inline constexpr u32 kReadsTable = 1u << 5;
inline constexpr u32 kWritesTable = 1u << 6;
inline constexpr u32 kReadsInstance = 1u << 7;  // sizes: only calls change them
inline constexpr u32 kReadsLocal = 1u << 8;
inline constexpr u32 kWritesLocal = 1u << 9;
inline constexpr u32 kCalls = 1u << 10;  // reads and writes everything but locals
inline constexpr u32 kTerminates = 1u << 11;
inline constexpr u32 kPinned = 1u << 12;  // has no effect, but a place it may not leave
inline constexpr u32 kWritesThrown = 1u << 13;  // the values of the exception that is thrown next

inline constexpr u32 kReads = kReadsMemory | kReadsGlobal | kReadsTable | kReadsInstance | kReadsLocal;
inline constexpr u32 kWrites = kWritesMemory | kWritesGlobal | kWritesTable | kWritesLocal | kWritesThrown | kCalls;
// Kept even if nothing uses the result.
inline constexpr u32 kObservable = kTraps | kWrites | kTerminates;

// How the fields of an Inst are read: which are values, which are something else.
enum class Shape : u8 {
  None,
  Immediate,  // c
  Constant,  // a, b
  BlockParam,  // a, b
  Result,  // value a, b
  Unary,  // value a
  UnaryImmediate,  // value a, c
  Binary,  // values a, b
  BinaryImmediate,  // values a, b, c
  Ternary,  // values a, b, c
  Load,  // value a, c
  Store,  // values a, b, c
  Call,  // calls[a]
  Jump,  // edges[b]
  Branch,  // value a, edges[b], edges[b + 1]
  Switch,  // value a, switches[c]
  Handle,  // regions[a], edges[b], edges[b + 1]
  List,  // values lists[a, +b)
};

enum class Op : u16 {
#define HERMIT_IR_OP(name, text, shape, effects) name,
#include "compiler/ir_ops.def"
#define HERMIT_UNARY(name, operand, result, function) name,
#define HERMIT_BINARY(name, operand, result, function) name,
#define HERMIT_UNARY_CHECKED(name, operand, result, function) name,
#define HERMIT_BINARY_CHECKED(name, operand, result, function) name,
#include "abi/numeric_ops.def"
#define HERMIT_SIMD_UNARY(name, function) name,
#define HERMIT_SIMD_BINARY(name, function) name,
#define HERMIT_SIMD_TERNARY(name, function) name,
#define HERMIT_SIMD_SHIFT(name, function) name,
#define HERMIT_SIMD_TEST(name, function) name,
#define HERMIT_SIMD_SPLAT(name, lane) name,
#define HERMIT_SIMD_EXTRACT(name, lane, scalar) name,
#define HERMIT_SIMD_REPLACE(name, lane) name,
#include "abi/numeric_simd_ops.def"
  Count,
};

struct OpInfo {
  const char* text;
  Shape shape;
  u32 effects;
  Type result;  // numeric operations and loads only; None where the instruction itself says it
  Type operand;  // numeric operations only
  Type operands[3];  // vector operations only
};
const OpInfo& op_info(Op op);
inline u32 effects(Op op) { return op_info(op).effects; }
// Is it a row of abi/numeric_simd_ops.def, or a shuffle? Such operations depend on their operands alone.
inline bool is_vector(Op op) { return op >= Op::I8x16Splat || op == Op::I8x16Shuffle; }
// Of numbers, not of vectors: the result is 0 or 1.
inline bool is_comparison(Op op) {
  return (op >= Op::I32Eqz && op <= Op::I32GeU) || (op >= Op::I64Eqz && op <= Op::I64GeU) ||
         (op >= Op::F32Eq && op <= Op::F32Ge) || (op >= Op::F64Eq && op <= Op::F64Ge);
}

// Bits of Inst::aux of an access. Wide: `c` is an index of Function::accesses. Reached: on all ways here memory was
// accessed from the same address as far up or further, so it does not trap.
inline constexpr u8 kWideAccess = 1, kReachedAccess = 2;

struct Inst {
  Op op = Op::Nop;
  Type type = Type::None;  // of the result
  u8 aux = 0;
  u32 a = 0, b = 0, c = 0;
};
static_assert(sizeof(Inst) == 16);

// One way out of a block. The values for the target's parameters are lists[first_arg, + the target's parameter count).
struct Edge {
  BlockId target;
  u32 first_arg;
};

struct Block {
  u32 begin = 0, end = 0;  // of Function::order
  u32 first_param = 0, params = 0;  // of Function::params
  u16 loop_depth = 0;
  bool is_loop_header = false;
};

struct Switch {
  u32 first_edge, edges;  // distinct edges
  u32 first_case, cases;  // lists[...]: for each index which of the edges, counted from 0; the last is the default
};

// An access that is not to memory 0 or whose offset takes more than 32 bits.
struct Access {
  u64 offset;
  u32 memory;
};

enum class CallKind : u8 {
  Direct,  // callee: function index of this module, not imported
  Import,  // callee: function index, imported
  Indirect,  // callee: table index; the last argument is the i32 (or i64) index into it
  Reference,  // the last argument is the function reference
  Exit,  // callee: an abi::Exit of the runtime
};

struct Call {
  CallKind kind;
  bool is_tail;  // the instruction is a TailCall
  u32 callee;
  u32 type;  // of the function called, in the module's types; kNone for exits
  u32 first_arg, args;  // of lists
  u32 results;
};

// What a try catches: tags of the module, in order, kAllTags for all. An exception that none takes goes to the parent,
// which has a smaller number, or leaves the function.
inline constexpr u32 kAllTags = kNone;
struct Region {
  u32 parent = kNone;
  u32 first_clause = 0, clauses = 0;  // of Function::clauses
};

struct Vector {
  u64 low, high;
};

// Where an instruction that inlining brought comes from. Its source is kInlinedSource plus a number in
// Function::inlined. The call may have been brought, too: then its number there is a smaller one.
struct Inlined {
  u32 function;  // of the module
  u32 source;  // there
  u32 call;  // source of the call that it replaces
};
inline constexpr u32 kInlinedSource = 0x80000000;  // nothing is inlined in a module that is longer

struct Function {
  u32 index = 0;  // in the module
  std::vector<Type> parameters;
  std::vector<Type> results;
  u32 frame_locals = 0;  // locals that LocalGet and LocalSet name; they begin as zero or as the parameters
  u32 headroom = 0;  // so many of the last bytes below 2^32 are never part of memory 0

  std::vector<Inst> insts;
  std::vector<u32> sources;  // for each Inst, the offset in the module of the instruction it came from
  std::vector<Block> blocks;  // [0] is the entry; it has no parameters and no predecessors
  std::vector<Value> order;  // the instructions of all blocks
  std::vector<Value> params;  // the BlockParams of all blocks
  std::vector<Edge> edges;
  std::vector<u32> lists;
  std::vector<Switch> switches;
  std::vector<Access> accesses;
  std::vector<Call> calls;
  std::vector<Vector> vectors;
  std::vector<Region> regions;
  std::vector<u32> clauses;
  std::vector<Inlined> inlined;

  // The source of v, or of the function's own call that brought it.
  [[nodiscard]] u32 outer_source(Value v) const {
    u32 source = sources[v];
    while (source >= kInlinedSource && !inlined.empty()) source = inlined[source - kInlinedSource].call;
    return source;
  }
  [[nodiscard]] std::span<const Value> body(BlockId block) const {
    return {order.data() + blocks[block].begin, order.data() + blocks[block].end};
  }
  [[nodiscard]] std::span<const Value> block_params(BlockId block) const {
    return {params.data() + blocks[block].first_param, blocks[block].params};
  }
  // Requires: the block is finished.
  [[nodiscard]] const Inst& terminator(BlockId block) const { return insts[order[blocks[block].end - 1]]; }
  [[nodiscard]] std::span<Edge> successors(const Inst& terminator);
  [[nodiscard]] std::span<const Edge> successors(const Inst& terminator) const;
  [[nodiscard]] std::span<const Edge> successors(BlockId block) const { return successors(terminator(block)); }
  [[nodiscard]] std::span<const u32> args(const Edge& edge) const {
    return {lists.data() + edge.first_arg, blocks[edge.target].params};
  }
  [[nodiscard]] bool is_const(Value v) const { return insts[v].op == Op::Const; }
  // Requires: a constant that is not a vector.
  [[nodiscard]] u64 const_bits(Value v) const { return insts[v].a | static_cast<u64>(insts[v].b) << 32; }
  [[nodiscard]] Access access(const Inst& inst) const {
    return (inst.aux & kWideAccess) != 0 ? accesses[inst.c] : Access{inst.c, 0};
  }

  Value add(const Inst& inst, u32 source) {
    insts.push_back(inst);
    sources.push_back(source);
    return static_cast<Value>(insts.size() - 1);
  }
};

// Calls `visit(u32& value)` for each value that `inst` itself reads: not for the arguments of edges.
template <typename F, typename Visit>
void for_each_operand(F& function, Value id, Visit visit) {
  auto& inst = function.insts[id];
  switch (op_info(inst.op).shape) {
    case Shape::None:
    case Shape::Immediate:
    case Shape::Constant:
    case Shape::BlockParam:
    case Shape::Handle:
    case Shape::Jump: return;
    case Shape::Result:
    case Shape::Unary:
    case Shape::UnaryImmediate:
    case Shape::Load:
    case Shape::Branch:
    case Shape::Switch: visit(inst.a); return;
    case Shape::Binary:
    case Shape::BinaryImmediate:
    case Shape::Store:
      visit(inst.a);
      visit(inst.b);
      return;
    case Shape::Ternary:
      visit(inst.a);
      visit(inst.b);
      visit(inst.c);
      return;
    case Shape::Call: {
      const Call& call = function.calls[inst.a];
      for (u32 i = 0; i < call.args; ++i) visit(function.lists[call.first_arg + i]);
      return;
    }
    case Shape::List:
      for (u32 i = 0; i < inst.b; ++i) visit(function.lists[inst.a + i]);
      return;
  }
}

// Bytes that a load or store touches.
u32 access_bytes(Op op);
const char* to_string(Type type);
Type type_of(wasm::ValType type);

// The predecessors of every block, in compressed rows: those of block b are blocks[first[b], first[b + 1]), each as
// often as it has an edge to b.
struct Predecessors {
  std::vector<u32> first;
  std::vector<BlockId> blocks;
  [[nodiscard]] std::span<const BlockId> of(BlockId b) const {
    return {blocks.data() + first[b], blocks.data() + first[b + 1]};
  }
};
Predecessors predecessors(const Function& function);

}  // namespace hermit::compiler
