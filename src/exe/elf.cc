// Recognising Linux launchers. The kernel loads what the program headers name and never looks at what follows, so a
// payload behind the file's end leaves a true ELF. See System V ABI, chapter 5.
#include "exe/elf.h"

#include <cstring>

#include "base/launcher_protocol.h"
#include "exe/elf_format.h"

namespace hermit::exe {

namespace {

bool load_header(ByteView file, ElfHeader& header) {
  if (file.size() < sizeof header) return false;
  std::memcpy(&header, file.data(), sizeof header);
  return true;
}

}  // namespace

bool is_elf(ByteView file, Target& target) {
  ElfHeader header;
  const u8 kIdent[] = {0x7f, 'E', 'L', 'F', 2, 1, 1};  // 64 bits, little-endian, version 1
  if (!load_header(file, header) || std::memcmp(header.ident, kIdent, sizeof kIdent) != 0) return false;
  if (header.machine == kElfMachineAmd64) return target = Target::LinuxX86_64, true;
  if (header.machine == kElfMachineArm64) return target = Target::LinuxAarch64, true;
  return false;
}

Result<Target> check_elf(ByteView file) {
  Target target;
  ElfHeader header;
  if (!is_elf(file, target) || !load_header(file, header)) return malformed("not an ELF file for x86-64 or AArch64", 0);
  if (header.type != kElfExecutable && header.type != kElfShared) return invalid("ELF file is not executable", 16);
  if (header.program_header_size != sizeof(ElfProgramHeader)) return invalid("bad ELF program header size", 54);
  ByteReader reader(file);
  reader.skip(header.program_headers);
  bool loads = false;
  for (u32 i = 0; i < header.program_header_count; ++i) {
    u64 at = reader.offset();
    ByteView bytes = reader.read_bytes(sizeof(ElfProgramHeader), "ELF program headers are cut off");
    if (!reader.ok()) return std::unexpected(reader.error());
    ElfProgramHeader segment;
    std::memcpy(&segment, bytes.data(), sizeof segment);
    if (segment.type == kElfInterpreter) {
      return std::unexpected(Error{ErrorKind::Unsupported, "ELF launcher is not static", at});
    }
    if (segment.type != kElfLoad) continue;
    loads = true;
    if (segment.offset > file.size() || file.size() - segment.offset < segment.file_size) {
      return malformed("ELF segment lies outside of the file", at);
    }
  }
  if (!loads) return invalid("ELF file loads nothing", 56);
  return target;
}

void mark_elf(Bytes& file) { std::memcpy(file.data() + kElfMarkAt, kElfMark.data(), kElfMark.size()); }

}  // namespace hermit::exe
