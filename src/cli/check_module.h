// Whether modules can run in a hermit: valid, every import offered by the host or by another module, and a function to
// start with.
#pragma once

#include <span>

#include "bundle/config.h"
#include "cli/command.h"

namespace hermit::cli {

struct ModuleToCheck {
  std::string label;  // in front of messages; safe for a terminal
  std::string name;   // in LINK; empty for the program itself
  ByteView bytes;
};

// Decodes and validates all modules, of which the last is the program, and checks what would keep them from starting
// together: imports against each other and against the host functions that `config` grants, circles, ENTRYPOINT, LIMIT.
Outcome<void> check_modules(std::span<const ModuleToCheck> modules, const bundle::Config& config, Progress& progress);

}  // namespace hermit::cli
