// Random modules, interpreted and compiled: what comes out, traps, memory and globals must agree.
//
// The generator makes valid code by construction: expressions of a wanted type, statements nested in blocks, loops with
// a counter of their own (so every module ends), branches with values, calls to functions made before. Many locals and
// deep expressions put registers under pressure; every allocation is checked symbolically besides.
#include <random>

#include "compiler/both_engines_test.h"

namespace hermit::compiler {
namespace {

using wasm::Code;
using wasm::ModuleBuilder;
using wasm::Op;
using wasm::ValType;

constexpr ValType kTypes[] = {ValType::I32, ValType::I64, ValType::F32, ValType::F64, ValType::V128};

struct Signature {
  std::vector<ValType> params, results;
  u32 index;
};

class Generator {
 public:
  explicit Generator(u32 seed) : random_(seed) {}

  Bytes run() {
    m_.memory({1, 1, true});
    for (const ValType type : kTypes) m_.global({type, true}, constant(type));
    thrown_ = m_.type({}, {ValType::I32, ValType::V128});
    tag_ = m_.tag(m_.type({ValType::I32, ValType::V128}, {}));
    for (int i = 0; i < 4; ++i) function();
    return m_.build();
  }
  const std::vector<Signature>& functions() const { return functions_; }

 private:
  u32 below(u32 n) { return static_cast<u32>(random_() % n); }
  ValType any_type() { return kTypes[below(5)]; }

  Code constant(ValType type) {
    constexpr u64 kInteresting[] = {0, 1, 2, 7, 0xff, 0x7fffffff, 0x80000000, 0xffffffff, ~u64{0}, u64{1} << 63};
    const u64 bits = below(2) == 0 ? kInteresting[below(10)] : random_();
    switch (type) {
      case ValType::I32: return Code().i32(static_cast<i32>(bits));
      case ValType::I64: return Code().i64(static_cast<i64>(bits));
      case ValType::F32: return Code().f32_bits(std::bit_cast<u32>(static_cast<float>(static_cast<i32>(bits)) / 3));
      case ValType::V128: return Code().v128(bits, below(3) == 0 ? bits : random_());
      default: return Code().f64_bits(std::bit_cast<u64>(static_cast<double>(static_cast<i64>(bits)) / 7));
    }
  }

  u32 local_of(ValType type) {
    std::vector<u32> candidates;
    for (u32 i = 0; i < locals_.size() - reserved_; ++i) {
      if (locals_[i] == type) candidates.push_back(i);
    }
    return candidates[below(static_cast<u32>(candidates.size()))];
  }

  struct Row {
    Op op;
    std::vector<ValType> operands;
    ValType result;
    u32 lanes;  // of an immediate; 0: none
  };
  static const std::vector<Row>& rows() {
    static const std::vector<Row> kRows = [] {
      std::vector<Row> rows;
      const auto add = [&](Op op, const char* name, bool has_lane) {
        const wasm::OpInfo& info = wasm::op_info(op);
        // Vectors of floats stay out: NaN bits would get into vectors of integers.
        const std::string_view vector(name);
        if (vector.starts_with("F32x4") || vector.starts_with("F64x2")) return;
        const u32 lanes = vector[1] == '8' ? 16 : vector[1] == '1' ? 8 : vector[1] == '3' ? 4 : 2;
        rows.push_back({op, {info.params, info.params + info.param_count}, info.result, has_lane ? lanes : 0});
      };
#define HERMIT_UNARY(name, operand, result, function) add(Op::name, #name, false);
#define HERMIT_UNARY_CHECKED(name, operand, result, function) add(Op::name, #name, false);
#define HERMIT_BINARY(name, operand, result, function) add(Op::name, #name, false);
#define HERMIT_BINARY_CHECKED(name, operand, result, function) add(Op::name, #name, false);
#include "abi/numeric_ops.def"
#define HERMIT_SIMD_UNARY(name, function) add(Op::name, #name, false);
#define HERMIT_SIMD_BINARY(name, function) add(Op::name, #name, false);
#define HERMIT_SIMD_TERNARY(name, function) add(Op::name, #name, false);
#define HERMIT_SIMD_SHIFT(name, function) add(Op::name, #name, false);
#define HERMIT_SIMD_TEST(name, function) add(Op::name, #name, false);
#define HERMIT_SIMD_SPLAT(name, lane) add(Op::name, #name, false);
#define HERMIT_SIMD_EXTRACT(name, lane, scalar) add(Op::name, #name, true);
#define HERMIT_SIMD_REPLACE(name, lane) add(Op::name, #name, true);
#include "abi/numeric_simd_ops.def"
      return rows;
    }();
    return kRows;
  }
  // NaN bits may differ between engines; they must not get into integers.
  static bool leaks_nan_bits(Op op) {
    return op == Op::I32ReinterpretF32 || op == Op::I64ReinterpretF64 || op == Op::F32Copysign || op == Op::F64Copysign;
  }
  static bool is_checked(Op op) {
    return op >= Op::I32TruncF32S && op <= Op::I64TruncF64U && op != Op::I64ExtendI32S && op != Op::I64ExtendI32U;
  }

