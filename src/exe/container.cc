// The kinds of executable behind one interface.
//
// A single file is the launcher plus padding (ELF, PE) or the launcher cut open (Mach-O). The files for several systems
// are in polyglot.cc.
#include "exe/container.h"

#include "base/check.h"
#include "exe/elf.h"
#include "exe/gzip.h"
#include "exe/macho.h"
#include "exe/pe.h"
#include "exe/polyglot.h"

namespace hermit::exe {

namespace {

Result<void> expect_target(Target found, Target wanted) {
  if (found != wanted) return invalid("launcher was built for another machine", 0);
  return {};
}

Result<Container> plan_single(const FileType& type, ByteView launcher, u32 alignment) {
  Container container{.type = type, .head = {}, .tail = {}};
  switch (system_of(type.target)) {
    case System::Linux: {
      TRY(Target found, check_elf(launcher));
      TRY_VOID(expect_target(found, type.target));
      container.head.assign(launcher.begin(), launcher.end());
      mark_elf(container.head);
      break;
    }
    case System::Windows: {
      TRY(PeImage image, parse_pe(launcher));
      TRY_VOID(expect_target(image.target, type.target));
      TRY(container.head, normal_pe(image));
      break;
    }
    case System::Macos: {
      TRY(MachParts parts, split_macho(launcher, alignment < kMachPage ? kMachPage : alignment));
      TRY_VOID(expect_target(parts.target, type.target));
      container.head = std::move(parts.head);
      container.tail = std::move(parts.tail);
      break;
    }
  }
  ByteWriter(container.head).align(alignment);
  return container;
}

// Which single file this is, if it is one of ours.
std::optional<Target> identify(ByteView file) {
  Target target;
  if (is_elf(file, target) || is_macho(file, target) || is_pe(file, target)) return target;
  return std::nullopt;
}

}  // namespace

Result<Container> plan_file(FileType type, std::span<const Launcher> launchers, u32 alignment) {
  CHECK(alignment != 0 && (alignment & (alignment - 1)) == 0);
  if (type.kind == FileKind::Single) {
    const Launcher* launcher = find_launcher(launchers, type.target);
    if (launcher == nullptr) return invalid("no launcher for this target", 0);
    return plan_single(type, launcher->bytes, alignment);
  }
  Container container{.type = type, .head = {}, .tail = {}};
  TRY(container.head, write_prefix(type.kind, launchers));
  ByteWriter(container.head).align(alignment);
  return container;
}

Result<void> finish_file(const Container& container, Bytes& file) {
  CHECK(file.size() > container.payload_offset());
  if (container.type.kind != FileKind::Single || system_of(container.type.target) != System::Macos) return {};
  return finish_macho(container.payload_offset(), container.tail, file);
}

Result<std::vector<PresentLauncher>> list_launchers(ByteView file) {
  if (is_multi_system(file)) return list_prefix(file);
  std::vector<PresentLauncher> launchers;
  if (auto target = identify(file)) launchers.push_back({*target, 0, 0});
  return launchers;
}

Result<Bytes> extract_launcher(ByteView file, Target target) {
  if (!is_multi_system(file)) return invalid("not a file for several systems", 0);
  TRY(auto launchers, list_prefix(file));
  for (const PresentLauncher& launcher : launchers) {
    if (launcher.target != target) continue;
    if (system_of(target) == System::Windows) {
      TRY(PeImage image, parse_pe(file));
      return normal_pe(image);
    }
    return gunzip(file.subspan(static_cast<size_t>(launcher.offset), static_cast<size_t>(launcher.size)));
  }
  return invalid("no launcher for this target", 0);
}

}  // namespace hermit::exe
