// A bundle whose grants are applied, run to its end.
#pragma once

#include <optional>
#include <string>

#include "bundle/reader.h"
#include "launcher/grants.h"
#include "launcher/native.h"
#include "wasi1/wasi.h"

namespace hermit::launcher {

// Exit codes of the launcher itself (docs/hermitfile.md).
inline constexpr int kTimedOut = 124;
inline constexpr int kUnusable = 125;
inline constexpr int kCannotRun = 126;
inline constexpr int kNoProgram = 127;
inline constexpr int kTrapped = 134;

// Loads the modules, links them, calls the entry and ends the process with the program's exit code; what went wrong has
// been reported under `name`. Returns only if the program asked to be replaced by another one (HOST run), and then
// nothing of it is left: no instance, no descriptor. `wish`: about the bundle's native code; without one only modules
// run, as for every bundle that is not that of the file that was started.
wasi1::RunRequest run_program(const bundle::Bundle& bundle, const std::string& name, Grants grants,
                              const std::optional<EngineWish>& wish);

}  // namespace hermit::launcher
