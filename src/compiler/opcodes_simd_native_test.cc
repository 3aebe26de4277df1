// Every vector instruction, interpreted and compiled: operands as parameters, equal, as constants on either side, and
// from an address that is not aligned; then accesses of all widths at the borders of memory.
#include "compiler/both_engines_test.h"

namespace hermit::compiler {
namespace {

using wasm::Code;
using wasm::ModuleBuilder;
using wasm::Op;
using wasm::ValType;
using enum wasm::ValType;

struct Bits {
  u64 low, high;
};

constexpr u64 two(f32 low, f32 high) {
  return std::bit_cast<u32>(low) | static_cast<u64>(std::bit_cast<u32>(high)) << 32;
}

const std::vector<Bits>& edges() {
  static const std::vector<Bits> kEdges = {
      {0, 0},
      {~u64{0}, ~u64{0}},
      {0x8000000000000000, 0x7fffffffffffffff},
      {0x80007fff00018001, 0xffff80007ffffffe},
      {0x80ff7f0100fe8182, 0x0f10111f20ff7f80},  // also indices on both sides of 16
      {0x0706050403020100, 0x0f0e0d0c0b0a0908},
      {0x800000007fffffff, 0x00000001fffffffe},
      {0x0123456789abcdef, 0xfedcba9876543210},
      {two(0.0f, -0.0f), two(1.5f, -2.5f)},
      {two(-0.0f, 0.0f), two(2.5f, -1.5f)},
      {two(__builtin_nanf(""), 1.0f), two(-__builtin_inff(), __builtin_inff())},
      {two(1.0f, __builtin_nanf("")), two(__builtin_inff(), -0.5f)},
      {0x7fa000007fc00000, 0xff800001ffc12345},  // signalling and other NaNs
      {two(2147483648.0f, 2147483520.0f), two(-2147483648.0f, 4294967296.0f)},
      {two(4294967040.0f, 3e9f), two(-1.0f, 8388609.0f)},
      {std::bit_cast<u64>(0.0), std::bit_cast<u64>(-0.0)},
      {std::bit_cast<u64>(-0.0), std::bit_cast<u64>(0.0)},
      {std::bit_cast<u64>(2147483647.5), std::bit_cast<u64>(-2147483648.5)},
      {std::bit_cast<u64>(4294967295.5), std::bit_cast<u64>(4294967296.0)},
      {std::bit_cast<u64>(2.5), std::bit_cast<u64>(-0.5)},
      {0x7ff8000000000000, std::bit_cast<u64>(-__builtin_inf())},
      {0x7ff4000000000001, std::bit_cast<u64>(1e300)},
      {1, std::bit_cast<u64>(__builtin_inf())},
  };
  return kEdges;
}

// Lanes that are NaN in both count as equal if the result is one of floats.
bool same_lanes(std::string_view name, u64 a, u64 b) {
  if (a == b) return true;
  if (name.starts_with("F64x2")) return BothEngines::same_value(F64, a, b);
  if (!name.starts_with("F32x4")) return false;
  return BothEngines::same_value(F32, static_cast<u32>(a), static_cast<u32>(b)) &&
         BothEngines::same_value(F32, a >> 32, b >> 32);
}

void expect_same(BothEngines& both, const char* op, const std::string& function, const std::vector<u64>& arguments) {
  std::vector<u64> a = arguments;
  std::vector<u64> b = arguments;
  EXPECT_STREQ(trap_message(both.interpreted.call(function, a)), trap_message(both.native.call(function, b)));
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    EXPECT_TRUE(same_lanes(op, a[i], b[i]))
        << op << " " << function << " slot " << i << std::hex << ": " << a[i] << ", compiled " << b[i] << "; operands "
        << arguments[0] << " " << (arguments.size() > 1 ? arguments[1] : 0);
  }
}

// The instruction with its operands in all forms. `lane` is appended where the instruction has one.
class Trial {
 public:
  Trial(const char* name, Op op, int lane = -1) : name_(name) {
    const wasm::OpInfo& info = wasm::op_info(op);
    params_.assign(info.params, info.params + info.param_count);
    m_.memory({1, 1, true});
    instruction_.op(op);
    if (lane >= 0) instruction_.raw({static_cast<u8>(lane)});
    type_ = m_.type(params_, {info.result});
    const auto from_local = [](u32 i) { return Code().local_get(i); };
    Code plain, swapped, memory;
    for (u32 i = 0; i < params_.size(); ++i) plain.code(from_local(i));
    add("plain", plain);
    if (params_.size() >= 2 && params_[0] == params_[1]) {
      swapped.local_get(1).local_get(0);
      if (params_.size() == 3) swapped.local_get(2);
      add("swapped", swapped);
      Code same, memory2;
      for (u32 i = 0; i < params_.size(); ++i) same.local_get(i == 1 ? 0 : i);
      add("same", same);
      memory2.i32(3).local_get(1).op(Op::V128Store, {0, 0}).local_get(0).i32(1).op(Op::V128Load, {0, 2});
      if (params_.size() == 3) memory2.local_get(2);
      add("memory2", memory2);
    }
    if (params_[0] == V128) {
      memory.i32(1).local_get(0).op(Op::V128Store, {0, 0}).i32(0).op(Op::V128Load, {0, 1});
      for (u32 i = 1; i < params_.size(); ++i) memory.local_get(i);
      add("memory", memory);
    }
    for (u32 i = 0; i < params_.size(); ++i) {
      for (u32 e = 0; e < values(params_[i]).size(); ++e) {
        Code code;
        for (u32 k = 0; k < params_.size(); ++k)
          code.code(k == i ? constant(params_[i], values(params_[i])[e]) : from_local(k));
        add("constant" + std::to_string(i) + "_" + std::to_string(e), code);
      }
    }
  }

