// cowsay [WORD...]: a cow says the words, or standard input. Shows the smallest Hermitfile: FROM alone.
#include <algorithm>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

namespace {

constexpr size_t kWidth = 40;

// Columns of UTF-8 text: bytes that are not continuations. Good enough for a cow.
size_t columns(const std::string& text) {
  return static_cast<size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

// Breaks `text` at spaces into lines of at most kWidth columns; a longer word keeps a line of its own.
std::vector<std::string> wrap(const std::string& text) {
  std::vector<std::string> lines;
  std::string line;
  size_t start = 0;
  while (start < text.size()) {
    size_t end = text.find_first_of(" \t\n", start);
    if (end == std::string::npos) end = text.size();
    const std::string word = text.substr(start, end - start);
    start = end + 1;
    if (word.empty()) continue;
    if (!line.empty() && columns(line) + 1 + columns(word) > kWidth) {
      lines.push_back(line);
      line.clear();
    }
    line += (line.empty() ? "" : " ") + word;
  }
  if (!line.empty() || lines.empty()) lines.push_back(line);
  return lines;
}

}  // namespace

int main(int argc, char** argv) {
  std::string text;
  for (int i = 1; i < argc; ++i) text += (i > 1 ? " " : "") + std::string(argv[i]);
  if (argc < 2) text.assign(std::istreambuf_iterator<char>(std::cin), {});

  const std::vector<std::string> lines = wrap(text);
  size_t width = 0;
  for (const std::string& line : lines) width = std::max(width, columns(line));

  std::cout << ' ' << std::string(width + 2, '_') << '\n';
  for (size_t i = 0; i < lines.size(); ++i) {
    const bool first = i == 0, last = i + 1 == lines.size();
    const char left = first && last ? '<' : first ? '/' : last ? '\\' : '|';
    const char right = first && last ? '>' : first ? '\\' : last ? '/' : '|';
    std::cout << left << ' ' << lines[i] << std::string(width - columns(lines[i]), ' ') << ' ' << right << '\n';
  }
  std::cout << ' ' << std::string(width + 2, '-') << '\n'
            << "        \\   ^__^\n"
               "         \\  (oo)\\_______\n"
               "            (__)\\       )\\/\\\n"
               "                ||----w |\n"
               "                ||     ||\n";
  return std::cout.flush() ? 0 : 1;
}
