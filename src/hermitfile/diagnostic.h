// Errors in a Hermitfile, with the line they are about.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/types.h"

namespace hermit::hermitfile {

// Bytes [begin, end) of the source.
struct Span {
  u32 begin = 0;
  u32 end = 0;
};

struct Diagnostic {
  Span span;
  std::string message;  // one line, not yet escaped
  std::string hint;     // shown on a line of its own ("did you mean MAP?"); may be empty
};

// More errors than this are not reported.
constexpr size_t kMaxDiagnostics = 20;

// As text for a terminal: "Hermitfile:3:1: error: …", the source line with a caret under the place, and the hint. Lines
// and columns count from 1, columns in characters. Control characters of the source are shown escaped; a long line is
// cut around the caret.
std::string render(const Diagnostic& diagnostic, std::string_view file_name, std::string_view source);
// All of them, one after the other.
std::string render(std::span<const Diagnostic> diagnostics, std::string_view file_name, std::string_view source);

}  // namespace hermit::hermitfile