  void run() {
    BothEngines both(m_.build());
    ASSERT_TRUE(both.ok());
    std::vector<size_t> at(params_.size(), 0);
    for (size_t round = 0;; ++round) {
      std::vector<u64> arguments;
      for (size_t i = 0; i < params_.size(); ++i) {
        const Bits bits = values(params_[i])[at[i]];
        arguments.push_back(bits.low);
        if (params_[i] == V128) arguments.push_back(bits.high);
      }
      for (const std::string& function : functions_) {
        if (function.starts_with("constant") && round % 5 != 0) continue;
        expect_same(both, name_, function, arguments);
      }
      size_t i = 0;
      while (i < at.size() && ++at[i] == (i < 2 ? values(params_[i]).size() : 5)) at[i++] = 0;
      if (i == at.size() || testing::Test::HasFailure()) break;
    }
  }

 private:
  static const std::vector<Bits>& values(ValType type) {
    static const std::vector<Bits> kSmall = {
        {0, 0},  {1, 0},  {7, 0},   {8, 0},   {9, 0},   {15, 0},  {16, 0},     {31, 0},         {32, 0},        {33, 0},
        {63, 0}, {64, 0}, {127, 0}, {128, 0}, {200, 0}, {255, 0}, {0x8000, 0}, {0x12345678, 0}, {0xffffffff, 0}};
    return type == V128 ? edges() : kSmall;
  }
  static Code constant(ValType type, const Bits& bits) {
    switch (type) {
      case V128: return Code().v128(bits.low, bits.high);
      case I32: return Code().i32(static_cast<i32>(bits.low));
      case I64: return Code().i64(static_cast<i64>(bits.low));
      case F32: return Code().f32_bits(static_cast<u32>(bits.low));
      default: return Code().f64_bits(bits.low);
    }
  }
  void add(const std::string& function, const Code& operands) {
    m_.export_function(function, m_.function(type_, {}, Code().code(operands).code(instruction_)));
    functions_.push_back(function);
  }

