// How the start script of a packed file hands over to a launcher that it has put into the cache.
//
// The script ends in
//     exec CACHED_LAUNCHER --hermit-exec FILE NAME ARGUMENT...
// FILE is the path of the packed file, NAME is what the user typed (the guest's argv[0]), and the rest are the
// guest's arguments. Nothing is passed in the environment, so nothing can leak to the guest or be inherited by it.
//
// Before a fresh copy gets its final name, the script tries whether this place can execute files at all:
//     CACHED_LAUNCHER --hermit-probe
// exits 0 at once and does nothing else.
//
// Both words mean something only to a launcher that carries no payload of its own. If it has one, it was started
// directly (ELF, PE, Mach-O), and every argument belongs to the guest, whatever it says. A bare launcher that is
// started in any other way exits with 125. A Mach-O has a segment for its payload, an ELF a mark in its header, which a
// start finds in memory: to open the own file would cost it some 30 µs. A PE is searched for a zip.
#pragma once

#include <cstddef>
#include <string_view>

namespace hermit {

inline constexpr const char* kExecArgument = "--hermit-exec";
inline constexpr const char* kProbeArgument = "--hermit-probe";

// The mark of an ELF that carries a payload: its e_flags, which mean nothing on both processors and are zero in a
// launcher. The padding of e_ident will not do: qemu's entries for binfmt_misc want zeros there.
inline constexpr size_t kElfMarkAt = 48;
inline constexpr std::string_view kElfMark("hrmt", 4);

// The leading bytes of a packed file in which a launcher looks for the archive's end (zip/executable_payload.h): the
// headers of a PE and the load commands of a Mach-O lie there.
inline constexpr size_t kExecutableHeadSize = 4096;

}  // namespace hermit
