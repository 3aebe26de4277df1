// UTF-8 (RFC 3629): strict decoding of one character at a time.
#pragma once

#include <string_view>

#include "base/types.h"

namespace hermit {

struct Utf8Char {
  char32_t value = 0;
  u32 size = 0;  // in bytes, 1 to 4; 0: no valid character starts here
};

// The character at the start of `text`; size 0 for an empty text, overlong forms, surrogates and values above U+10FFFF.
Utf8Char decode_utf8(std::string_view text);

// The offset of the first byte that is not part of a valid character; text.size() if the whole text is UTF-8.
size_t find_invalid_utf8(std::string_view text);

// Appends the encoding of `c`. Requires: a Unicode scalar value (not a surrogate, at most U+10FFFF).
template <typename String>
void append_utf8(String& out, char32_t c) {
  const auto tail = [&](int shift) { out += static_cast<char>(0x80 | ((c >> shift) & 0x3f)); };
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xc0 | c >> 6), tail(0);
  } else if (c < 0x10000) {
    out += static_cast<char>(0xe0 | c >> 12), tail(6), tail(0);
  } else {
    out += static_cast<char>(0xf0 | c >> 18), tail(12), tail(6), tail(0);
  }
}

}  // namespace hermit
