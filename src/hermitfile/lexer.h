// The lexical level of a Hermitfile: directives as logical lines, and their arguments as words.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hermitfile/diagnostic.h"

namespace hermit::hermitfile {

// One directive with its continuation lines joined, and where each part of it stood.
struct LogicalLine {
  std::string text;

  // The place in the source of text[offset]; the end of the last part for text.size(). Requires: offset <= text.size().
  [[nodiscard]] u32 source_offset(size_t offset) const;
  [[nodiscard]] Span span(size_t begin, size_t end) const;

  struct Part {
    u32 text_begin;
    u32 source_begin;
  };
  std::vector<Part> parts;  // ascending; the first has text_begin 0
};

// Reads the directives of a source one after the other. Comments and blank lines are skipped. Does not own `source`.
class LineReader {
 public:
  explicit LineReader(std::string_view source);
  // The next directive, or none at the end. An empty line inside a continuation ends it and sets `error`.
  std::optional<LogicalLine> next(std::optional<Diagnostic>& error);

 private:
  struct PhysicalLine {
    size_t begin;
    size_t end;  // without the line break
  };
  std::optional<PhysicalLine> next_physical();

  std::string_view source_;
  size_t position_ = 0;
};

// A word without its quotes.
struct Word {
  std::string text;
  std::vector<u32> origins;  // for each byte of `text`, its offset in the logical line
  u32 begin = 0;  // of the word in the logical line, quotes included
  u32 end = 0;
};

struct LexError {
  u32 begin;  // in the logical line
  u32 end;
  const char* what;
};

// Splits a logical line. Spaces and tabs separate words; quotes and backslashes work as docs/hermitfile.md says.
class WordReader {
 public:
  WordReader(std::string_view line, u32 position) : line_(line), position_(position) {}

  // The next shell-like word, or none at the end or after an error.
  std::optional<Word> next_word();
  // All elements of an array. Requires: at_array().
  std::vector<Word> read_array();
  // Whether the next character opens an array; `may_be_address` lets "[::1]" be a word.
  [[nodiscard]] bool at_array(bool may_be_address);
  // What is left of the line, without white space around it; its offset in the line is `begin`.
  struct Rest {
    std::string_view text;
    u32 begin;
  };
  [[nodiscard]] Rest rest();

  [[nodiscard]] const std::optional<LexError>& error() const { return error_; }

 private:
  void skip_blanks();
  [[nodiscard]] bool at_end() const { return position_ >= line_.size(); }
  [[nodiscard]] char peek(u32 ahead = 0) const {
    return position_ + ahead < line_.size() ? line_[position_ + ahead] : '\0';
  }
  void fail(u32 begin, u32 end, const char* what);
  void take(Word& word);
  void read_quoted_part(Word& word);
  std::optional<Word> read_array_string();
  void read_escape(Word& word);
  std::optional<u32> read_hex4(u32 at) const;

  std::string_view line_;
  u32 position_;
  std::optional<LexError> error_;
};

}  // namespace hermit::hermitfile
