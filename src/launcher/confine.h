// The second wall around a program that is about to run (os/confine.h, docs/sandbox.md).
#pragma once

#include "bundle/config.h"
#include "host/host.h"

namespace hermit::launcher {

// Confines the process to the grants: on Linux unless HERMIT_CONFINE=0, elsewhere only with HERMIT_CONFINE=1.
// Requires: no guest code has run, no thread has been started, nothing is left to be opened or mapped for the program.
void confine(host::Host& host, const bundle::Config& config);

}  // namespace hermit::launcher
