// Any bytes → a valid module, so that a fuzzer spends its time behind the validator.
//
// The bytes are a list of choices; when they run out, what is open is closed. The maker keeps the types of the operand
// stack and of the labels, so every choice is made to fit: operands that an instruction lacks are pushed first. A
// module that does not validate is a bug, of the maker or of the validator.
#pragma once

#include "base/bytes.h"

namespace hermit::fuzz {

// Exports its functions as "f0", "f1", ...; may import those of kHostFunctions (interp_fuzz.cc).
Bytes make_module(ByteView choices);

}  // namespace hermit::fuzz
