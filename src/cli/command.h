// The subcommands of `hermit` and what they share: arguments, failures, progress.
//
// A subcommand returns its failure as text; only main() prints it and chooses the exit code (0; 1 the build or the
// check failed; 2 the command line is wrong).
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

namespace hermit::cli {

struct Failure {
  int exit_code = 1;
  std::string text;  // without "hermit: "; may have several lines; already safe for a terminal
  std::string_view directive =
      {};  // of the Hermitfile that it is about ("ENTRYPOINT"), if it is one line without a place
};
template <typename T>
using Outcome = std::expected<T, Failure>;

std::unexpected<Failure> failed(std::string text);
std::unexpected<Failure> wrong_usage(std::string text);
// "path: what went wrong", with `path` made safe for a terminal.
std::unexpected<Failure> failed(std::string_view path, const Error& error);

// One option that a command knows. `value` is the name of its argument, or null for a flag.
struct Option {
  const char* name;        // "--output"
  char letter;             // 'o', or 0
  const char* value;       // "FILE", or null
  std::string* text;       // receives the argument; "1" for a flag that was given
  std::vector<std::string>* list = nullptr;  // receives every argument, where the option may be repeated
};

// Reads `arguments`: known options into their variables (the last one wins), the rest, and all after "--", into `rest`.
// "--name=value", "--name value", "-nvalue" and "-n value" are understood. With `until_first`, everything from the
// first argument that is no option on is the rest.
Outcome<void> read_options(const std::vector<std::string>& arguments, const std::vector<Option>& options,
                           std::vector<std::string>& rest, bool until_first = false);

// The subcommands. `arguments` are those behind the command's name.
struct Command {
  const char* name;
  const char* summary;
  const char* help;
  Outcome<void> (*run)(const std::vector<std::string>& arguments);
};
extern const Command kBuild;
extern const Command kCheck;
extern const Command kCompile;
extern const Command kInspect;
extern const Command kLicenses;
extern const Command kRun;
extern const Command kVerify;

// Shows what is going on, in one line of a terminal on standard error, once a command has taken half a second or is
// about to begin something that will. Says nothing where standard error is no terminal.
class Progress {
 public:
  Progress();
  ~Progress();
  // `bytes`: how much input the step has, to guess whether it takes long.
  void step(std::string_view what, u64 bytes);
  // Takes the line away, for a message.
  void clear();

 private:
  bool terminal_;
  bool shown_ = false;
  u64 start_;
};

// A path that the user typed, as this program's files are named: inside a hermit on Windows `C:\x\y` is `/C/x/y`. Paths
// that depend on the current drive (`C:x`, `\x`), and network paths, are refused there: they would name other files.
Outcome<std::string> path_from_user(std::string path);
// `path` as seen from the folder of the file `base`.
std::string relative_to_file(std::string_view base, const std::string& path);
// "dir/cowsay.wasm" → "cowsay.wasm"; "cowsay.wasm" → "cowsay".
std::string base_name(std::string_view path);
std::string without_extension(std::string_view name);

// What the tool brings along: launchers and licence texts (see src/cli/Hermitfile). Inside a hermit they are embedded
// files below /hermit; a native build of the tool takes the folder from --resources.
std::string resource_path(const std::string& folder, std::string_view name);

// "1,234,567 bytes" and "1.2 MB".
std::string readable_size(u64 bytes);

}  // namespace hermit::cli
