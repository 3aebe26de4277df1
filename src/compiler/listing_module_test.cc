// What a reader of the machine code would look for in that of a whole module: the optimisations that no single pass
// makes alone, for both processors.
#include "compiler/listing_test.h"

namespace hermit::compiler {
namespace {

using wasm::Code;
using wasm::ModuleBuilder;
using wasm::Op;
using enum wasm::ValType;

constexpr abi::Isa kBoth[] = {abi::Isa::X64, abi::Isa::Arm64};
bool is_x64(abi::Isa isa) { return isa == abi::Isa::X64; }

// The code of a function (i32, i32, i32) -> (i32) with two locals more, of a module with a memory.
std::string plain_code(abi::Isa isa, const Code& body) {
  ModuleBuilder m;
  m.memory({1, 1, true});
  return code_of_module(isa, m, m.function(m.type({I32, I32, I32}, {I32}), {{2, I32}}, body));
}
// Accesses to memory 0. On AArch64 a store may have a load of its own in front, whose result is dropped.
size_t memory_loads(abi::Isa isa, const std::string& code) {
  if (!is_x64(isa)) return count(code, "\nldr w") - count(code, "\nldr wzr");
  return count(code, ", dword ptr [r15");
}
size_t memory_stores(abi::Isa isa, const std::string& code) {
  return count(code, is_x64(isa) ? "\nmov dword ptr [r15" : "\nstr w");
}

enum class TableIs { Closed, Exported, Set, Grown, Imported, OfImports };

// A call through a table with one element, by a function that two of the module's functions can be meant by.
std::string call_through_table(abi::Isa isa, TableIs kind) {
  ModuleBuilder m;
  const u32 type = m.type({I32}, {I32});
  const wasm::TableType table_type{FuncRef, {2, 2, true}};
  const u32 imported = m.import_function("m", "f", type);
  const u32 table = kind == TableIs::Imported ? m.import_table("m", "t", table_type) : m.table(table_type);
  // No leaf, which would be put in place of its call.
  const u32 target = m.function(type, {}, Code().begin(Op::Loop).local_get(0).op(Op::BrIf, {0}).end().local_get(0));
  m.elements(Code().i32(0), {target, kind == TableIs::OfImports ? imported : target});
  const u32 caller = m.function(type, {}, Code().local_get(0).i32(1).op(Op::CallIndirect, {type, table}));
  if (kind == TableIs::Exported) m.export_table("t", table);
  if (kind == TableIs::Set) {
    m.function(m.type({}, {}), {}, Code().i32(0).ref_null(FuncRef).op(Op::TableSet, {table}));
  } else if (kind == TableIs::Grown) {
    m.function(type, {}, Code().ref_null(FuncRef).i32(0).op(Op::TableGrow, {table}));
  }
  return code_of_module(isa, m, caller);
}

TEST(ListingModule, ACallThroughAStaticTableNeedsNoReference) {
  for (const abi::Isa isa : kBoth) {
    // The address is computed from the table beside the code. The callee's instance is the caller's, so nothing
    // restores that.
    const std::string direct = call_through_table(isa, TableIs::Closed);
    EXPECT_TRUE(has(direct, is_x64(isa) ? "\ncall r11" : "\nblr x16")) << direct;
    EXPECT_FALSE(has(direct, is_x64(isa) ? "call qword ptr" : "blr x17")) << direct;
    EXPECT_FALSE(has(direct, is_x64(isa) ? "mov r14" : "x28, ")) << direct;
    EXPECT_FALSE(has(direct, is_x64(isa) ? "mov r15" : "x27, ")) << direct;
    EXPECT_FALSE(has(direct, is_x64(isa) ? "[r14+32]" : "[x28, 32]")) << direct;  // the runtime's tables
    EXPECT_TRUE(has(direct, is_x64(isa) ? "cmp r11d, 2" : "cmp w16, 2")) << direct;  // the length is a constant
    for (const TableIs kind :
         {TableIs::Exported, TableIs::Set, TableIs::Grown, TableIs::Imported, TableIs::OfImports}) {
      const std::string code = call_through_table(isa, kind);
      EXPECT_TRUE(has(code, is_x64(isa) ? "call qword ptr" : "blr x17")) << static_cast<int>(kind) << code;
      EXPECT_TRUE(has(code, is_x64(isa) ? "[r14+32]" : "[x28, 32]")) << static_cast<int>(kind) << code;
      EXPECT_TRUE(has(code, is_x64(isa) ? "mov r15" : "x27, ")) << static_cast<int>(kind) << code;
    }
  }
}

TEST(ListingModule, AnImmutableGlobalIsAnImmediate) {
  const auto sum_with_global = [](abi::Isa isa, bool is_mutable) {
    ModuleBuilder m;
    const u32 global = m.global({I32, is_mutable}, Code().i32(1234));
    return code_of_module(
        isa, m, m.function(m.type({I32}, {I32}), {}, Code().local_get(0).op(Op::GlobalGet, {global}).op(Op::I32Add)));
  };
  for (const abi::Isa isa : kBoth) {
    const std::string_view immediate = is_x64(isa) ? "add eax, 1234" : "add w0, w0, 1234";
    const std::string_view instance = is_x64(isa) ? "[r14" : "[x28";
    const std::string constant = sum_with_global(isa, false);
    EXPECT_TRUE(has(constant, immediate)) << constant;
    EXPECT_FALSE(has(constant, instance)) << constant;
    const std::string variable = sum_with_global(isa, true);
    EXPECT_FALSE(has(variable, immediate)) << variable;
    EXPECT_TRUE(has(variable, instance)) << variable;
  }
}

TEST(ListingModule, WhatIsComputedTwiceIsOneInstruction) {
  for (const abi::Isa isa : kBoth) {
    const std::string_view product = is_x64(isa) ? "\nimul " : "\nmul ";
    // (a * b) / ((a * b) ^ c)
    const Code sum = Code().local_get(0).local_get(1).op(Op::I32Mul);
    const std::string code = plain_code(isa, Code().code(sum).code(sum).local_get(2).op(Op::I32Xor).op(Op::I32DivU));
    EXPECT_EQ(count(code, product), 1u) << code;
    const Code other = Code().local_get(0).local_get(2).op(Op::I32Mul);
    const std::string two = plain_code(isa, Code().code(sum).code(other).local_get(2).op(Op::I32Xor).op(Op::I32DivU));
    EXPECT_EQ(count(two, product), 2u) << two;
  }
}

TEST(ListingModule, WhatIsLoadedTwiceIsOneLoad) {
  for (const abi::Isa isa : kBoth) {
    const Code load = Code().local_get(0).op(Op::I32Load, {2, 8});
    const Code xored = Code().code(load).local_get(2).op(Op::I32Xor).op(Op::I32Sub);
    const std::string code = plain_code(isa, Code().code(load).code(xored));
    EXPECT_EQ(memory_loads(isa, code), 1u) << code;
    // Something may have been written there between the two.
    const std::string two =
        plain_code(isa, Code().code(load).local_get(1).local_get(2).op(Op::I32Store, {2, 0}).code(xored));
    EXPECT_EQ(memory_loads(isa, two), 2u) << two;
  }
}

TEST(ListingModule, WhatWasStoredIsNotLoaded) {
  for (const abi::Isa isa : kBoth) {
    const Code store = Code().local_get(0).local_get(1).op(Op::I32Store, {2, 8});
    const Code load = Code().local_get(0).op(Op::I32Load, {2, 8}).local_get(2).op(Op::I32Sub);
    const std::string code = plain_code(isa, Code().code(store).code(load));
    EXPECT_EQ(memory_stores(isa, code), 1u) << code;
    EXPECT_EQ(memory_loads(isa, code), 0u) << code;
    // Bytes four away do not matter; any others may be the same.
    const Code near = Code().local_get(0).local_get(2).op(Op::I32Store, {2, 12});
    const std::string kept = plain_code(isa, Code().code(store).code(near).code(load));
    EXPECT_EQ(memory_stores(isa, kept), 2u) << kept;
    EXPECT_EQ(memory_loads(isa, kept), 0u) << kept;
    const Code far = Code().local_get(1).local_get(2).op(Op::I32Store, {2, 12});
    const std::string again = plain_code(isa, Code().code(store).code(far).code(load));
    EXPECT_EQ(memory_loads(isa, again), 1u) << again;
  }
}

// do local3 += `term`, `effect` while (--local0 != 0)
std::string loop_code(abi::Isa isa, const Code& term, const Code& effect) {
  Code code;
  code.begin(Op::Loop).local_get(3).code(term).op(Op::I32Add).local_set(3).code(effect);
  code.local_get(0).i32(1).op(Op::I32Sub).op(Op::LocalTee, {0}).op(Op::BrIf, {0}).end().local_get(3);
  return plain_code(isa, code);
}
// Is `what` in front of the loop alone?
testing::AssertionResult is_in_front_of_the_loop(const std::string& code, std::string_view what) {
  const size_t loop = code.find("L1:");
  if (loop != code.npos && count(code, what) == 1 && code.find(what) < loop) return testing::AssertionSuccess();
  return testing::AssertionFailure() << code;
}

TEST(ListingModule, WhatALoopDoesNotChangeStandsInFrontOfIt) {
  for (const abi::Isa isa : kBoth) {
    const std::string_view product = is_x64(isa) ? "\nimul " : "\nmul ";
    const std::string_view load = is_x64(isa) ? ", dword ptr [r15" : "\nldr w";
    const Code fixed = Code().local_get(1).local_get(2).op(Op::I32Mul);
    EXPECT_TRUE(is_in_front_of_the_loop(loop_code(isa, fixed, {}), product));
    const Code counted = Code().local_get(0).local_get(2).op(Op::I32Mul);
    EXPECT_FALSE(is_in_front_of_the_loop(loop_code(isa, counted, {}), product));
    // A load, if nothing inside of the loop writes.
    const Code loaded = Code().local_get(1).op(Op::I32Load, {2, 0});
    EXPECT_TRUE(is_in_front_of_the_loop(loop_code(isa, loaded, {}), load));
    const Code store = Code().local_get(2).local_get(0).op(Op::I32Store, {2, 0});
    EXPECT_FALSE(is_in_front_of_the_loop(loop_code(isa, loaded, store), load));
  }
}

// Block i of `ways` around one another returns 100 + i.
std::string table_code(abi::Isa isa, u32 ways) {
  Code code;
  std::vector<u32> labels;
  for (u32 i = 0; i < ways; ++i) code.begin(Op::Block), labels.push_back(i);
  code.local_get(0).br_table(labels, ways - 1);
  for (u32 i = 0; i < ways; ++i) code.end().i32(100 + i).op(Op::Return);
  return plain_code(isa, code);
}

TEST(ListingModule, ABranchTableOfFewLabelsJumpsToNoComputedAddress) {
  for (const abi::Isa isa : kBoth) {
    const std::string_view computed = is_x64(isa) ? "\njmp r" : "\nbr x";
    for (const u32 few : {2u, 3u}) {
      const std::string code = table_code(isa, few);
      EXPECT_FALSE(has(code, computed)) << code;
      EXPECT_EQ(count(code, is_x64(isa) ? "\nret" : "\nret x30"), few) << code;
    }
    const std::string many = table_code(isa, 12);
    EXPECT_EQ(count(many, computed), 1u) << many;
    EXPECT_EQ(count(many, " - L"), 12u) << many;
  }
}

}  // namespace
}  // namespace hermit::compiler
