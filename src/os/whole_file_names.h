// The name of the file that replace_file writes before it renames.
#pragma once

#include <string>

#include "base/types.h"

namespace hermit::os {

// In the folder of `path`, hidden on POSIX, distinct for distinct `token`s.
inline std::string temporary_name(const std::string& path, u64 token) {
  const size_t slash = path.find_last_of("/\\");
  const size_t name = slash == std::string::npos ? 0 : slash + 1;
  return path.substr(0, name) + "." + path.substr(name) + "." + std::to_string(token) + ".tmp";
}

}  // namespace hermit::os
