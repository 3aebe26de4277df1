// Which walls of the operating system apply to a packed program (`hermit inspect --confinement`).
#pragma once

#include <string>

#include "bundle/config.h"

namespace hermit::cli {

// Lines for people, a paragraph for each system. Text of the configuration is escaped.
std::string describe_confinement(const bundle::Config& config);

}  // namespace hermit::cli
