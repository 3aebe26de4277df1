// The systems Hermit packs for, and the kinds of file it writes.
#pragma once

#include <optional>
#include <string_view>

#include "base/types.h"

namespace hermit::exe {

// In the order in which launchers are listed and written.
enum class Target : u8 { LinuxX86_64, LinuxAarch64, MacosX86_64, MacosAarch64, WindowsX86_64, WindowsAarch64 };

inline constexpr Target kAllTargets[] = {Target::LinuxX86_64,  Target::LinuxAarch64,  Target::MacosX86_64,
                                         Target::MacosAarch64, Target::WindowsX86_64, Target::WindowsAarch64};

enum class System : u8 { Linux, Macos, Windows };
enum class Isa : u8 { X86_64, Aarch64 };

System system_of(Target target);
Isa isa_of(Target target);

// "linux-x86_64" and so on: the words of `--target`, of the start script's table and of cached file names.
std::string_view target_name(Target target);
std::optional<Target> parse_target(std::string_view name);

// What `--target` accepts: one target, or a file for several systems.
enum class FileKind : u8 {
  All,     // MZ polyglot: Windows, macOS and Linux
  Unix,    // #!/bin/sh: macOS and Linux
  Single,  // a true ELF, PE or Mach-O
};
struct FileType {
  FileKind kind;
  Target target;  // meaningful for Single only
};
// "all", "unix" or a target's name.
std::optional<FileType> parse_file_type(std::string_view name);

}  // namespace hermit::exe
