// Which names may be one component of a path on Windows.
#pragma once

#include <string>
#include <string_view>

#include "os/sys_error.h"

namespace hermit::os {

// `name` (UTF-8) in UTF-16; empty for ".", the directory itself. Errors: Access for the name of a device (CON, NUL.txt,
// COM1 …); NotFound if it is not one plain component (a separator, `:`, a wildcard or control character, a dot or space
// at the end); IllegalSequence if it is not UTF-8; NameTooLong.
SysResult<std::wstring> to_component(std::string_view name);

// Whether `path` lies in the file system of a Linux distribution under WSL, which Windows shows as a share. (A file on
// a drive of Windows is an ordinary one, whoever starts it.)
bool is_wsl_path(std::string_view path);

}  // namespace hermit::os
