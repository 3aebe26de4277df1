// process.h inside a hermit: a WASI program.
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <unistd.h>

#include "os/process.h"

extern char** environ;

// Granted by HOST ["run"] (docs/hermitfile.md). The arguments lie one behind the other, each with its NUL. Does not
// return if the launcher takes the archive; else a WASI errno.
__attribute__((import_module("hermit"), import_name("run"))) extern "C" hermit::u32 hermit_run(
    const hermit::u8* archive, hermit::u32 archive_size, const char* arguments, hermit::u32 arguments_size);

namespace hermit::os {

Error run_bundle(ByteView archive, const std::vector<std::string>& arguments) {
  std::string text;
  for (const std::string& argument : arguments) text.append(argument.c_str(), argument.size() + 1);
  const u32 error =
      hermit_run(archive.data(), static_cast<u32>(archive.size()), text.data(), static_cast<u32>(text.size()));
  return {ErrorKind::System, "cannot run", error};
}

std::vector<std::string> arguments(int argc, char** argv) {
  // WASI has no current directory of its own: libc keeps one, and the launcher tells it through PWD.
  if (const char* directory = std::getenv("PWD")) (void)chdir(directory);
  return {argv, argv + argc};
}

std::vector<std::string> environment() {
  std::vector<std::string> variables;
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
    variables.emplace_back(*variable);
  }
  return variables;
}

Result<std::string> own_executable_path() {
  return std::unexpected(Error{ErrorKind::Unsupported, "a WASI program does not know its own file"});
}

Result<std::string> own_executable_to_open() { return own_executable_path(); }

ByteView own_header() { return {}; }

Result<std::string> current_directory() {
  char path[PATH_MAX + 1];
  if (getcwd(path, sizeof path) == nullptr) {
    return std::unexpected(Error{ErrorKind::System, "cannot find the current directory", static_cast<u64>(errno)});
  }
  return std::string(path);
}

std::string home_directory() {
  const char* home = std::getenv("HOME");
  return home == nullptr ? std::string() : std::string(home);
}

}  // namespace hermit::os