  const char* name_;
  ModuleBuilder m_;
  Code instruction_;
  std::vector<ValType> params_;
  u32 type_ = 0;
  std::vector<std::string> functions_;
};

int lanes_of(std::string_view name) {
  return name.starts_with("I8") ? 16 : name.starts_with("I16") ? 8 : name[1] == '3' ? 4 : 2;
}

void try_lanes(const char* name, Op op) {
  for (int lane = 0; lane < lanes_of(name); ++lane) Trial(name, op, lane).run();
}

TEST(NativeSimd, VectorInstructionsAgreeWithTheInterpreter) {
  HERMIT_SKIP_WITHOUT_NATIVE();
#define HERMIT_SIMD_UNARY(name, function) Trial(#name, Op::name).run();
#define HERMIT_SIMD_BINARY(name, function) Trial(#name, Op::name).run();
#define HERMIT_SIMD_TERNARY(name, function) Trial(#name, Op::name).run();
#define HERMIT_SIMD_SHIFT(name, function) Trial(#name, Op::name).run();
#define HERMIT_SIMD_TEST(name, function) Trial(#name, Op::name).run();
#define HERMIT_SIMD_SPLAT(name, lane) Trial(#name, Op::name).run();
#define HERMIT_SIMD_EXTRACT(name, lane, scalar) try_lanes(#name, Op::name);
#define HERMIT_SIMD_REPLACE(name, lane) try_lanes(#name, Op::name);
#include "abi/numeric_simd_ops.def"
}

// Interleavings, permutations of 32 bits, and anything, each of two operands and of one twice.
TEST(NativeSimd, ShufflesAgreeWithTheInterpreter) {
  HERMIT_SKIP_WITHOUT_NATIVE();
  std::vector<std::array<u8, 16>> masks;
  const auto add = [&](auto lane_of) {
    std::array<u8, 16> mask;
    for (u32 i = 0; i < 16; ++i) mask[i] = static_cast<u8>(lane_of(i) & 31);
    masks.push_back(mask);
  };
  for (const u32 width : {1u, 2u, 4u, 8u}) {
    for (const u32 start : {0u, 8u, 4u}) {
      add([&](u32 i) { return start + i / (2 * width) * width + i % width + (i / width % 2 != 0 ? 16 : 0); });
      add([&](u32 i) { return start + i / (2 * width) * width + i % width + (i / width % 2 != 0 ? 0 : 16); });
    }
  }
  for (u32 n = 0; n < 32; ++n) add([&](u32 i) { return i + n; });
  for (u32 n = 0; n < 24; ++n) add([&](u32 i) { return (i / 4 * (n + 1) + n / 2) % 4 * 4 + i % 4 + (n % 2) * 16; });
  for (u32 n = 1; n < 64; ++n) add([&](u32 i) { return (i * n + n / 3) ^ (n >> 2); });
  ModuleBuilder m;
  const u32 type = m.type({V128, V128}, {V128});
  for (size_t i = 0; i < masks.size(); ++i) {
    Code lanes;
    for (const u8 lane : masks[i]) lanes.raw({lane});
    m.export_function("f" + std::to_string(i),
                      m.function(type, {}, Code().local_get(0).local_get(1).op(Op::I8x16Shuffle).code(lanes)));
    m.export_function("s" + std::to_string(i),
                      m.function(type, {}, Code().local_get(1).local_get(1).op(Op::I8x16Shuffle).code(lanes)));
  }
  BothEngines both(m.build());
  ASSERT_TRUE(both.ok());
  const std::vector<u64> arguments = {0x0706050403020100, 0x0f0e0d0c0b0a0908, 0x1716151413121110, 0x1f1e1d1c1b1a1918};
  for (size_t i = 0; i < masks.size(); ++i) {
    expect_same(both, "I8x16Shuffle", "f" + std::to_string(i), arguments);
    expect_same(both, "I8x16Shuffle", "s" + std::to_string(i), arguments);
  }
}

// What is loaded goes straight into instructions that could read more of it: at the last bytes of memory they may not.
TEST(NativeSimd, AccessesAgreeAtTheBordersOfMemory) {
  HERMIT_SKIP_WITHOUT_NATIVE();
  struct Row {
    Op op;
    int lanes;  // 0: no lane
    bool is_store;
  };
  constexpr Row kRows[] = {
      {Op::V128Load, 0, false},        {Op::V128Load8x8S, 0, false},    {Op::V128Load8x8U, 0, false},
      {Op::V128Load16x4S, 0, false},   {Op::V128Load16x4U, 0, false},   {Op::V128Load32x2S, 0, false},
      {Op::V128Load32x2U, 0, false},   {Op::V128Load8Splat, 0, false},  {Op::V128Load16Splat, 0, false},
      {Op::V128Load32Splat, 0, false}, {Op::V128Load64Splat, 0, false}, {Op::V128Load32Zero, 0, false},
      {Op::V128Load64Zero, 0, false},  {Op::V128Load8Lane, 16, false},  {Op::V128Load16Lane, 8, false},
      {Op::V128Load32Lane, 4, false},  {Op::V128Load64Lane, 2, false},  {Op::V128Store, 0, true},
      {Op::V128Store8Lane, 16, true},  {Op::V128Store16Lane, 8, true},  {Op::V128Store32Lane, 4, true},
      {Op::V128Store64Lane, 2, true},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(wasm::op_info(row.op).text);
    ModuleBuilder m;
    for (u32 i = 0; i < 2; ++i) m.memory({1, 1, true});
    m.data(Code().i32(65512), std::string_view("\x81\x92\xa3\xb4\xc5\xd6\xe7\xf8\x19\x2a\x3b\x4c\x5d\x6e\x7f\x80"
                                               "\x11\x22\x33\x44\x55\x66\x77\x88",
                                               24));
    const u32 load = m.type({I32, V128}, {V128});
    const u32 store = m.type({I32, V128}, {});
    std::vector<std::string> names;
    for (int lane = 0; lane < std::max(row.lanes, 1); ++lane) {
      for (const u64 offset : {u64{0}, u64{8}, u64{0x80000000}, u64{0xffffffff}}) {
        Code code;
        code.local_get(0);
        if (row.lanes != 0 || row.is_store) code.local_get(1);
        code.op(row.op, {0, offset});
        if (row.lanes != 0) code.raw({static_cast<u8>(lane)});
        names.push_back("f" + std::to_string(lane) + "_" + std::to_string(offset));
        m.export_function(names.back(), m.function(row.is_store ? store : load, {}, code));
        if (row.is_store || row.lanes != 0) continue;
        // As the operand of operations that would like to read 16 bytes themselves.
        for (const Op then : {Op::I32x4Add, Op::F64x2Mul, Op::V128And, Op::I16x8Eq}) {
          Code both_operands;
          both_operands.local_get(1).local_get(0).op(row.op, {0, offset}).op(then);
          names.push_back("g" + std::to_string(static_cast<u32>(then)) + "_" + std::to_string(offset));
          m.export_function(names.back(), m.function(load, {}, both_operands));
        }
      }
    }
    // An index that is masked and shifted, as that of an array: also by 32 and more, of which the lower five bits
    // count.
    for (const u32 memory : {0u, 1u}) {
      for (const int shift : {0, 1, 2, 3, 4, 5, 16, 31, 32, 33, 34, 35, 36, 63}) {
        for (const i64 mask : {0x7ff, 0xfff, 0x1fff, 0x7fff, 0x0fffffff, -1}) {
          for (const u64 offset : {0, 8}) {
            Code code;
            code.local_get(0).i32(mask).op(Op::I32And).i32(shift).op(Op::I32Shl);
            if (row.lanes != 0 || row.is_store) code.local_get(1);
            code.op(row.op, {0x40, memory, offset});
            if (row.lanes != 0) code.raw({1});
            names.push_back("m" + std::to_string(memory) + "_" + std::to_string(shift) + "_" + std::to_string(mask) +
                            "_" + std::to_string(offset));
            m.export_function(names.back(), m.function(row.is_store ? store : load, {}, code));
          }
        }
      }
    }
    const u32 none = m.type({}, {});
    m.export_function("fill", m.function(none, {}, Code().i32(0).i32(0).i32(65536).op(Op::MemoryCopy, {1, 0})));
    m.export_function("show", m.function(none, {}, Code().i32(0).i32(0).i32(65536).op(Op::MemoryCopy, {0, 1})));
    BothEngines both(m.build());
    ASSERT_TRUE(both.ok());
    both.expect_same("fill", {});
    for (const std::string& name : names) {
      for (const u64 address :
           {0u,     1u,     4094u,  4095u,  8189u,  8190u,  8191u,  65512u, 65519u, 65520u,      65521u,
            65527u, 65528u, 65529u, 65531u, 65532u, 65533u, 65534u, 65535u, 65536u, 0x7fffffffu, 0xffffffffu}) {
        expect_same(both, name[0] == 'g' ? "F64x2" : "V128", name, {address, 0x8877665544332211, 0x3ff0112233445566});
      }
    }
    EXPECT_EQ(std::memcmp(both.interpreted.instance->memory0.base, both.native.instance->memory0.base, 65536), 0);
    both.expect_same("show", {});
    EXPECT_EQ(std::memcmp(both.interpreted.instance->memory0.base, both.native.instance->memory0.base, 65536), 0);
  }
}

// More vectors than registers, beyond the argument registers, through calls, globals, blocks and locals.
TEST(NativeSimd, VectorsKeepTheirValuesEverywhere) {
  HERMIT_SKIP_WITHOUT_NATIVE();
  ModuleBuilder m;
  constexpr u32 kCount = 24;
  std::vector<ValType> params(kCount, V128);
  params.insert(params.begin() + 3, I32);
  params.push_back(F32);
  const u32 type = m.type(params, params);
  const u32 global = m.global({V128, true}, Code().v128(1, 2));
  Code rotate;  // results are the parameters, one place further among vectors
  for (u32 i = 0, last = kCount; i < params.size(); ++i) {
    if (params[i] != V128) {
      rotate.local_get(i);
    } else {
      rotate.local_get(last);
      last = i;
    }
  }
  const u32 callee = m.function(type, {}, rotate);
  Code sum;
  sum.local_get(0).op(Op::GlobalSet, {global});
  for (u32 i = 0; i < params.size(); ++i) sum.local_get(i);
  sum.op(Op::Call, {callee}).op(Op::Call, {callee});
  for (u32 i = static_cast<u32>(params.size()); i-- != 0;) sum.local_set(static_cast<u32>(params.size()) + i);
  sum.begin(Op::Loop);
  for (u32 i = 0; i < params.size(); ++i) {
    const u32 own = static_cast<u32>(params.size()) + i;
    if (params[i] == V128) sum.local_get(own).local_get(i).op(Op::I64x2Add).local_set(own);
  }
  sum.op(Op::GlobalGet, {global}).local_get(0).op(Op::I8x16Sub).op(Op::GlobalSet, {global});
  sum.local_get(3).i32(1).op(Op::I32Sub).op(Op::LocalTee, {3}).op(Op::BrIf, {0}).end();
  for (u32 i = 0; i < params.size(); ++i) {
    sum.local_get(static_cast<u32>(params.size()) + i);
    if (i == 5) sum.op(Op::GlobalGet, {global}).op(Op::V128Xor);
  }
  std::vector<std::pair<u32, ValType>> locals;
  for (const ValType param : params) locals.emplace_back(1, param);
  m.export_function("f", m.function(type, locals, sum));
  for (const bool demote : {false, true}) {
    BothEngines both(m.build(), demote);
    ASSERT_TRUE(both.ok());
    std::vector<u64> arguments;
    for (const ValType param : params) {
      if (param == V128) {
        arguments.push_back(arguments.size() * 0x0123456789abcdef + 1);
        arguments.push_back(~arguments.back() * 77);
      } else {
        arguments.push_back(param == I32 ? 3 : std::bit_cast<u32>(1.5f));
      }
    }
    both.expect_same("f", arguments);
  }
}

}  // namespace
}  // namespace hermit::compiler
