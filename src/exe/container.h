// An executable file around a payload: every kind of file Hermit writes, behind one interface of two steps.
//
//     TRY(Container container, plan_file({FileKind::All}, launchers, kImageAlignment));
//     Bytes file = container.head;               // ends where the payload begins
//     ... append the zip; its offsets count from the start of the file, so its base is container.payload_offset() ...
//     TRY_VOID(finish_file(container, file));    // no-op except for Mach-O: tail, load commands, signature
//
// The steps are two because a zip's offsets are absolute: the payload's place must be known before it is written, while
// a Mach-O's load commands and signature can only be written after it.
//
// Every output is a function of the inputs alone: no time stamp, path or name of the machine enters it.
#pragma once

#include <span>
#include <vector>

#include "base/bytes.h"
#include "exe/target.h"

namespace hermit::exe {

// A native launcher as the linker wrote it, stripped, without a payload. Does not own the bytes.
struct Launcher {
  Target target;
  ByteView bytes;
};

// Alignments of the payload's first byte. Images are mapped, and Windows maps at multiples of 64 KiB.
inline constexpr u32 kPlainAlignment = 4096;
inline constexpr u32 kImageAlignment = 65536;

struct Container {
  FileType type;
  Bytes head;  // the file up to the payload
  Bytes tail;  // Mach-O only: the contents of __LINKEDIT, without a signature
  [[nodiscard]] u64 payload_offset() const { return head.size(); }
};

// The file up to its payload, whose offset is a multiple of `alignment` (a power of two; Mach-O uses at least 16 KiB).
// All wants windows-x86_64 and any of the four POSIX launchers; Unix wants any of the four; other launchers in the list
// are passed over. Single wants the launcher of its target.
// Errors: Malformed, Invalid or Unsupported when a launcher is missing or is not a file of its target; `where` is an
// offset in that launcher. Limit when the start script and the PE headers do not fit.
Result<Container> plan_file(FileType type, std::span<const Launcher> launchers, u32 alignment);

// Turns head + payload into the finished file. Requires: `file` starts with container.head and is longer.
// Errors: Limit when a Mach-O would reach 4 GiB.
Result<void> finish_file(const Container& container, Bytes& file);

// A launcher inside a file that Hermit (or anyone else: the bytes are hostile) wrote.
struct PresentLauncher {
  Target target;
  u64 offset;  // POSIX launchers in a polyglot: bytes [offset, offset + size) of the file, gzip'd
  u64 size;  // 0 for the PE half of a polyglot and for single files, which are not contiguous or are the file itself
};

// Which systems `file` starts on: the table in the start script and the PE headers of a polyglot, or the one system of
// an ELF, PE or Mach-O. `file` may be cut after the prefix. Empty for any other file. In the order of `Target`. Errors:
// Malformed when a table is there but names bytes outside of the file.
Result<std::vector<PresentLauncher>> list_launchers(ByteView file);

// The launcher for `target` out of the prefix of an All or Unix file, fit for plan_file. A POSIX launcher comes back
// byte for byte, unpacked; a PE in a normal form from which plan_file makes the same bytes as from the original.
Result<Bytes> extract_launcher(ByteView file, Target target);

}  // namespace hermit::exe
