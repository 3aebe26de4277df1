// Tests made from the rows of opcodes.def: every instruction with a plain signature takes and gives what its row says.
#include "wasm/opcodes.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "wasm/decoder.h"
#include "wasm/instruction_reader.h"
#include "wasm/module_builder.h"
#include "wasm/validator.h"

namespace hermit::wasm {
namespace {

struct Row {
  const char* name;
  u32 prefix;
  u32 code;
  const char* text;
  Immediate immediate;
  std::string signature;
};

const std::vector<Row>& rows() {
  static const std::vector<Row> all = {
#define HERMIT_OPCODE(name, prefix, code, text, immediate, signature, feature) \
  {#name, prefix, code, text, Immediate::immediate, signature},
#include "wasm/opcodes.def"
  };
  return all;
}

Op op_of(const Row& row) { return static_cast<Op>(op_number(row.prefix, row.code)); }

// The instruction with all indices 0, the natural alignment and constants of 0.
Code with_immediates(const Row& row) {
  Code code;
  code.op(op_of(row));
  switch (row.immediate) {
    case Immediate::None: break;
    case Immediate::Memarg8: code.raw({0, 0}); break;
    case Immediate::Memarg16: code.raw({1, 0}); break;
    case Immediate::Memarg32: code.raw({2, 0}); break;
    case Immediate::Memarg64: code.raw({3, 0}); break;
    case Immediate::Memarg128: code.raw({4, 0}); break;
    case Immediate::Memarg8Lane: code.raw({0, 0, 0}); break;
    case Immediate::Memarg16Lane: code.raw({1, 0, 0}); break;
    case Immediate::Memarg32Lane: code.raw({2, 0, 0}); break;
    case Immediate::Memarg64Lane: code.raw({3, 0, 0}); break;
    case Immediate::TryTable: code.raw({0x40, 1, 0, 0, 0}); break;
    case Immediate::V128:
    case Immediate::Shuffle: code.raw({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}); break;
    case Immediate::F32: code.raw({0, 0, 0, 0}); break;
    case Immediate::F64: code.raw({0, 0, 0, 0, 0, 0, 0, 0}); break;
    case Immediate::CallIndirect:
    case Immediate::DataMemory:
    case Immediate::MemoryMemory:
    case Immediate::ElementTable:
    case Immediate::TableTable:
    case Immediate::BrTable: code.raw({0, 0}); break;
    case Immediate::SelectTypes: code.raw({1, 0x7f}); break;
    case Immediate::Block: code.raw({0x40}); break;
    case Immediate::HeapType: code.raw({0x70}); break;
    default: code.raw({0}); break;
  }
  return code;
}

void push(Code& code, char type) {
  switch (type) {
    case 'i': code.i32(0); break;
    case 'I': code.i64(0); break;
    case 'f': code.f32_bits(0); break;
    case 'F': code.f64_bits(0); break;
    case 'V': code.v128(0, 0); break;
    default: FAIL() << type;
  }
}

ValType type_of(char letter) {
  switch (letter) {
    case 'i': return ValType::I32;
    case 'I': return ValType::I64;
    case 'f': return ValType::F32;
    case 'F': return ValType::F64;
    default: return ValType::V128;
  }
}

std::string outcome(const std::string& operands, const Row& row, const std::vector<ValType>& results) {
  ModuleBuilder m;
  Code body;
  for (const char type : operands) push(body, type);
  body.code(with_immediates(row));
  m.function(m.type({}, results), {}, body);
  m.memory({1, 0, false});
  m.table({ValType::FuncRef, {1, 0, false}});
  m.passive_elements({0});
  m.passive_data("x");
  m.data_count();
  const Bytes bytes = m.build();
  const Result<Module> module = decode_module(bytes);
  if (!module) return module.error().what;
  const Result<void> valid = validate_all(*module);
  return valid ? "ok" : valid.error().what;
}

TEST(Opcodes, PlainSignaturesAreWhatTheValidatorTakesAndGives) {
  int plain = 0;
  for (const Row& row : rows()) {
    if (row.signature == "*") continue;
    ++plain;
    const size_t colon = row.signature.find(':');
    const std::string operands = row.signature.substr(0, colon);
    std::vector<ValType> results;
    for (const char letter : row.signature.substr(colon + 1)) results.push_back(type_of(letter));
    EXPECT_EQ(outcome(operands, row, results), "ok") << row.name;
    if (!operands.empty()) {
      EXPECT_EQ(outcome(operands.substr(1), row, results), "type mismatch") << row.name;
      std::string wrong = operands;
      wrong.back() = wrong.back() == 'i' ? 'I' : 'i';
      EXPECT_EQ(outcome(wrong, row, results), "type mismatch") << row.name;
    }
    results.push_back(ValType::I32);
    EXPECT_EQ(outcome(operands, row, results), "type mismatch") << row.name;
  }
  EXPECT_GT(plain, 400);
}

TEST(Opcodes, RowsAreFoundByTheirBytes) {
  std::set<u32> numbers;
  for (const Row& row : rows()) {
    EXPECT_TRUE(numbers.insert(op_number(row.prefix, row.code)).second) << row.name;
    EXPECT_STREQ(op_info(op_of(row)).text, row.text);
    EXPECT_EQ(op_info(op_of(row)).special, row.signature == "*") << row.name;
    EXPECT_EQ(unknown_opcode_message(static_cast<u8>(row.code)) != nullptr && row.prefix == 0, false) << row.name;
  }
}

// The reader that does not validate ends where the instruction ends.
TEST(Opcodes, InstructionReaderSkipsEveryRow) {
  for (const Row& row : rows()) {
    const Bytes bytes = with_immediates(row).bytes();
    InstructionReader reader(bytes);
    const Result<Op> op = reader.next();
    ASSERT_TRUE(op) << row.name;
    EXPECT_EQ(*op, op_of(row)) << row.name;
    EXPECT_TRUE(reader.at_end()) << row.name;
    for (size_t size = 1; size < bytes.size(); ++size) {
      InstructionReader truncated(ByteView(bytes).first(size));
      EXPECT_FALSE(truncated.next()) << row.name << " cut to " << size;
    }
  }
}

}  // namespace
}  // namespace hermit::wasm