  void expression(Code& c, ValType type, u32 depth) {
    if (depth == 0) {
      if (below(3) == 0) {
        c.code(constant(type));
      } else {
        c.local_get(local_of(type));
      }
      return;
    }
    switch (below(12)) {
      case 0: {  // select
        expression(c, type, depth - 1);
        expression(c, type, depth - 1);
        expression(c, ValType::I32, depth - 1);
        c.op(Op::Select);
        return;
      }
      case 1: {  // load, mostly inside
        address(c, depth - 1);
        constexpr Op kLoads[5][3] = {{Op::I32Load, Op::I32Load8S, Op::I32Load16U},
                                     {Op::I64Load, Op::I64Load32S, Op::I64Load8U},
                                     {Op::F32Load, Op::F32Load, Op::F32Load},
                                     {Op::F64Load, Op::F64Load, Op::F64Load},
                                     {Op::V128Load, Op::V128Load16x4S, Op::V128Load32Splat}};
        c.op(kLoads[type_number(type)][below(3)], {0, below(64)});
        if (type == ValType::F32 || type == ValType::F64) canonical(c, type);
        return;
      }
      case 2: c.op(Op::GlobalGet, {type_number(type)}); return;
      case 3: {  // if with a result
        expression(c, ValType::I32, depth - 1);
        c.begin(Op::If, type);
        expression(c, type, depth - 1);
        c.op(Op::Else);
        expression(c, type, depth - 1);
        c.end();
        return;
      }
      case 4: {  // a block that is left with a value
        c.begin(Op::Block, type);
        expression(c, type, depth - 1);
        expression(c, ValType::I32, depth - 1);
        c.op(Op::BrIf, {0}).op(Op::Drop);
        expression(c, type, depth - 1);
        c.end();
        return;
      }
      case 5:  // a call
        if (!functions_.empty() && calls_left_ != 0) {
          const Signature& callee = functions_[below(static_cast<u32>(functions_.size()))];
          --calls_left_;
          for (const ValType param : callee.params) expression(c, param, depth > 1 ? 1 : 0);
          c.op(Op::Call, {callee.index});
          // Results but the first are dropped; the first is converted to the wanted type by way of a local.
          for (size_t i = callee.results.size(); i-- != 0;) c.local_set(local_of(callee.results[i]));
          c.local_get(local_of(type));
          return;
        }
        [[fallthrough]];
      default: {
        for (;;) {
          const Row& row = rows()[below(static_cast<u32>(rows().size()))];
          if (row.result != type || leaks_nan_bits(row.op)) continue;
          if (is_checked(row.op) && below(8) != 0) continue;
          // Few vectors would be left of scalars, and the other way round, if all rows counted the same.
          const bool is_simd = static_cast<u32>(row.op) >> 12 == 0xd;
          if (is_simd && type != ValType::V128 && below(4) != 0) continue;
          for (const ValType operand : row.operands) expression(c, operand, depth - 1);
          c.op(row.op);
          if (row.lanes != 0) c.raw({static_cast<u8>(below(row.lanes))});
          return;
        }
      }
    }
  }
  // Any NaN becomes 0, so that memory and results of further operations agree.
  void canonical(Code& c, ValType type) {
    const u32 local = static_cast<u32>(locals_.size()) - (type == ValType::F32 ? 1 : 2);
    c.op(Op::LocalTee, {local}).code(type == ValType::F32 ? Code().f32_bits(0) : Code().f64_bits(0));
    c.local_get(local).local_get(local).op(type == ValType::F32 ? Op::F32Eq : Op::F64Eq).op(Op::Select);
  }
  void address(Code& c, u32 depth) {
    expression(c, ValType::I32, depth);
    if (below(30) != 0) c.i32(0xfff8).op(Op::I32And);
  }
  static u32 type_number(ValType type) {
    return type == ValType::I32   ? 0
           : type == ValType::I64 ? 1
           : type == ValType::F32 ? 2
           : type == ValType::F64 ? 3
                                  : 4;
  }

