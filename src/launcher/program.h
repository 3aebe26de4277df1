// A bundle whose grants are applied, run to its end.
#pragma once

#include <optional>
#include <string>

#include "bundle/reader.h"
#include "launcher/grants.h"
#include "wasi1/wasi.h"

namespace hermit::launcher {

// Exit codes of the launcher itself (docs/hermitfile.md).
inline constexpr int kTimedOut = 124;
inline constexpr int kUnusable = 125;
inline constexpr int kCannotRun = 126;
inline constexpr int kNoProgram = 127;
inline constexpr int kTrapped = 134;

// Loads the modules, links them and calls the entry. Ends the process with the exit code; what went wrong has been
// reported under `name`. Returns only if the program asked to be replaced by another one (HOST run): `next` holds that,
// and nothing of this one is left: no instance, no descriptor.
// `is_own`: the bundle is that of the file that was started, so its native code may run; of others only modules do.
int run_program(const bundle::Bundle& bundle, const std::string& name, Grants grants, bool is_own,
                std::optional<wasi1::RunRequest>& next);

}  // namespace hermit::launcher
