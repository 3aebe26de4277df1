// Integers as decimal text.
//
// Not std::to_string: it lives in one object file of the C++ library with every other conversion, the wide ones too,
// and a launcher carries what it links.
#pragma once

#include <charconv>
#include <concepts>
#include <string>

namespace hermit {

template <std::integral T>
std::string decimal(T value) {
  char text[20];  // enough for 64 bits and a sign
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

}  // namespace hermit
