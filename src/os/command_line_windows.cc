// Splitting a Windows command line. shell32's CommandLineToArgvW does nearly the same, but would bring shell32 and
// user32 into every start (what that costs was not measured).
//
// Rules (learn.microsoft.com/cpp/c-language/parsing-c-command-line-arguments): arguments end at a space or tab outside
// quotes. Backslashes are themselves unless a quote follows: then each pair is one backslash, and an odd one makes the
// quote literal. Inside quotes, two quotes are a literal one. In the program's name quotes only group, and backslashes
// are always themselves.
#include "os/command_line_windows.h"

#include "os/wide_windows.h"

namespace hermit::os {
namespace {

class Splitter {
 public:
  explicit Splitter(std::wstring_view line) : line_(line) {}

  std::string program() {
    std::wstring text;
    for (bool quoted = false; !at_end() && (quoted || !at_blank()); ++at_) {
      if (line_[at_] == L'"') {
        quoted = !quoted;
      } else {
        text.push_back(line_[at_]);
      }
    }
    return to_utf8(text);
  }

  bool skip_blanks() {
    while (!at_end() && at_blank()) ++at_;
    return !at_end();
  }

  std::string argument() {
    std::wstring text;
    for (bool quoted = false; !at_end() && (quoted || !at_blank());) {
      size_t backslashes = 0;
      for (; !at_end() && line_[at_] == L'\\'; ++at_) ++backslashes;
      if (at_end() || line_[at_] != L'"') {
        text.append(backslashes, L'\\');
        if (!at_end() && (quoted || !at_blank())) text.push_back(line_[at_++]);
        continue;
      }
      text.append(backslashes / 2, L'\\');
      const bool doubled = quoted && at_ + 1 < line_.size() && line_[at_ + 1] == L'"';
      if (backslashes % 2 != 0) {
        text.push_back(L'"');
      } else if (doubled) {
        text.push_back(L'"');
        ++at_;
      } else {
        quoted = !quoted;
      }
      ++at_;
    }
    return to_utf8(text);
  }

 private:
  [[nodiscard]] bool at_end() const { return at_ == line_.size(); }
  [[nodiscard]] bool at_blank() const { return line_[at_] == L' ' || line_[at_] == L'\t'; }

  std::wstring_view line_;
  size_t at_ = 0;
};

}  // namespace

std::vector<std::string> split_command_line(std::wstring_view line) {
  Splitter splitter(line);
  std::vector<std::string> arguments = {splitter.program()};
  while (splitter.skip_blanks()) arguments.push_back(splitter.argument());
  return arguments;
}

}  // namespace hermit::os
