// The POSIX shell script at the front of a packed file: finds the launcher for this system, puts it into a cache
// directory if it is not there yet, and executes it (base/launcher_protocol.h).
//
// docs/formats/executable.md is normative.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "exe/target.h"

namespace hermit::exe {

// POSIX launchers start at multiples of this: `dd` copies whole blocks fast.
inline constexpr u32 kScriptBlock = 4096;

// One row of the script's table.
struct ScriptRow {
  Target target;       // a Linux or macOS target
  std::string digest;  // the first 16 hexadecimal digits of the launcher's SHA-256: its name in the cache
  u64 block;           // where it starts in the file, in units of kScriptBlock
  u64 size;            // of the gzip'd launcher, in bytes
};

// The script's text: ASCII, lines end in '\n', the last one in an exit, so no shell reads what lies behind.
// `windows`: the file has a PE half (MSYS and Cygwin shells start that).
std::string start_script(std::span<const ScriptRow> rows, bool windows);

// The table of a script, in the order of its lines. `text` is hostile; it may hold binary data behind the script.
// Errors: Malformed where a line starts as a row but does not go on as one.
Result<std::vector<ScriptRow>> parse_script_table(std::string_view text);

}  // namespace hermit::exe
