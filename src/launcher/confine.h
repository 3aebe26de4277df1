// The second wall around a program that is about to run (os/confine.h, docs/sandbox.md).
#pragma once

#include <string>

#include "bundle/config.h"
#include "host/host.h"

namespace hermit::launcher {

// Confines the process to the grants. `wish`, the value of HERMIT_CONFINE, turns that off on Linux (0) and on elsewhere
// (1); it may be empty.
// Requires: no guest code has run, no thread has been started, nothing is left to be opened or mapped for the program.
void confine(host::Host& host, const bundle::Config& config, const std::string& wish);

}  // namespace hermit::launcher
