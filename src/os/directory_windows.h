// Shared by the files that implement directory.h on Windows.
#pragma once

#include <string>
#include <string_view>

#include "os/directory.h"
#include "os/handle_windows.h"

namespace hermit::os {

// One entry of a real directory: the system handle of the directory, and the checked name.
struct Entry {
  HANDLE directory;
  std::wstring name;  // empty for the directory itself

  SysResult<HANDLE> open(const nt::Open& what) const { return nt::open(directory, name, what); }
};
// Errors: those of to_component; BadDescriptor, NotDirectory; Access for the set of drives, where nothing can be
// changed.
SysResult<Entry> entry_of(const Handle& directory, std::string_view name);

// The root directory of the drive `name` (one letter); NotFound if there is none.
SysResult<HANDLE> open_drive(std::string_view name, ACCESS_MASK access);

inline constexpr ACCESS_MASK kStartingPoint = FILE_READ_ATTRIBUTES | FILE_TRAVERSE;

}  // namespace hermit::os
