// The official spec tests, as far as they concern decoding and validation: every binary module of the 2.0 scripts is
// accepted, or refused with the expected message. SIMD scripts are left out; text modules need a text parser.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "wasm/decoder.h"
#include "wasm/validator.h"

namespace hermit::wasm {
namespace {

namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// The folder of test data: HERMIT_TESTDATA, or ../shared/testdata beside the checkout, seen from this file or the
// current directory. Empty if it is not there.
fs::path testdata() {
  if (const char* folder = getenv("HERMIT_TESTDATA")) return folder;
  for (fs::path folder = fs::current_path(); folder != folder.root_path(); folder = folder.parent_path()) {
    if (fs::exists(folder / "shared/testdata")) return folder / "shared/testdata";
  }
  return {};
}

// A temporary folder that goes away with the object.
struct TemporaryFolder {
  fs::path path = fs::temp_directory_path() / ("hermit-spec-" + std::to_string(getpid()));
  TemporaryFolder() { fs::create_directories(path); }
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
};

std::optional<Error> load(const std::string& text) {
  const Result<Module> module = decode_module(as_bytes(text));
  if (!module) return module.error();
  if (const Result<void> valid = validate_all(*module); !valid) return valid.error();
  return std::nullopt;
}

bool starts_with_either(const std::string& a, const std::string& b) { return a.starts_with(b) || b.starts_with(a); }

// "The bytes run out": which of these wordings fits depends on whether a reader stops at the end of a section (ours) or
// of the file (the reference interpreter, which then takes the bytes behind it for something).
bool means_out_of_bytes(const std::string& text) {
  for (const char* wording :
       {"unexpected end", "length out of bounds", "section size mismatch", "END opcode expected"}) {
    if (text.starts_with(wording)) return true;
  }
  return false;
}

bool message_fits(const std::string& expected, const std::string& actual) {
  return starts_with_either(expected, actual) || (means_out_of_bytes(expected) && means_out_of_bytes(actual));
}

// Commands whose message differs on purpose: {script, line, our message}.
struct Exception {
  const char* script;
  int line;
  const char* message;
};
constexpr Exception kExceptions[] = {
    // A section size that does not count the extra bytes of an over-long number: we stop there, before the number is
    // complete.
    {"binary-leb128", 347, "unexpected end of section or function"},
    {"binary-leb128", 404, "malformed section id"},
    {"binary-leb128", 461, "malformed section id"},
    {"binary-leb128", 730, "malformed section id"},
    {"binary-leb128", 750, "malformed section id"},
    {"binary-leb128", 845, "malformed section id"},
    {"binary-leb128", 865, "malformed section id"},
    {"binary", 112, "unexpected end of section or function"},
    // Version 0d 00 01 00 is told apart from unknown ones.
    {"binary", 44, kComponentMessage},
    // Two code sections of one body each for two functions: the first is already wrong.
    {"binary", 1189, "function and code section have inconsistent lengths"},
};

bool is_exception(const std::string& script, int line, const std::string& message) {
  for (const Exception& exception : kExceptions) {
    if (script == exception.script && line == exception.line && message == exception.message) return true;
  }
  return false;
}

struct Counts {
  int accepted = 0, refused = 0, text = 0;
};

// The plain members of one command. The scripts are pretty-printed: a command's braces are indented by two, its members
// by three, one to a line.
using Command = std::map<std::string, std::string>;

std::vector<Command> commands_of(const fs::path& script) {
  std::vector<Command> commands;
  std::ifstream file(script);
  for (std::string line; std::getline(file, line);) {
    if (line == "  {") commands.emplace_back();
    const size_t colon = line.find("\": ");
    if (commands.empty() || !line.starts_with("   \"") || colon == std::string::npos) continue;
    std::string value = line.substr(colon + 3);
    if (value.ends_with(',')) value.pop_back();
    if (value.size() >= 2 && value.front() == '"') value = value.substr(1, value.size() - 2);
    commands.back()[line.substr(4, colon - 4)] = value;
  }
  return commands;
}

void run_command(const fs::path& script, Command& command, Counts& counts) {
  const std::string type = command["type"];
  if (!command.contains("filename")) return;
  const bool refused = type == "assert_malformed" || type == "assert_invalid";
  if (command["module_type"] == "text") {
    ++counts.text;
    return;
  }
  const std::string file = command["filename"];
  const std::optional<Error> error = load(read_file(script.parent_path() / file));
  const std::string where = script.stem().string() + ":" + command["line"] + " " + file;
  if (!refused) {
    ++counts.accepted;
    EXPECT_FALSE(error) << where << ": " << error->what << " at " << error->where;
    return;
  }
  ++counts.refused;
  const std::string expected = command["text"];
  ASSERT_TRUE(error) << where << ": accepted, expected " << expected;
  if (is_exception(script.stem().string(), atoi(command["line"].c_str()), error->what)) return;
  EXPECT_TRUE(message_fits(expected, error->what))
      << where << ": expected " << expected << ", got " << error->what << " at " << error->where;
  const bool malformed = error->kind == ErrorKind::Malformed;
  if (error->kind != ErrorKind::Unsupported && error->kind != ErrorKind::Limit) {
    EXPECT_EQ(malformed, type == "assert_malformed") << where << ": " << error->what;
  }
}

TEST(SpecTests, ModulesOf20AreAcceptedOrRefusedAsExpected) {
  const fs::path archive = testdata() / "spec/wg-2.0.tar.xz";
  if (!fs::exists(archive)) GTEST_SKIP() << "SKIPPED: no spec tests at " << archive << " (set HERMIT_TESTDATA)";
  const TemporaryFolder folder;
  const std::string unpack = "tar -xJf '" + archive.string() + "' -C '" + folder.path.string() + "'";
  ASSERT_EQ(system(unpack.c_str()), 0) << unpack;
  Counts counts;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder.path)) {
    if (entry.path().extension() != ".json" || entry.path().stem().string().starts_with("simd_")) continue;
    for (Command& command : commands_of(entry.path())) run_command(entry.path(), command, counts);
  }
  std::printf("spec tests: %d modules accepted, %d refused, %d text modules left out\n", counts.accepted,
              counts.refused, counts.text);
  EXPECT_GT(counts.accepted, 1000);
  EXPECT_GT(counts.refused, 2000);
}

}  // namespace
}  // namespace hermit::wasm
