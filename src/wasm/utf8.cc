// Checks UTF-8 against table 3-7 of the Unicode standard: the first byte decides the length and the range of the second byte,
// which is what excludes over-long forms, surrogates and numbers that are too large; the rest are plain continuations.
#include "wasm/utf8.h"

namespace hermit::wasm {

bool is_utf8(ByteView bytes) {
  const u8* p = bytes.data();
  const u8* const end = p + bytes.size();
  while (p != end) {
    const u8 first = *p++;
    if (first < 0x80) continue;
    if (first < 0xc2 || first > 0xf4) return false;
    const size_t rest = first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    if (static_cast<size_t>(end - p) < rest) return false;
    const u8 low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    const u8 high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (p[0] < low || p[0] > high) return false;
    for (size_t i = 1; i < rest; ++i) {
      if (p[i] >> 6 != 2) return false;
    }
    p += rest;
  }
  return true;
}

}  // namespace hermit::wasm
