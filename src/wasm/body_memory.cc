// Memory instructions and lanes (core specification 3.0, sections 3.4.7 and 3.4.11). See body_validator.h for the
// whole.
//
// A memory's addresses are i32 or i64; a size or count that concerns two memories has the narrower of both types.
#include "base/check.h"
#include "wasm/body_validator.h"
#include "wasm/instruction_reader.h"

namespace hermit::wasm {

void BodyValidator::memarg(u32 natural_exponent) {
  const char* what = nullptr;
  const Memarg memarg = read_memarg(p_, end_, what);
  if (p_ == nullptr) [[unlikely]]
    return bad_immediate(what);
  address_ = memory_address(memarg.memory);
  if ((memarg.flags & kMemargAlignment) > natural_exponent) [[unlikely]]
    return fail_invalid("alignment must not be larger than natural");
  if (memarg.offset > 0xffffffff && address_ == ValType::I32) [[unlikely]]
    return fail_invalid("offset out of range");
}

void BodyValidator::lane(u32 count) {
  if (read_byte() >= count) fail_invalid("invalid lane index");
}

void BodyValidator::shuffle() {
  for (int i = 0; i < 16; ++i) lane(32);
}

void BodyValidator::memory_instruction(Op op) {
  const auto narrower = [](ValType a, ValType b) { return a == ValType::I32 ? a : b; };
  switch (op) {
    case Op::MemorySize: return push(memory_address(read_index()));
    case Op::MemoryGrow: {
      const ValType address = memory_address(read_index());
      return pop(address), push(address);
    }
    case Op::MemoryFill: {
      const ValType address = memory_address(read_index());
      return pop(address), pop(ValType::I32), pop(address);
    }
    case Op::MemoryCopy: {
      const ValType to = memory_address(read_index());
      const ValType from = memory_address(read_index());
      return pop(narrower(to, from)), pop(from), pop(to);
    }
    case Op::MemoryInit: {
      const u32 segment = read_index();
      const ValType to = memory_address(read_index());
      check_data(segment);
      return pop(ValType::I32), pop(ValType::I32), pop(to);
    }
    default: break;
  }
  CHECK(false && "not a memory instruction");
}

}  // namespace hermit::wasm