  void statement(Code& c, u32 depth) {
    switch (depth == 0 ? below(3) : below(11)) {
      case 0:
      case 1: {
        const ValType type = any_type();
        expression(c, type, 1 + below(3));
        c.local_set(local_of(type));
        return;
      }
      case 2: {
        const ValType type = any_type();
        if (below(2) == 0) {
          expression(c, type, 2);
          if (type == ValType::F32 || type == ValType::F64) canonical(c, type);
          c.op(Op::GlobalSet, {type_number(type)});
          return;
        }
        address(c, 1);
        expression(c, type, 2);
        if (type == ValType::F32 || type == ValType::F64) canonical(c, type);
        constexpr Op kStores[] = {Op::I32Store, Op::I64Store, Op::F32Store, Op::F64Store, Op::V128Store};
        c.op(kStores[type_number(type)], {0, below(64)});
        return;
      }
      case 3:
      case 4:
        expression(c, ValType::I32, 2);
        c.begin(Op::If);
        statements(c, depth - 1);
        if (below(2) == 0) {
          c.op(Op::Else);
          statements(c, depth - 1);
        }
        c.end();
        return;
      case 5: {  // a loop with a counter that nothing else touches
        if (loops_ == 3) return;
        const u32 counter = static_cast<u32>(locals_.size()) - 3 - loops_++;
        c.i32(1 + below(6)).local_set(counter).begin(Op::Loop);
        statements(c, depth - 1);
        c.local_get(counter).i32(1).op(Op::I32Sub).op(Op::LocalTee, {counter}).op(Op::BrIf, {0}).end();
        --loops_;
        return;
      }
      case 6:
        c.begin(Op::Block);
        statements(c, depth - 1);
        expression(c, ValType::I32, 2);
        c.op(Op::BrIf, {0});
        statements(c, depth - 1);
        c.end();
        return;
      case 7: {  // what is thrown inside, here or in a call, goes on behind
        const bool is_legacy = below(3) == 0;
        c.begin_typed(is_legacy ? Op::Try : Op::Block, thrown_);
        if (!is_legacy) c.op(Op::TryTable).raw({0x40, 1, 0, static_cast<u8>(tag_), 0});
        statements(c, depth - 1);
        expression(c, ValType::I32, 2);
        c.begin(Op::If);
        throw_something(c);
        c.end();
        statements(c, depth - 1);
        if (!is_legacy) c.end();
        expression(c, ValType::I32, 1);
        expression(c, ValType::V128, 1);
        if (is_legacy) {
          c.op(Op::Catch, {tag_});
          if (below(2) == 0) {  // goes through the handler again, or out of it
            expression(c, ValType::I32, 1);
            c.begin(Op::If).op(Op::Rethrow, {1}).end();
          }
        }
        c.end().local_set(local_of(ValType::V128)).local_set(local_of(ValType::I32));
        return;
      }
      case 8:
        if (below(4) != 0) return;
        expression(c, ValType::I32, 2);
        c.begin(Op::If);
        throw_something(c);
        c.end();
        return;
      default: {  // br_table out of nested blocks
        c.begin(Op::Block).begin(Op::Block).begin(Op::Block);
        expression(c, ValType::I32, 1);
        if (below(2) == 0) {
          c.br_table({0, 1, 1, 2}, below(3)).end();  // few tests
        } else {
          c.br_table({2, 0, 1, 2, 1, 0}, below(3)).end();  // a table
        }
        statements(c, depth - 1);
        if (below(2) == 0) c.op(Op::Br, {1});
        c.end();
        statements(c, depth - 1);
        c.end();
        return;
      }
    }
  }
  void throw_something(Code& c) {
    expression(c, ValType::I32, 1);
    expression(c, ValType::V128, 1);
    c.op(Op::Throw, {tag_});
  }
  void statements(Code& c, u32 depth) {
    for (u32 n = 1 + below(3); n != 0; --n) statement(c, depth);
  }

