// `hermit`: the tool. The same sources are the native program that packs the first hermit.com, and the WASI program
// inside it. This file finds the subcommand, prints what it returns and chooses the exit code.
#include <cstring>

#include "cli/command.h"
#include "cli/jobs.h"
#include "base/printable.h"
#include "os/process.h"

namespace hermit::cli {
namespace {

constexpr char kHelp[] =
    R"(hermit packs a WebAssembly (WASI) program and a Hermitfile into one executable file that runs on
Linux, macOS and Windows, on x86-64 and AArch64, and reaches nothing but what the Hermitfile grants.

usage: hermit [build] [-f Hermitfile] [-o FILE]    pack a program
       hermit check [-f Hermitfile]                find errors without packing
       hermit inspect FILE                         what a packed program is and may reach
       hermit run [--map DIR] [--explain] FILE     run somebody else's program under your grants
       hermit verify FILE                          is its native code that of its modules?
       hermit compile FILE.wasm                    what the compiler makes of a module
       hermit licenses                             licences of the code inside hermit
       hermit COMMAND --help | hermit --version

A Hermitfile of one line is enough:

       FROM program.wasm
)";

constexpr const Command* kCommands[] = {&kBuild, &kCheck, &kInspect, &kRun, &kVerify, &kCompile, &kLicenses};

const Command* find_command(std::string_view name) {
  for (const Command* command : kCommands) {
    if (name == command->name) return command;
  }
  return nullptr;
}

bool asks_for(const std::vector<std::string>& arguments, std::string_view long_name, std::string_view letter) {
  for (const std::string& argument : arguments) {
    if (argument == "--") return false;
    if (argument == long_name || argument == letter) return true;
  }
  return false;
}

Outcome<void> print(std::string_view text) {
  if (!os::write_stdout(text)) return failed("cannot write to standard output");
  return {};
}

Outcome<void> run(std::vector<std::string> arguments) {
  if (!arguments.empty()) arguments.erase(arguments.begin());
  const bool named = !arguments.empty() && !arguments[0].starts_with('-');
  const bool is_run = !arguments.empty() && arguments[0] == kRun.name;
  const bool help = asks_for(arguments, "--help", "-h");
  if (!is_run && asks_for(arguments, "--version", "-V")) return print("hermit " HERMIT_VERSION "\n");
  if (!named) return help ? print(kHelp) : kBuild.run(arguments);

  const Command* command = find_command(arguments[0]);
  if (arguments[0] == "help") return print(kHelp);
  if (command == nullptr) {
    std::string known;
    for (const Command* candidate : kCommands) known += std::string(known.empty() ? "" : ", ") + candidate->name;
    return wrong_usage("unknown command " + printable(arguments[0]) + " (commands: " + known + ")");
  }
  // What stands behind the file that `run` runs is not ours to read.
  if (help && command != &kRun) return print(command->help);
  arguments.erase(arguments.begin());
  return command->run(arguments);
}

}  // namespace
}  // namespace hermit::cli

#if defined(__wasi__)
// What the launcher calls in an instance that is a worker, instead of _start, which would set up the C++ library.
extern "C" void __wasm_call_ctors();
extern "C" __attribute__((export_name("hermit_worker"))) void hermit_worker() {
  __wasm_call_ctors();
  hermit::os::serve_as_worker(hermit::cli::serve_compiler);
}
#endif

int main(int argc, char** argv) {
  using namespace hermit;
  const auto outcome = cli::run(os::arguments(argc, argv));
  if (outcome) return 0;
  const cli::Failure& failure = outcome.error();
  std::string text = failure.text;
  if (!text.ends_with('\n')) text = "hermit: " + text + "\n";  // diagnostics bring their own lines
  if (failure.exit_code == 2) text += "Try `hermit --help`.\n";
  os::write_stderr(text);
  return failure.exit_code;
}
