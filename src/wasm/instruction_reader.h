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
  const u8* begin_;
  const u8* p_;
  const u8* end_;
  u64 base_;
};

// Moves p behind the immediates of a kind. Returns false, with `what` set, if they are malformed; p is then
// meaningless. Requires: p <= end, both non-null.
bool skip_immediates(Immediate immediate, const u8*& p, const u8* end, const char*& what);

// The bits of a memarg's flags. What is above them must be 0.
inline constexpr u32 kMemargAlignment = 0x3f;
inline constexpr u32 kMemargHasMemory = 0x40;
inline constexpr u32 kMemargEnd = 0x80;

struct Memarg {
  u32 flags;
  u32 memory;
  u64 offset;
};
// Reads a memarg at p and moves p behind it. On failure p is null and `what` says why.
Memarg read_memarg(const u8*& p, const u8* end, const char*& what);
// The same for validated bytes.
Memarg next_memarg(const u8*& p);

}  // namespace hermit::wasm
