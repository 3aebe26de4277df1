// Whether a module can run in a hermit: valid, and every import is something the launcher offers.
#pragma once

#include "bundle/config.h"
#include "cli/command.h"

namespace hermit::cli {

// `name` stands in front of messages. Decodes and validates the module, checks its imports against the host functions
// that `config` grants, and that there is something to start.
Outcome<void> check_module(const std::string& name, ByteView module, const bundle::Config& config);

}  // namespace hermit::cli
