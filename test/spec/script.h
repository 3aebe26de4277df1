// Runs one script of the official WebAssembly tests: a JSON file of commands beside its modules (wabt's wast2json
// format).
#pragma once

#include <map>
#include <set>
#include <string>

namespace hermit::spec {

struct Totals {
  unsigned passed = 0;
  unsigned failed = 0;
  unsigned skipped = 0;  // text-format commands, and those listed
  // Commands that need a feature which is refused by name: "gc" (objects and casts), "threads".
  std::map<std::string, unsigned> unsupported;
};

// Commands that are expected to fail, as "NAME:LINE". One that passes nevertheless counts as a failure.
using KnownFailures = std::set<std::string, std::less<>>;

enum class Engine { Interpreter, Native };

// Commands of assert_malformed and assert_invalid that another version of the standard, or another place to notice the
// same bytes, answers differently: "NAME:LINE" → "accepted", or the message that is right here. They count as any
// other.
using OtherOutcomes = std::map<std::string, std::string, std::less<>>;

struct Expectations {
  KnownFailures known;
  OtherOutcomes others;
};

// Runs DIRECTORY/NAME/NAME.json with `engine` and prints each failure as "NAME.wast:LINE: ...". Commands about
// text-format modules are skipped.
void run_script(const std::string& directory, const std::string& name, const Expectations& expectations, Engine engine,
                Totals& totals);

// The bytes of a file, or nothing.
bool read_file(const std::string& path, std::string& out);

}  // namespace hermit::spec
