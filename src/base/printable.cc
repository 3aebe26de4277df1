// Escapes are those of C: one byte as \xNN, a character as \uNNNN.
#include "base/printable.h"

#include <algorithm>

#include "base/types.h"
#include "base/utf8.h"

namespace hermit {
namespace {

void append_hex(std::string& out, u32 value, int digits) {
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) out += "0123456789abcdef"[value >> shift & 15];
}

}  // namespace

bool is_hidden(char32_t c) {
  return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || (c >= 0x200b && c <= 0x200f) ||
         (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xe0000 && c <= 0xe007f);
}

std::string printable(std::string_view text) {
  std::string out;
  for (size_t position = 0; position < text.size();) {
    const Utf8Char c = decode_utf8(text.substr(position));
    const size_t size = std::max<size_t>(c.size, 1);
    if (c.size != 0 && !is_hidden(c.value)) {
      out += text.substr(position, size);
    } else if (c.size < 2) {
      out += "\\x";
      append_hex(out, static_cast<u8>(text[position]), 2);
    } else {
      out += "\\u";
      append_hex(out, c.value, c.value > 0xffff ? 6 : 4);
    }
    position += size;
  }
  return out;
}

std::string quote(std::string_view text) {
  constexpr size_t kMax = 60;
  if (text.size() <= kMax) return '"' + printable(text) + '"';
  size_t end = kMax;
  while (end > 0 && (static_cast<u8>(text[end]) & 0xc0) == 0x80) --end;
  return '"' + printable(text.substr(0, end)) + "...\"";
}

}  // namespace hermit
