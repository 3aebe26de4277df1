// Rendering an error so that the place is seen at once, and nothing in the source can steer the terminal or mislead the
// reader: control characters, invisible ones and those that turn the direction of text are shown as escapes.
#include "hermitfile/diagnostic.h"

#include <algorithm>

#include "base/printable.h"
#include "base/utf8.h"

namespace hermit::hermitfile {
namespace {

// Characters shown on either side of the start of the error in a line that is cut.
constexpr size_t kContextBefore = 60;
constexpr size_t kContextAfter = 80;

// One character of a line as it is shown. `width` is what it takes on the terminal; 0 for a tab.
struct Cell {
  std::string text;
  size_t width;
  size_t bytes;  // that it has in the source
};

// Requires: position < text.size().
Cell cell_at(std::string_view text, size_t position) {
  const Utf8Char c = decode_utf8(text.substr(position));
  if (c.value == '\t') return {"\t", 0, 1};
  const std::string_view bytes = text.substr(position, std::max<size_t>(c.size, 1));
  std::string shown = printable(bytes);
  const bool escaped = c.size == 0 || is_hidden(c.value);
  const size_t width = escaped ? shown.size() : 1;
  return {std::move(shown), width, bytes.size()};
}

bool is_continuation_byte(char c) { return (static_cast<u8>(c) & 0xc0) == 0x80; }

size_t count_characters(std::string_view text) {
  return static_cast<size_t>(std::ranges::count_if(text, [](char c) { return !is_continuation_byte(c); }));
}

// The line around `position`, without its line break.
std::string_view line_around(std::string_view source, size_t position, size_t& begin) {
  const size_t newline = position == 0 ? std::string_view::npos : source.rfind('\n', position - 1);
  begin = newline == std::string_view::npos ? 0 : newline + 1;
  std::string_view line = source.substr(begin, std::min(source.find('\n', position), source.size()) - begin);
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (begin == 0 && line.starts_with("\xef\xbb\xbf")) line.remove_prefix(3), begin = 3;
  return line;
}

// Where to start showing a line of which `caret` is the interesting byte.
size_t window_begin(std::string_view line, size_t caret) {
  size_t position = caret;
  for (size_t characters = 0; position > 0 && characters < kContextBefore; ++characters) {
    --position;
    while (position > 0 && is_continuation_byte(line[position])) --position;
  }
  return position;
}

}  // namespace

std::string render(const Diagnostic& diagnostic, std::string_view file_name, std::string_view source) {
  const size_t position = std::min<size_t>(diagnostic.span.begin, source.size());
  size_t line_begin = 0;
  const std::string_view line = line_around(source, position, line_begin);
  const size_t caret = std::min(std::max(position, line_begin) - line_begin, line.size());
  const size_t span_end = std::min(std::max<size_t>(diagnostic.span.end, line_begin) - line_begin, line.size());
  const auto line_number = 1 + std::ranges::count(source.substr(0, position), '\n');
  const size_t column = 1 + count_characters(line.substr(0, caret));

  std::string shown = "  ", marks = "  ";
  size_t at = window_begin(line, caret);
  if (at != 0) shown += "...", marks += "   ";
  for (size_t after = 0; at < line.size() && after < kContextAfter;) {
    const Cell cell = cell_at(line, at);
    shown += cell.text;
    const bool inside = at > caret && at < span_end;
    if (at < caret)
      marks += cell.width == 0 ? std::string("\t") : std::string(cell.width, ' ');
    else if (at == caret)
      marks += '^' + std::string(span_end > caret ? std::max<size_t>(cell.width, 1) - 1 : 0, '~');
    else if (inside)
      marks += cell.width == 0 ? std::string("\t") : std::string(cell.width, '~');
    if (at >= caret) ++after;
    at += cell.bytes;
  }
  if (at < line.size()) shown += "...";
  if (caret >= line.size()) marks += '^';

  std::string text = printable(file_name) + ':' + std::to_string(line_number) + ':' + std::to_string(column) +
                     ": error: " + printable(diagnostic.message) + '\n';
  if (!line.empty()) text += shown + '\n' + marks + '\n';
  if (!diagnostic.hint.empty()) text += "  " + printable(diagnostic.hint) + '\n';
  return text;
}

std::string render(std::span<const Diagnostic> diagnostics, std::string_view file_name, std::string_view source) {
  std::string text;
  for (const Diagnostic& diagnostic : diagnostics) text += render(diagnostic, file_name, source);
  return text;
}

}  // namespace hermit::hermitfile
