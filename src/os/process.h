// The running process as its `main` sees it: arguments, environment, own file, standard error.
// Text is UTF-8 everywhere; on Windows it is converted from UTF-16 at this border.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

namespace hermit::os {

// The arguments, with argv[0] as the caller gave it. `argc` and `argv` are those of main; Windows ignores them, because
// only the wide command line is exact.
std::vector<std::string> arguments(int argc, char** argv);

// "NAME=value" strings in the process's order. Windows' hidden "=C:" variables are left out.
std::vector<std::string> environment();

// The absolute path of the file this process was started from. Unsupported on WASI (ErrorKind::Unsupported).
Result<std::string> own_executable_path();

// A path that opens the very file this process was started from, even if it was renamed or replaced since, where the
// system has one (Linux); else own_executable_path().
Result<std::string> own_executable_to_open();

// The first bytes of that file as the system has mapped them, where it does (Linux: the ELF header); else nothing.
ByteView own_header();

// Who started this process. A file that is a Windows program and a shell script at once can be taken for the former on
// Linux: by Wine, or by WSL, which hands it to Windows. Always System where that cannot happen.
enum class Starter : u8 { System, Wine, Wsl };
Starter starter();

// The absolute path of the current directory.
Result<std::string> current_directory();

// `path`, absolute: relative paths count from the current directory. Links and ".." stay as they are.
Result<std::string> absolute_path(const std::string& path);

// `path` of something that exists, absolute and without links, as far as the system tells: Windows does not.
Result<std::string> real_path(const std::string& path);

// The home directory of the user as the environment names it, or an empty string.
std::string home_directory();

// Writes all of `text` to standard output; false if that failed (closed pipe, full disk). Unbuffered.
bool write_stdout(std::string_view text);
// Writes to standard error; failures are ignored, there is nowhere to report them. Unbuffered.
void write_stderr(std::string_view text);

// Whether standard error is a terminal.
bool stderr_is_terminal();

// Milliseconds of a monotonic clock with an unspecified start: for progress reports.
u64 monotonic_milliseconds();

// The operating system's text for an ErrorKind::System error number ("No such file or directory").
std::string error_text(u64 code);

// `error` as one line: the system's text for system errors, "offset 0x1f3: text" for positions in a file.
std::string render(const Error& error);

// Goes on as another program: the launcher under a WASI tool (HOST run) drops the tool and runs the packed program
// whose archive is `archive`, with these arguments, argv[0] first. Returns only if that is not possible: Unsupported in
// native builds. Errors of the archive end the process.
Error run_bundle(ByteView archive, const std::vector<std::string>& arguments);

// Ends the process at once with `code`: no destructors, no atexit, nothing buffered is lost because nothing buffers.
[[noreturn]] void exit_process(int code);

}  // namespace hermit::os
