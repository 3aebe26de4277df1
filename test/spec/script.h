// Runs one script of the official WebAssembly tests: a JSON file of commands beside its modules (wabt's wast2json
// format).
#pragma once

#include <set>
#include <string>

namespace hermit::spec {

struct Totals {
  unsigned passed = 0;
  unsigned failed = 0;
  unsigned skipped = 0;
};

// Commands that are expected to fail, as "NAME:LINE". One that passes nevertheless counts as a failure.
using KnownFailures = std::set<std::string, std::less<>>;

enum class Engine { Interpreter, Native };

// Runs DIRECTORY/NAME/NAME.json with `engine` and prints each failure as "NAME.wast:LINE: ...". Text-format modules are
// skipped.
void run_script(const std::string& directory, const std::string& name, const KnownFailures& known, Engine engine,
                Totals& totals);

// The bytes of a file, or nothing.
bool read_file(const std::string& path, std::string& out);

}  // namespace hermit::spec
