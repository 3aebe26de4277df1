// Files that start on several systems: a DOS header that is a shell script, or a plain `#!/bin/sh`.
//
// docs/formats/executable.md is normative.
#pragma once

#include <span>
#include <vector>

#include "base/bytes.h"
#include "exe/container.h"

namespace hermit::exe {

// The front of a file: start script, PE half (All only), POSIX launchers, each at a multiple of 4096. Ends with the last
// launcher's last byte. Requires: kind is All or Unix. Errors: as plan_file().
Result<Bytes> write_prefix(FileKind kind, std::span<const Launcher> launchers);

// True if `file` starts with the first line of an All or Unix file.
bool is_multi_system(ByteView file);

// The launchers in a file for which is_multi_system() holds; see list_launchers().
Result<std::vector<PresentLauncher>> list_prefix(ByteView file);

// The first of `launchers` for `target`, or null.
const Launcher* find_launcher(std::span<const Launcher> launchers, Target target);

}  // namespace hermit::exe
