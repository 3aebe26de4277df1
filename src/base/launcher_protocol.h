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
// Both words mean something only to a launcher that carries no payload of its own. A launcher must look for a zip in
// its own executable first; if it has one, it was started directly (ELF, PE, Mach-O), and every argument belongs to the
// guest, whatever it says. A bare launcher that is started in any other way exits with 125.
#pragma once

namespace hermit {

inline constexpr const char* kExecArgument = "--hermit-exec";
inline constexpr const char* kProbeArgument = "--hermit-probe";

}  // namespace hermit