  void function() {
    Signature signature;
    for (u32 n = below(below(4) == 0 ? 14 : 5); n != 0; --n) signature.params.push_back(any_type());
    for (u32 n = 1 + below(below(4) == 0 ? 12 : 2); n != 0; --n) signature.results.push_back(any_type());
    // Some end with a tail call to one with the same results.
    const Signature* tail = nullptr;
    if (!functions_.empty() && below(3) == 0) {
      tail = &functions_[below(static_cast<u32>(functions_.size()))];
      signature.results = tail->results;
    }
    const u32 type = m_.type(signature.params, signature.results);
    locals_ = signature.params;
    std::vector<std::pair<u32, ValType>> runs;
    const auto add = [&](u32 count, ValType t) {
      runs.emplace_back(count, t);
      locals_.insert(locals_.end(), count, t);
    };
    const u32 each = 1 + below(7);
    for (const ValType t : kTypes) add(each, t);
    add(3, ValType::I32);  // counters
    add(1, ValType::F64);  // for canonical()
    add(1, ValType::F32);
    reserved_ = 5;
    calls_left_ = 3;
    loops_ = 0;
    Code body;
    statements(body, 3);
    statements(body, 2);
    if (tail != nullptr) {
      for (const ValType param : tail->params) expression(body, param, 1);
      body.op(Op::ReturnCall, {tail->index});
    } else {
      for (const ValType result : signature.results) expression(body, result, 2);
    }
    signature.index = m_.function(type, runs, body);
    m_.export_function("f" + std::to_string(functions_.size()), signature.index);
    functions_.push_back(signature);
  }

  std::mt19937_64 random_;
  ModuleBuilder m_;
  std::vector<Signature> functions_;
  std::vector<ValType> locals_;
  u32 reserved_ = 0;
  u32 calls_left_ = 0;
  u32 loops_ = 0;
  u32 thrown_ = 0;  // [] -> what the tag carries
  u32 tag_ = 0;
};

void try_seed(u32 seed) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  Generator generator(seed);
  BothEngines both(generator.run(), seed % 5 == 0);
  ASSERT_TRUE(both.ok());
  std::mt19937_64 random(seed);
  for (int round = 0; round < 4; ++round) {
    for (size_t f = 0; f < generator.functions().size(); ++f) {
      std::vector<u64> arguments;
      for (const ValType type : generator.functions()[f].params) {
        const u64 bits = round == 0 ? 0 : random() >> (random() % 64);
        switch (type) {
          case ValType::I32: arguments.push_back(static_cast<u32>(bits)); break;
          case ValType::I64: arguments.push_back(bits); break;
          case ValType::F32: arguments.push_back(std::bit_cast<u32>(static_cast<float>(static_cast<i64>(bits)))); break;
          case ValType::V128:
            arguments.push_back(bits);
            arguments.push_back(random());
            break;
          default: arguments.push_back(std::bit_cast<u64>(static_cast<double>(static_cast<i64>(bits)) / 3)); break;
        }
      }
      both.expect_same("f" + std::to_string(f), arguments);
    }
  }
  EXPECT_EQ(std::memcmp(both.interpreted.instance->memory0.base, both.native.instance->memory0.base, 65536), 0);
  for (u32 g = 0; g < 5; ++g) {
    EXPECT_EQ(both.interpreted.instance->globals[g]->value[0], both.native.instance->globals[g]->value[0]) << g;
    EXPECT_EQ(both.interpreted.instance->globals[g]->value[1], both.native.instance->globals[g]->value[1]) << g;
  }
}

TEST(NativeRandom, RandomModulesAgreeWithTheInterpreter) {
  HERMIT_SKIP_WITHOUT_NATIVE();
  // HERMIT_SEEDS=N tries more of them.
  const char* wanted = std::getenv("HERMIT_SEEDS");
  const u32 seeds = wanted == nullptr ? 150 : static_cast<u32>(std::strtoul(wanted, nullptr, 10));
  for (u32 seed = 1; seed <= seeds && !testing::Test::HasFailure(); ++seed) try_seed(seed);
}

}  // namespace
}  // namespace hermit::compiler
