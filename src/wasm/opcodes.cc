// Builds the lookup tables of opcodes.h from opcodes.def at compile time.
#include "wasm/opcodes.h"

#include <array>

#include "base/check.h"

namespace hermit::wasm {
namespace {

consteval ValType type_of_letter(char letter) {
  switch (letter) {
    case 'i': return ValType::I32;
    case 'I': return ValType::I64;
    case 'f': return ValType::F32;
    case 'F': return ValType::F64;
    case 'V': return ValType::V128;
    default: __builtin_abort();  // not a constant expression: a wrong row does not compile
  }
}

consteval OpInfo make_info(const char* text, Immediate immediate, const char* signature, Feature feature) {
  OpInfo info;
  info.text = text;
  info.immediate = immediate;
  info.feature = feature;
  if (signature[0] == '*') {
    info.special = true;
    return info;
  }
  for (; *signature != ':'; ++signature) info.params[info.param_count++] = type_of_letter(*signature);
  if (*++signature != '\0') {
    info.result = type_of_letter(*signature++);
    info.result_count = 1;
  }
  if (*signature != '\0') __builtin_abort();
  return info;
}

template <size_t kSize>
consteval std::array<OpInfo, kSize> make_table(u32 wanted_prefix) {
  std::array<OpInfo, kSize> table;
  const auto add = [&](u32 prefix, u32 code, const OpInfo& info) {
    if (prefix == wanted_prefix) table[code] = info;
  };
#define HERMIT_OPCODE(name, prefix, code, text, immediate, signature, feature) \
  add(prefix, code, make_info(text, Immediate::immediate, signature, Feature::feature));
#include "wasm/opcodes.def"
  return table;
}

constexpr std::array<OpInfo, 256> kOneByteOps = make_table<256>(0);
constexpr std::array<OpInfo, kMiscOpCount> kMiscOps = make_table<kMiscOpCount>(kPrefixMisc);
constexpr std::array<OpInfo, kSimdOpCount> kSimdOps = make_table<kSimdOpCount>(kPrefixSimd);
constexpr OpInfo kUnassigned;

}  // namespace

const OpInfo& op_info(u8 opcode) { return kOneByteOps[opcode]; }

const OpInfo& prefixed_op_info(u8 prefix, u32 code) {
  if (prefix == kPrefixMisc) return code < kMiscOpCount ? kMiscOps[code] : kUnassigned;
  CHECK(prefix == kPrefixSimd);
  return code < kSimdOpCount ? kSimdOps[code] : kUnassigned;
}

const OpInfo& op_info(Op op) {
  const u32 number = static_cast<u32>(op);
  if (number < 256) return kOneByteOps[number];
  return prefixed_op_info(static_cast<u8>(0xf0 | number >> 12), number & 0xfff);
}

// Opcodes of proposals that are not supported.
const char* unknown_opcode_message(u8 opcode) {
  switch (opcode) {
    case 0xd3:
    case 0xfb: return "illegal opcode: garbage collection (GC) is not supported";
    case 0xfe: return "illegal opcode: threads (atomics) are not supported";
    default: return nullptr;
  }
}

}  // namespace hermit::wasm
