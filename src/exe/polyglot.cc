// One file for several systems.
//
// To Windows, the file is a PE: "MZ", then nothing that matters up to e_lfanew at 0x3c. To a shell, the first line
// assigns a variable, the second is a comment that hides e_lfanew, and the script follows; it ends in exec or exit, so
// no shell reads on into the PE headers. The launchers of the other systems lie behind, where the script's table says.
//
// The script holds block numbers, and its length decides where the blocks lie. The knot is cut by reserving the length
// of a script with the largest numbers and filling the rest with line breaks.
// Layout and rules: docs/formats/executable.md.
#include "exe/polyglot.h"

#include <algorithm>

#include "base/check.h"
#include "base/sha256.h"
#include "exe/elf.h"
#include "exe/gzip.h"
#include "exe/macho.h"
#include "exe/pe.h"
#include "exe/start_script.h"

namespace hermit::exe {

namespace {

constexpr std::string_view kAllLine = "MZ=hermit\n";
constexpr std::string_view kUnixLines = "#!/bin/sh\n#hermit\n";
constexpr size_t kLfanewOffset = 0x3c;
constexpr u64 kLargestNumber = 9'999'999'999;  // room for ten digits in a row of the table
// The script ends below SizeOfHeaders, which is at most the first section's address; nobody links that above 64 KiB.
constexpr size_t kScriptLimit = 65536;

struct Posix {
  Bytes packed;
  ScriptRow row;
};

Result<void> check_posix(const Launcher& launcher) {
  Target found{};
  if (system_of(launcher.target) == System::Linux) {
    TRY(found, check_elf(launcher.bytes));
  } else {
    TRY(MachParts parts, split_macho(launcher.bytes, kMachPage));
    found = parts.target;
  }
  if (found != launcher.target) return invalid("launcher was built for another machine", 0);
  return {};
}

Result<std::vector<Posix>> collect_posix(std::span<const Launcher> launchers) {
  std::vector<Posix> found;
  for (Target target : kAllTargets) {
    const Launcher* launcher = find_launcher(launchers, target);
    if (launcher == nullptr || system_of(target) == System::Windows) continue;
    TRY_VOID(check_posix(*launcher));
    std::string digest = to_hex(sha256(launcher->bytes)).substr(0, 16);
    Bytes packed = gzip(launcher->bytes);
    const u64 size = packed.size();
    found.push_back({std::move(packed), {target, std::move(digest), kLargestNumber, size}});
  }
  if (found.empty()) return invalid("no launcher for Linux or macOS", 0);
  return found;
}

std::string script_of(std::span<const Posix> launchers, bool windows) {
  std::vector<ScriptRow> rows;
  for (const Posix& posix : launchers) rows.push_back(posix.row);
  return start_script(rows, windows);
}

// e_lfanew is a multiple of 8, and none of its bytes ends the comment it stands in or starts a multi-byte character.
u64 place_pe_header(u64 at) {
  at = (at + 7) / 8 * 8;
  auto fits = [](u64 value) {
    for (u32 i = 0; i < 4; ++i) {
      u8 byte = static_cast<u8>(value >> (8 * i));
      if (byte == '\n' || byte == '\r' || byte >= 0x80) return false;
    }
    return true;
  };
  while (!fits(at)) at += 8;
  return at;
}

}  // namespace

Result<Bytes> write_prefix(FileKind kind, std::span<const Launcher> launchers) {
  CHECK(kind != FileKind::Single);
  bool windows = kind == FileKind::All;
  TRY(auto posix, collect_posix(launchers));

  // Parts: what comes before the script, the PE half, the POSIX launchers.
  Bytes out;
  ByteWriter writer(out);
  writer.write(windows ? kAllLine : kUnixLines);
  if (windows) {
    out.resize(kLfanewOffset, u8{'#'});
    writer.write_le<u32>(0);  // append_pe() fills it in
  }
  PeImage image;
  if (windows) {
    const Launcher* pe = find_launcher(launchers, Target::WindowsX86_64);
    if (pe == nullptr) return invalid("no launcher for windows-x86_64", 0);
    TRY(image, parse_pe(pe->bytes));
    if (image.target != Target::WindowsX86_64) return invalid("launcher was built for another machine", 0);
  }

  // Offsets.
  size_t script_begin = out.size();
  size_t script_size = script_of(posix, windows).size();
  if (script_size > kScriptLimit) return std::unexpected(Error{ErrorKind::Limit, "start script is too long", 0});
  out.resize(script_begin + script_size, u8{'\n'});
  if (windows) {
    out.resize(static_cast<size_t>(place_pe_header(out.size())), u8{'\n'});
    TRY_VOID(append_pe(image, out));
  }
  u64 end = out.size();
  for (Posix& each : posix) {
    each.row.block = (end + kScriptBlock - 1) / kScriptBlock;
    end = each.row.block * kScriptBlock + each.row.size;
  }

  // Bytes.
  std::string script = script_of(posix, windows);
  CHECK(script.size() <= script_size);
  std::copy(script.begin(), script.end(), out.begin() + static_cast<ptrdiff_t>(script_begin));
  for (const Posix& each : posix) {
    writer.align(kScriptBlock);
    writer.write(each.packed);
  }
  CHECK(out.size() == end);
  return out;
}

const Launcher* find_launcher(std::span<const Launcher> launchers, Target target) {
  for (const Launcher& launcher : launchers) {
    if (launcher.target == target) return &launcher;
  }
  return nullptr;
}

bool is_multi_system(ByteView file) {
  std::string_view text = as_text(file);
  return text.starts_with(kAllLine) || text.starts_with(kUnixLines);
}

Result<std::vector<PresentLauncher>> list_prefix(ByteView file) {
  CHECK(is_multi_system(file));
  TRY(auto rows, parse_script_table(as_text(file.first(std::min(file.size(), kScriptLimit)))));
  std::vector<PresentLauncher> launchers;
  for (const ScriptRow& row : rows) {
    u64 offset = row.block * kScriptBlock;
    if (offset > file.size() || file.size() - offset < row.size)
      return malformed("launcher lies outside of the file", offset);
    launchers.push_back({row.target, offset, row.size});
  }
  Target target;
  if (is_pe(file, target)) launchers.push_back({target, 0, 0});
  return launchers;
}

}  // namespace hermit::exe
