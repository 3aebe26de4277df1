// hermit_spec_tests DIRECTORY [--known FILE] [--engine interp|native] [NAME ...]
//
// Runs the unpacked scripts of the official WebAssembly tests in DIRECTORY (all, or those named) with the interpreter,
// or compiled, each pass and each allocation of registers checked. The last line is "N passed, N failed, N skipped";
// the exit code is 1 if anything failed or nothing ran. SIMD scripts are left out: this engine does not have SIMD yet.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "script.h"

namespace {

// Lines "NAME:LINE reason"; empty lines and lines that start with # mean nothing.
bool read_known(const std::string& path, hermit::spec::KnownFailures& known) {
  std::string text;
  if (!hermit::spec::read_file(path, text)) return false;
  for (size_t start = 0; start < text.size();) {
    const size_t end = std::min(text.find('\n', start), text.size());
    const std::string line = text.substr(start, end - start);
    if (!line.empty() && line[0] != '#') known.insert(line.substr(0, line.find(' ')));
    start = end + 1;
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: hermit_spec_tests DIRECTORY [--known FILE] [--engine interp|native] [NAME ...]\n");
    return 2;
  }
  hermit::spec::KnownFailures known;
  hermit::spec::Engine engine = hermit::spec::Engine::Interpreter;
  std::vector<std::string> names;
  for (int i = 2; i < argc; ++i) {
    if (std::string(argv[i]) == "--known" && i + 1 < argc) {
      if (!read_known(argv[++i], known)) {
        std::fprintf(stderr, "hermit_spec_tests: cannot read %s\n", argv[i]);
        return 2;
      }
    } else if (std::string(argv[i]) == "--engine" && i + 1 < argc) {
      engine = std::string(argv[++i]) == "native" ? hermit::spec::Engine::Native : hermit::spec::Engine::Interpreter;
    } else {
      names.emplace_back(argv[i]);
    }
  }
  if (names.empty()) {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(argv[1], error)) {
      std::string name = entry.path().filename().string();
      if (!name.starts_with("simd_")) names.push_back(std::move(name));
    }
    std::sort(names.begin(), names.end());
  }
  hermit::spec::Totals totals;
  for (const std::string& name : names) hermit::spec::run_script(argv[1], name, known, engine, totals);
  std::printf("%u passed, %u failed, %u skipped\n", totals.passed, totals.failed, totals.skipped);
  return totals.failed != 0 || totals.passed == 0 ? 1 : 0;
}
