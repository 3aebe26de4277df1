// hermit_spec_tests DIRECTORY [--known FILE] [--others FILE] [--engine interp|native] [NAME ...]
//
// Runs the unpacked scripts of the official WebAssembly tests in DIRECTORY (all, or those named) with the interpreter,
// or compiled, each pass and each allocation of registers checked. The last line is "N passed, N failed, N skipped",
// and ", N unsupported: FEATURE" for features that are refused by name; the exit code is 1 if anything failed or
// nothing ran.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "script.h"

namespace {

// Lines "NAME:LINE rest"; empty lines and lines that start with # mean nothing.
bool read_lines(const std::string& path, hermit::spec::OtherOutcomes& lines) {
  std::string text;
  if (!hermit::spec::read_file(path, text)) return false;
  for (size_t start = 0; start < text.size();) {
    const size_t end = std::min(text.find('\n', start), text.size());
    const std::string line = text.substr(start, end - start);
    const size_t space = std::min(line.find(' '), line.size());
    if (!line.empty() && line[0] != '#') lines[line.substr(0, space)] = line.substr(std::min(space + 1, line.size()));
    start = end + 1;
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr,
                 "usage: hermit_spec_tests DIRECTORY [--known FILE] [--others FILE] [--engine interp|native] "
                 "[NAME ...]\n");
    return 2;
  }
  hermit::spec::Expectations expectations;
  hermit::spec::OtherOutcomes known;
  hermit::spec::Engine engine = hermit::spec::Engine::Interpreter;
  std::vector<std::string> names;
  for (int i = 2; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--engine" && i + 1 < argc) {
      engine = std::string(argv[++i]) == "native" ? hermit::spec::Engine::Native : hermit::spec::Engine::Interpreter;
    } else if (argument != "--known" && argument != "--others") {
      names.push_back(argument);
    } else {
      ++i;
      if (i < argc && read_lines(argv[i], argument == "--known" ? known : expectations.others)) continue;
      std::fprintf(stderr, "hermit_spec_tests: cannot read the file of %s\n", argument.c_str());
      return 2;
    }
  }
  for (const auto& [command, reason] : known) expectations.known.insert(command);
  if (names.empty()) {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(argv[1], error)) {
      names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
  }
  hermit::spec::Totals totals;
  for (const std::string& name : names) hermit::spec::run_script(argv[1], name, expectations, engine, totals);
  std::printf("%u passed, %u failed, %u skipped", totals.passed, totals.failed, totals.skipped);
  for (const auto& [feature, count] : totals.unsupported) std::printf(", %u unsupported: %s", count, feature.c_str());
  std::printf("\n");
  return totals.failed != 0 || totals.passed == 0 ? 1 : 0;
}
