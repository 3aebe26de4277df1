// UTF-8 as names need it (section 5.2.4).
#pragma once

#include "base/bytes.h"

namespace hermit::wasm {

// True if `bytes` is well-formed UTF-8: no over-long forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(ByteView bytes);

}  // namespace hermit::wasm
