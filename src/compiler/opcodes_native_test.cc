// One module for each instruction, with operands at the edges of every range, interpreted and compiled: operands as
// parameters, as constants on either side (immediates, folding) and from memory (fused loads).
#include "compiler/both_engines_test.h"

namespace hermit::compiler {
namespace {

using wasm::Code;
using wasm::ModuleBuilder;
using wasm::Op;
using wasm::ValType;

const std::vector<u64>& edges_of(ValType type) {
  static const std::vector<u64> kI32 = {0,          1,          2,          3,          7,         31,     32,
                                        33,         0x7f,       0x80,       0xff,       0x7fff,    0x8000, 0xffff,
                                        0x7fffffff, 0x80000000, 0x12345678, 0xfffffffe, 0xffffffff};
  static const std::vector<u64> kI64 = {0,
                                        1,
                                        2,
                                        31,
                                        32,
                                        63,
                                        64,
                                        0xff,
                                        0x8000,
                                        0x7fffffff,
                                        0x80000000,
                                        0xffffffff,
                                        0x100000000,
                                        0x7fffffffffffffff,
                                        0x8000000000000000,
                                        0x123456789abcdef0,
                                        0xffffffff80000000,
                                        0xfffffffffffffffe,
                                        0xffffffffffffffff};
  static const std::vector<u64> kF32 = [] {
    std::vector<u64> bits = {0x7fc00000, 0xffc00000, 0x7fa00000, 1, 0x80000001};  // NaNs, one signalling; subnormals
    for (const float f : {0.0f, 0.5f, 0.99999994f, 1.0f, 1.5f, 2.5f, 8388607.5f, 2147483520.0f, 2147483648.0f,
                          4294967040.0f, 4294967296.0f, 9223371487098961920.0f, 9223372036854775808.0f,
                          18446742974197923840.0f, 18446744073709551616.0f, 3.4e38f, __builtin_inff()}) {
      bits.push_back(std::bit_cast<u32>(f));
      bits.push_back(std::bit_cast<u32>(-f));
    }
    return bits;
  }();
  static const std::vector<u64> kF64 = [] {
    std::vector<u64> bits = {0x7ff8000000000000, 0xfff8000000000000, 0x7ff4000000000000, 1};
    for (const double f : {0.0,
                           0.5,
                           0.99999999999999989,
                           1.0,
                           1.5,
                           2.5,
                           2147483647.0,
                           2147483647.5,
                           2147483648.0,
                           2147483648.5,
                           2147483649.0,
                           4294967295.0,
                           4294967295.5,
                           4294967296.0,
                           4503599627370495.5,
                           9223372036854774784.0,
                           9223372036854775808.0,
                           18446744073709549568.0,
                           18446744073709551616.0,
                           1e300,
                           __builtin_inf()}) {
      bits.push_back(std::bit_cast<u64>(f));
      bits.push_back(std::bit_cast<u64>(-f));
    }
    return bits;
  }();
  switch (type) {
    case ValType::I32: return kI32;
    case ValType::I64: return kI64;
    case ValType::F32: return kF32;
    default: return kF64;
  }
}

Code constant(ValType type, u64 bits) {
  switch (type) {
    case ValType::I32: return Code().i32(static_cast<i32>(bits));
    case ValType::I64: return Code().i64(static_cast<i64>(bits));
    case ValType::F32: return Code().f32_bits(static_cast<u32>(bits));
    default: return Code().f64_bits(bits);
  }
}
Op load_of(ValType type) {
  switch (type) {
    case ValType::I32: return Op::I32Load;
    case ValType::I64: return Op::I64Load;
    case ValType::F32: return Op::F32Load;
    default: return Op::F64Load;
  }
}
Op store_of(ValType type) {
  switch (type) {
    case ValType::I32: return Op::I32Store;
    case ValType::I64: return Op::I64Store;
    case ValType::F32: return Op::F32Store;
    default: return Op::F64Store;
  }
}

void try_unary(Op op) {
  const wasm::OpInfo& info = wasm::op_info(op);
  SCOPED_TRACE(info.text);
  const ValType type = info.params[0];
  ModuleBuilder m;
  m.memory({1, 1, true});
  const u32 one = m.type({type}, {info.result});
  const u32 none = m.type({}, {info.result});
  m.export_function("v", m.function(one, {}, Code().local_get(0).op(op)));
  m.export_function(
      "m", m.function(one, {},
                      Code().i32(8).local_get(0).op(store_of(type), {0, 0}).i32(4).op(load_of(type), {0, 4}).op(op)));
  const auto& edges = edges_of(type);
  for (size_t i = 0; i < edges.size(); ++i) {
    m.export_function("c" + std::to_string(i), m.function(none, {}, Code().code(constant(type, edges[i])).op(op)));
  }
  BothEngines both(m.build());
  ASSERT_TRUE(both.ok());
  for (size_t i = 0; i < edges.size(); ++i) {
    both.expect_same("v", {edges[i]});
    both.expect_same("m", {edges[i]});
    both.expect_same("c" + std::to_string(i), {});
  }
}

void try_binary(Op op) {
  const wasm::OpInfo& info = wasm::op_info(op);
  SCOPED_TRACE(info.text);
  const ValType type = info.params[0];
  ModuleBuilder m;
  m.memory({1, 1, true});
  const u32 two = m.type({type, type}, {info.result});
  const u32 one = m.type({type}, {info.result});
  const u32 two_to_i32 = m.type({type, type}, {ValType::I32});
  m.export_function("vv", m.function(two, {}, Code().local_get(0).local_get(1).op(op)));
  m.export_function("wv", m.function(two, {}, Code().local_get(1).local_get(0).op(op)));
  m.export_function("same", m.function(one, {}, Code().local_get(0).local_get(0).op(op)));
  m.export_function(
      "vm",
      m.function(
          two, {},
          Code().i32(8).local_get(1).op(store_of(type), {0, 0}).local_get(0).i32(4).op(load_of(type), {0, 4}).op(op)));
  m.export_function(
      "mv",
      m.function(
          two, {},
          Code().i32(8).local_get(0).op(store_of(type), {0, 0}).i32(4).op(load_of(type), {0, 4}).local_get(1).op(op)));
  if (info.result == ValType::I32) {  // as a condition: of a branch, and of a select
    m.export_function(
        "if",
        m.function(
            two_to_i32, {},
            Code().local_get(0).local_get(1).op(op).begin(Op::If, ValType::I32).i32(5).op(Op::Else).i32(6).end()));
    m.export_function("sel",
                      m.function(two_to_i32, {}, Code().i32(5).i32(6).local_get(0).local_get(1).op(op).op(Op::Select)));
    m.export_function("fsel",
                      m.function(m.type({type, type}, {ValType::F64}), {},
                                 Code().f64_bits(5).f64_bits(6).local_get(0).local_get(1).op(op).op(Op::Select)));
    m.export_function("eqz", m.function(two_to_i32, {}, Code().local_get(0).local_get(1).op(op).op(Op::I32Eqz)));
    m.export_function("ifeqz", m.function(two_to_i32, {},
                                          Code()
                                              .local_get(0)
                                              .local_get(1)
                                              .op(op)
                                              .op(Op::I32Eqz)
                                              .begin(Op::If, ValType::I32)
                                              .i32(5)
                                              .op(Op::Else)
                                              .i32(6)
                                              .end()));
  }
  const auto& edges = edges_of(type);
  for (size_t i = 0; i < edges.size(); ++i) {
    const Code edge = constant(type, edges[i]);
    m.export_function("vc" + std::to_string(i), m.function(one, {}, Code().local_get(0).code(edge).op(op)));
    m.export_function("cv" + std::to_string(i), m.function(one, {}, Code().code(edge).local_get(0).op(op)));
    m.export_function("ccc" + std::to_string(i),
                      m.function(one, {}, Code().code(edge).code(constant(type, edges[edges.size() - 1 - i])).op(op)));
  }
  BothEngines both(m.build());
  ASSERT_TRUE(both.ok());
  for (size_t i = 0; i < edges.size(); ++i) {
    both.expect_same("same", {edges[i]});
    both.expect_same("ccc" + std::to_string(i), {0});
    for (const u64 b : edges) {
      for (const char* name : {"vv", "wv", "vm", "mv"}) both.expect_same(name, {edges[i], b});
      both.expect_same("vc" + std::to_string(i), {b});
      both.expect_same("cv" + std::to_string(i), {b});
      if (info.result != ValType::I32) continue;
      for (const char* name : {"if", "sel", "fsel", "eqz", "ifeqz"}) both.expect_same(name, {edges[i], b});
    }
  }
}

TEST(NativeOpcodes, NumericInstructionsAgreeWithTheInterpreter) {
  HERMIT_SKIP_WITHOUT_NATIVE();
#define HERMIT_UNARY(name, operand, result, function) try_unary(Op::name);
#define HERMIT_UNARY_CHECKED(name, operand, result, function) try_unary(Op::name);
#define HERMIT_BINARY(name, operand, result, function) try_binary(Op::name);
#define HERMIT_BINARY_CHECKED(name, operand, result, function) try_binary(Op::name);
#include "abi/numeric_ops.def"
}

struct MemoryOp {
  Op op;
  ValType type;
  bool is_store;
};
constexpr MemoryOp kMemoryOps[] = {
    {Op::I32Load, ValType::I32, false},    {Op::I64Load, ValType::I64, false},    {Op::F32Load, ValType::F32, false},
    {Op::F64Load, ValType::F64, false},    {Op::I32Load8S, ValType::I32, false},  {Op::I32Load8U, ValType::I32, false},
    {Op::I32Load16S, ValType::I32, false}, {Op::I32Load16U, ValType::I32, false}, {Op::I64Load8S, ValType::I64, false},
    {Op::I64Load8U, ValType::I64, false},  {Op::I64Load16S, ValType::I64, false}, {Op::I64Load16U, ValType::I64, false},
    {Op::I64Load32S, ValType::I64, false}, {Op::I64Load32U, ValType::I64, false}, {Op::I32Store, ValType::I32, true},
    {Op::I64Store, ValType::I64, true},    {Op::F32Store, ValType::F32, true},    {Op::F64Store, ValType::F64, true},
    {Op::I32Store8, ValType::I32, true},   {Op::I32Store16, ValType::I32, true},  {Op::I64Store8, ValType::I64, true},
    {Op::I64Store16, ValType::I64, true},  {Op::I64Store32, ValType::I64, true},
};

// Every access at the last byte and beyond, with offsets on both sides of 2^31, with the address shifted before (what
// must not become a scaled index) and added to (what must not become part of the offset).
TEST(NativeOpcodes, AccessesAgreeAtTheBordersOfMemory) {
  HERMIT_SKIP_WITHOUT_NATIVE();
  constexpr u64 kOffsets[] = {0, 1, 7, 65535, 65536, 0x7fffffff, 0x80000000, 0xffffffff};
  constexpr u32 kAddresses[] = {0,     1,     8,     65527,      65528,      65529,      65532,
                                65534, 65535, 65536, 0x7fffffff, 0x80000000, 0xfffffff8, 0xffffffff};
  for (const MemoryOp& row : kMemoryOps) {
    SCOPED_TRACE(wasm::op_info(row.op).text);
    ModuleBuilder m;
    for (u32 i = 0; i < 2; ++i) m.memory({1, 2, true});
    m.export_memory("memory", 0);
    m.data(Code().i32(65520), std::string_view("\x81\x92\xa3\xb4\xc5\xd6\xe7\xf8\x19\x2a\x3b\x4c\x5d\x6e\x7f\x80", 16));
    const u32 load = m.type({ValType::I32}, {row.type});
    const u32 store = m.type({ValType::I32, row.type}, {});
    std::vector<std::string> names;
    const auto add = [&](const std::string& name, const Code& address, u64 offset, u32 memory = 0) {
      Code code = address;
      if (row.is_store) code.local_get(1);
      if (memory == 0) {
        code.op(row.op, {0, offset});
      } else {
        code.op(row.op, {0x40, memory, offset});
      }
      m.export_function(name, m.function(row.is_store ? store : load, {}, code));
      names.push_back(name);
    };
    for (const u64 offset : kOffsets) {
      add("plain" + std::to_string(offset), Code().local_get(0), offset);
      for (const u32 address : {0u, 65528u, 65535u, 0x80000000u, 0xffffffffu}) {
        add("const" + std::to_string(offset) + "_" + std::to_string(address), Code().i32(static_cast<i32>(address)),
            offset);
      }
    }
    for (int shift = 0; shift < 64; shift += 1) {
      add("shl" + std::to_string(shift), Code().local_get(0).i32(shift).op(Op::I32Shl), 65520);
    }
    // Of the number that an index is shifted by, the lower five bits count. A mask may leave room for the shift, or
    // not.
    for (const u32 memory : {0u, 1u}) {
      for (const int shift : {0, 1, 3, 4, 31, 32, 33, 34, 35, 36, 63}) {
        const Code shifted = Code().i32(shift).op(Op::I32Shl);
        const std::string id = std::to_string(memory) + "_" + std::to_string(shift) + "_";
        add("any" + id, Code().local_get(0).code(shifted), 65520, memory);
        for (const i64 mask : {0x1fff, 0x1fffffff}) {
          const Code masked = Code().local_get(0).i32(mask).op(Op::I32And).code(shifted);
          for (const u64 offset : {0, 65520}) {
            add("and" + id + std::to_string(mask) + "_" + std::to_string(offset), masked, offset, memory);
          }
        }
      }
    }
    add("add", Code().local_get(0).i32(16).op(Op::I32Add), 65500);
    // Memory 1, whose bytes are seen in memory 0.
    const u32 none = m.type({}, {});
    m.export_function("fill", m.function(none, {}, Code().i32(0).i32(0).i32(65536).op(Op::MemoryCopy, {1, 0})));
    m.export_function("show", m.function(none, {}, Code().i32(0).i32(0).i32(65536).op(Op::MemoryCopy, {0, 1})));
    BothEngines both(m.build());
    ASSERT_TRUE(both.ok());
    both.expect_same("fill", {});
    for (const std::string& name : names) {
      for (const u32 address : kAddresses) {
        both.expect_same(name,
                         row.is_store ? std::vector<u64>{address, 0x8877665544332211} : std::vector<u64>{address});
      }
    }
    for (const char* memory : {"0", "1"}) {
      if (*memory == '1') both.expect_same("show", {});
      for (u32 i = 0; i < 65536; ++i) {
        ASSERT_EQ(both.interpreted.instance->memory0.base[i], both.native.instance->memory0.base[i])
            << i << " of memory " << memory;
      }
    }
  }
}

}  // namespace
}  // namespace hermit::compiler
