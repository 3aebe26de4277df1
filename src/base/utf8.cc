// UTF-8 decoding after table 3-7 of the Unicode standard: the first byte fixes the length and the range of the second
// byte; that range alone excludes overlong forms, surrogates and values above U+10FFFF.
#include "base/utf8.h"

namespace hermit {

Utf8Char decode_utf8(std::string_view text) {
  if (text.empty()) return {};
  const auto byte = [&](size_t i) { return static_cast<u8>(text[i]); };
  const u8 first = byte(0);
  if (first < 0x80) return {first, 1};
  if (first < 0xc2 || first > 0xf4) return {};

  const u32 size = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (text.size() < size) return {};
  const u8 low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  const u8 high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  if (byte(1) < low || byte(1) > high) return {};

  char32_t value = first & (0xff >> (size + 1));
  for (u32 i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    value = value << 6 | (byte(i) & 0x3f);
  }
  return {value, size};
}

size_t find_invalid_utf8(std::string_view text) {
  size_t i = 0;
  while (i < text.size()) {
    const u32 size = decode_utf8(text.substr(i)).size;
    if (size == 0) return i;
    i += size;
  }
  return i;
}

}  // namespace hermit
