// Any bytes → a valid module, so that a fuzzer spends its time behind the validator.
//
// The bytes are a list of choices; when they run out, what is open is closed. The maker keeps the types of the operand
// stack and of the labels, so every choice is made to fit: operands that an instruction lacks are pushed first. A
// module that does not validate is a bug, of the maker or of the validator.
#pragma once

#include <optional>

#include "base/bytes.h"
#include "wasm/module.h"

namespace hermit::fuzz {

struct Input {
  Bytes made;  // the bytes of the module, if it was made
  bool is_made = false;
  std::optional<wasm::Module> module;  // views of `made` or of the input; nothing: it is no valid module
};

// The module that begins as one, or the one that the bytes choose, which has to be valid. Such a one exports its
// functions as "f0", "f1", ...; it may import those of kHost (interp_fuzz.cc).
Input read_input(ByteView bytes);

}  // namespace hermit::fuzz
