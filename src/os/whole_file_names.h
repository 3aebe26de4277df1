// The names of the files that replace_file writes before it renames.
#pragma once

#include <string>

#include "base/decimal.h"
#include "base/types.h"

namespace hermit::os {

// In the folder of `path`, hidden on POSIX, distinct for distinct `token`s.
inline std::string temporary_name(const std::string& path, u64 token) {
  const size_t slash = path.find_last_of("/\\");
  const size_t name = slash == std::string::npos ? 0 : slash + 1;
  return path.substr(0, name) + "." + path.substr(name) + "." + decimal(token) + ".tmp";
}

// Whether `candidate` is one that temporary_name may have given for `path`.
inline bool is_temporary_name(const std::string& path, const std::string& candidate) {
  const size_t slash = path.find_last_of("/\\");
  const size_t name = slash == std::string::npos ? 0 : slash + 1;
  const std::string begin = path.substr(0, name) + "." + path.substr(name) + ".", end = ".tmp";
  if (candidate.size() <= begin.size() + end.size() || !candidate.starts_with(begin) || !candidate.ends_with(end))
    return false;
  const size_t digits = candidate.size() - begin.size() - end.size();
  return candidate.substr(begin.size(), digits).find_first_not_of("0123456789") == std::string::npos;
}

}  // namespace hermit::os
