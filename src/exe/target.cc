// Names of targets and file types: one table, read in both directions.
#include "exe/target.h"

namespace hermit::exe {

namespace {

struct Row {
  Target target;
  System system;
  Isa isa;
  std::string_view name;
};

constexpr Row kRows[] = {
    {Target::LinuxX86_64, System::Linux, Isa::X86_64, "linux-x86_64"},
    {Target::LinuxAarch64, System::Linux, Isa::Aarch64, "linux-aarch64"},
    {Target::MacosX86_64, System::Macos, Isa::X86_64, "macos-x86_64"},
    {Target::MacosAarch64, System::Macos, Isa::Aarch64, "macos-aarch64"},
    {Target::WindowsX86_64, System::Windows, Isa::X86_64, "windows-x86_64"},
    {Target::WindowsAarch64, System::Windows, Isa::Aarch64, "windows-aarch64"},
};

const Row& row_of(Target target) { return kRows[static_cast<size_t>(target)]; }

}  // namespace

System system_of(Target target) { return row_of(target).system; }
Isa isa_of(Target target) { return row_of(target).isa; }
std::string_view target_name(Target target) { return row_of(target).name; }

std::optional<Target> parse_target(std::string_view name) {
  for (const Row& row : kRows) {
    if (row.name == name) return row.target;
  }
  return std::nullopt;
}

std::optional<FileType> parse_file_type(std::string_view name) {
  if (name == "all") return FileType{FileKind::All, Target::LinuxX86_64};
  if (name == "unix") return FileType{FileKind::Unix, Target::LinuxX86_64};
  if (auto target = parse_target(name)) return FileType{FileKind::Single, *target};
  return std::nullopt;
}

}  // namespace hermit::exe
