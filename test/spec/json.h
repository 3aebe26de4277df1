// A JSON document as a tree, for the scripts of the official tests: built from RapidJSON's events (its own tree does
// not compile with this clang). Numbers and literals are kept as their text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hermit::spec {

struct Json {
  enum class Kind { Null, Text, Array, Object } kind = Kind::Null;
  std::string text;               // Text: strings, numbers, true and false
  std::vector<Json> elements;     // Array, and the values of an Object
  std::vector<std::string> keys;  // Object: keys[i] names elements[i]

  // The member of that name, or null; also for what is no object.
  [[nodiscard]] const Json* find(std::string_view key) const;
  // The text of that member, or "".
  [[nodiscard]] std::string text_of(std::string_view key) const;
};

// False if `source` is not JSON.
bool parse_json(const std::string& source, Json& out);

}  // namespace hermit::spec
