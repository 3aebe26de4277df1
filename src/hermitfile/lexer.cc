// Lexing as Dockerfiles do it, with two differences: a backslash in a word is an ordinary character unless white space
// or a quote follows, because paths of Windows are full of them; and an empty line inside a continuation is an error,
// which Docker announces for later.
#include "hermitfile/lexer.h"

#include <algorithm>

#include "base/utf8.h"

namespace hermit::hermitfile {
namespace {

constexpr std::string_view kBlanks = " \t";
bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool is_quote(char c) { return c == '"' || c == '\''; }

// The offset of the backslash that continues `line` on the next one (blanks may follow it), or none.
std::optional<size_t> find_continuation(std::string_view line) {
  const size_t last = line.find_last_not_of(kBlanks);
  if (last == std::string_view::npos || line[last] != '\\') return std::nullopt;
  return last;
}

}  // namespace

u32 LogicalLine::source_offset(size_t offset) const {
  // An offset at the border of two parts belongs to the later one, except at the end of the text.
  const auto after = std::ranges::upper_bound(parts, static_cast<u32>(offset), {}, &Part::text_begin);
  auto part = after - 1;
  while (offset == text.size() && part != parts.begin() && part->text_begin == offset) --part;
  return part->source_begin + static_cast<u32>(offset) - part->text_begin;
}

Span LogicalLine::span(size_t begin, size_t end) const {
  const u32 source_begin = source_offset(begin);
  if (end <= begin) return {source_begin, source_begin};
  return {source_begin, source_offset(end - 1) + 1};
}

LineReader::LineReader(std::string_view source) : source_(source) {
  if (source.starts_with("\xef\xbb\xbf")) position_ = 3;  // a byte order mark
}

std::optional<LineReader::PhysicalLine> LineReader::next_physical() {
  if (position_ >= source_.size()) return std::nullopt;
  const size_t begin = position_;
  const size_t newline = std::min(source_.find('\n', begin), source_.size());
  position_ = newline + 1;
  const bool crlf = newline < source_.size() && newline > begin && source_[newline - 1] == '\r';
  return PhysicalLine{begin, crlf ? newline - 1 : newline};
}

std::optional<LogicalLine> LineReader::next(std::optional<Diagnostic>& error) {
  LogicalLine line;
  bool continues = false;
  while (const auto physical = next_physical()) {
    const std::string_view text = source_.substr(physical->begin, physical->end - physical->begin);
    const size_t first = text.find_first_not_of(kBlanks);
    if (first == std::string_view::npos) {
      if (!continues) continue;
      const auto at = static_cast<u32>(physical->begin);
      error = Diagnostic{{at, at}, "empty line inside a directive that a \\ continues", ""};
      return line;
    }
    if (text[first] == '#') continue;  // also between continuation lines

    const size_t begin = continues ? 0 : first;
    const auto backslash = find_continuation(text);
    line.parts.push_back({static_cast<u32>(line.text.size()), static_cast<u32>(physical->begin + begin)});
    line.text += text.substr(begin, backslash.value_or(text.size()) - begin);
    if (!backslash) return line;
    continues = true;
  }
  if (!continues) return std::nullopt;
  return line;
}

void WordReader::fail(u32 begin, u32 end, const char* what) {
  if (!error_) error_ = LexError{begin, end, what};
  position_ = static_cast<u32>(line_.size());
}

void WordReader::skip_blanks() {
  while (is_blank(peek())) ++position_;
}

void WordReader::take(Word& word) {
  word.text += line_[position_];
  word.origins.push_back(position_++);
}

WordReader::Rest WordReader::rest() {
  skip_blanks();
  std::string_view text = line_.substr(std::min<size_t>(position_, line_.size()));
  const size_t last = text.find_last_not_of(kBlanks);
  text = text.substr(0, last == std::string_view::npos ? 0 : last + 1);
  return {text, position_};
}

// Between single quotes every character stands for itself; between double quotes only \" is special.
void WordReader::read_quoted_part(Word& word) {
  const u32 open = position_;
  const char quote = line_[position_++];
  while (!at_end() && peek() != quote) {
    if (quote == '"' && peek() == '\\' && peek(1) == '"') ++position_;
    take(word);
  }
  if (at_end()) return fail(open, static_cast<u32>(line_.size()), "this quote is not closed");
  ++position_;
}

std::optional<Word> WordReader::next_word() {
  skip_blanks();
  if (at_end()) return std::nullopt;
  Word word;
  word.begin = position_;
  while (!at_end() && !is_blank(peek())) {
    if (is_quote(peek())) {
      read_quoted_part(word);
    } else {
      if (peek() == '\\' && (is_blank(peek(1)) || is_quote(peek(1)))) ++position_;
      take(word);
    }
  }
  word.end = position_;
  if (error_) return std::nullopt;
  return word;
}

bool WordReader::at_array(bool may_be_address) {
  skip_blanks();
  if (peek() != '[') return false;
  if (!may_be_address) return true;
  u32 ahead = 1;
  while (is_blank(peek(ahead))) ++ahead;
  return is_quote(peek(ahead)) || peek(ahead) == ']' || peek(ahead) == '\0';
}

std::optional<u32> WordReader::read_hex4(u32 at) const {
  if (line_.size() - std::min<size_t>(at, line_.size()) < 4) return std::nullopt;
  u32 value = 0;
  for (const char c : line_.substr(at, 4)) {
    const char lower = static_cast<char>(c | 0x20);
    const int digit = c >= '0' && c <= '9' ? c - '0' : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
    if (digit < 0) return std::nullopt;
    value = value << 4 | static_cast<u32>(digit);
  }
  return value;
}

// An escape of JSON, and \' besides. Requires: a backslash at position_.
void WordReader::read_escape(Word& word) {
  const u32 begin = position_;
  static constexpr std::string_view kNames = "\"'\\/bfnrt", kValues = "\"'\\/\b\f\n\r\t";
  const char name = peek(1);
  if (const size_t index = kNames.find(name); name != '\0' && index != std::string_view::npos) {
    word.text += kValues[index];
    position_ += 2;
  } else if (name == 'u') {
    auto value = read_hex4(begin + 2);
    position_ += 6;
    if (value && (*value & 0xfc00) == 0xd800 && peek() == '\\' && peek(1) == 'u') {
      const auto low = read_hex4(position_ + 2);
      if (low && (*low & 0xfc00) == 0xdc00) {
        value = 0x10000 + ((*value & 0x3ff) << 10) + (*low & 0x3ff);
        position_ += 6;
      }
    }
    if (!value || (*value & 0xfffff800) == 0xd800)
      return fail(begin, std::min(position_, static_cast<u32>(line_.size())),
                  "\\u takes four hexadecimal digits of a character");
    append_utf8(word.text, static_cast<char32_t>(*value));
  } else {
    return fail(begin, begin + 1, "unknown escape; in an array a backslash is written \\\\");
  }
  word.origins.resize(word.text.size(), begin);
}

std::optional<Word> WordReader::read_array_string() {
  Word word;
  word.begin = position_;
  const char quote = line_[position_++];
  while (!at_end() && peek() != quote) {
    if (peek() == '\\')
      read_escape(word);
    else if (static_cast<u8>(peek()) < 0x20)
      fail(position_, position_ + 1, "control character in a string");
    else
      take(word);
  }
  if (at_end()) fail(word.begin, static_cast<u32>(line_.size()), "this quote is not closed");
  if (error_) return std::nullopt;
  word.end = ++position_;
  return word;
}

std::vector<Word> WordReader::read_array() {
  const u32 open = position_++;
  std::vector<Word> words;
  const auto expect = [&](bool met, const char* what) {
    if (at_end()) fail(open, open + 1, "this [ is not closed");
    if (!met) fail(position_, position_ + 1, what);
    return !error_;
  };
  skip_blanks();
  for (bool more = peek() != ']'; more; skip_blanks()) {
    if (!expect(is_quote(peek()), "expected a string in quotes")) return {};
    auto word = read_array_string();
    if (!word) return {};
    words.push_back(std::move(*word));
    skip_blanks();
    if (!expect(peek() == ',' || peek() == ']', "expected , or ] after a string")) return {};
    more = peek() == ',';
    if (more) ++position_;
  }
  ++position_;
  skip_blanks();
  if (!at_end()) fail(position_, static_cast<u32>(line_.size()), "nothing can follow an array");
  return words;
}

}  // namespace hermit::hermitfile
