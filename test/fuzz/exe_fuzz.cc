// The readers and writers of executables. Input that begins with a byte below 16 edits small valid launchers and the
// file that is made of them (an offset of two bytes, a value of one, again and again); all other input is a file
// itself.
#include <vector>

#include "base/check.h"
#include "exe/container.h"
#include "exe/synthetic_launchers.h"

namespace {

using namespace hermit;

void edit(Bytes& file, ByteView edits) {
  for (; edits.size() >= 3; edits = edits.subspan(3)) {
    const size_t at = (size_t{edits[0]} << 8 | edits[1]) % (file.size() + 1);
    if (at == file.size()) {
      file.resize(file.size() * edits[2] / 256);
      if (file.empty()) return;
    } else {
      file[at] = edits[2];
    }
  }
}

void read(ByteView file) {
  const auto launchers = exe::list_launchers(file);
  if (!launchers) return;
  for (const auto& launcher : *launchers) (void)exe::extract_launcher(file, launcher.target);
}

// What can be planned can be finished, and read again.
void write(exe::FileType type, std::span<const exe::Launcher> launchers) {
  const auto container = exe::plan_file(type, launchers, exe::kPlainAlignment);
  if (!container) return;
  Bytes out = container->head;
  out.insert(out.end(), 100, 0x50);
  if (!exe::finish_file(*container, out)) return;
  const auto present = exe::list_launchers(out);
  CHECK(present.has_value());
}

Bytes make(exe::Target target) {
  switch (exe::system_of(target)) {
    case exe::System::Linux: return exe::synthetic_elf(target);
    case exe::System::Windows: return exe::synthetic_pe(target);
    default: return exe::synthetic_macho(target);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8* data, size_t size) {
  constexpr exe::Target kAll[] = {exe::Target::LinuxX86_64, exe::Target::LinuxAarch64, exe::Target::MacosX86_64,
                                  exe::Target::MacosAarch64, exe::Target::WindowsX86_64};
  const ByteView input(data, size);
  if (size == 0 || data[0] >= 16) {
    read(input);
    const exe::Launcher all[] = {
        {exe::Target::LinuxX86_64, input}, {exe::Target::MacosAarch64, input}, {exe::Target::WindowsX86_64, input}};
    for (const auto& launcher : all) write({exe::FileKind::Single, launcher.target}, {&launcher, 1});
    return 0;
  }
  static const std::vector<Bytes> kSmall = [&] {
    std::vector<Bytes> small;
    for (const exe::Target target : kAll) small.push_back(make(target));
    return small;
  }();
  const bool edits_launcher = data[0] < 5;
  std::vector<exe::Launcher> launchers;
  for (size_t i = 0; i < std::size(kAll); ++i) launchers.push_back({kAll[i], kSmall[i]});
  if (edits_launcher) {
    Bytes edited = kSmall[data[0]];
    edit(edited, input.subspan(1));
    launchers[data[0]].bytes = edited;
    write({exe::FileKind::Single, kAll[data[0]]}, {&launchers[data[0]], 1});
    write({exe::FileKind::All, {}}, launchers);
    read(edited);
    return 0;
  }
  static const Bytes kFiles[2] = {exe::plan_file({exe::FileKind::All, {}}, launchers, exe::kPlainAlignment)->head,
                                  exe::plan_file({exe::FileKind::Unix, {}}, launchers, exe::kPlainAlignment)->head};
  Bytes edited = kFiles[data[0] % 2];
  edit(edited, input.subspan(1));
  read(edited);
  return 0;
}
