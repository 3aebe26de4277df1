// Reparse points: symbolic links, junctions, and everything else that redirects an open.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "os/file.h"
#include "os/nt_windows.h"

namespace hermit::os {

// What stands at an open handle, by its attributes and reparse tag.
enum class Redirection : u8 {
  None,      // an ordinary file or directory
  Link,      // a symbolic link, a junction, or a symbolic link of WSL: we resolve it
  Storage,   // data kept elsewhere (cloud, deduplicated, compressed): the system must open it for us
  Elsewhere  // any other name of something else: refused
};
Redirection redirection_of(const nt::AttributeTag& tag);
FileType type_of(const nt::AttributeTag& tag);

// The target of the link that `file` is open on, with `/` between components; absolute ones as `/C/Users`,
// `//server/share` or, for a volume without a letter, `//?/Volume{…}`. Invalid if it is no link.
SysResult<std::string> read_reparse_link(HANDLE file);

// Makes the empty file or directory behind `file` a symbolic link. NotPermitted without the privilege or developer
// mode, and for a target that Windows would read otherwise than POSIX does: one with `\` or `:`, or absolute but not
// `/C/…`.
SysResult<void> write_reparse_link(HANDLE file, std::string_view target);

// The same without the file: what FSCTL_GET_REPARSE_POINT returned, and what FSCTL_SET_REPARSE_POINT is given. Io if
// the data contradicts itself.
SysResult<std::string> decode_reparse_link(std::span<const u8> data);
SysResult<std::vector<u8>> encode_reparse_link(std::string_view target);

}  // namespace hermit::os
