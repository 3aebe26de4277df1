// Steps through instructions without validating them: where does each begin, what is its opcode, where does it end.
//
// The decoder needs it to find the end of a constant expression, features.h to look into bodies.
#pragma once

#include "base/bytes.h"
#include "wasm/opcodes.h"

namespace hermit::wasm {

class InstructionReader {
 public:
  // `base` is the offset of code[0] in the module.
  explicit InstructionReader(ByteView code, u64 base = 0)
      : begin_(code.data()), p_(code.data()), end_(code.data() + code.size()), base_(base) {}

  [[nodiscard]] bool at_end() const { return p_ == end_; }
  [[nodiscard]] const u8* position() const { return p_; }
  [[nodiscard]] u64 offset() const { return base_ + static_cast<u64>(p_ - begin_); }

  // Reads one instruction with its immediates. Requires: !at_end(); after an error the reader is not used again.
  // Errors: Malformed or Unsupported, at the opcode or the immediate concerned.
  Result<Op> next();

 private:
  bool skip_immediates(Immediate immediate, const char*& what);

  const u8* begin_;
  const u8* p_;
  const u8* end_;
  u64 base_;
};

// The value type that `byte`, which stands at offset `where`, encodes. Errors: Unsupported for types of known
// proposals, Malformed with `fallback` for a byte that means nothing.
Result<ValType> checked_value_type(u8 byte, u64 where, const char* fallback = "malformed value type");

}  // namespace hermit::wasm
