// The reader of executables: launchers listed and extracted from any bytes.
#include "exe/container.h"

extern "C" int LLVMFuzzerTestOneInput(const hermit::u8* data, size_t size) {
  using namespace hermit;
  const ByteView file(data, size);
  if (const auto launchers = exe::list_launchers(file)) {
    for (const auto& launcher : *launchers) (void)exe::extract_launcher(file, launcher.target);
  }
  const exe::Launcher all[] = {
      {exe::Target::LinuxX86_64, file}, {exe::Target::MacosAarch64, file}, {exe::Target::WindowsX86_64, file}};
  for (const auto& launcher : all) {
    const auto container =
        exe::plan_file({exe::FileKind::Single, launcher.target}, {&launcher, 1}, exe::kPlainAlignment);
    if (!container) continue;
    Bytes out = container->head;
    out.push_back(0);
    (void)exe::finish_file(*container, out);
  }
  return 0;
}
