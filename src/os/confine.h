// The second wall: the kernel keeps the process to what it was granted, should a guest ever get past the first one.
// docs/sandbox.md says what is enforced where.
//
// On Linux two parts, each left out quietly where the kernel does not have it (an old kernel, an emulator, a container
// that forbids it): Landlock for files, seccomp for everything else. On macOS a sandbox profile, on Windows a job
// without child processes and process mitigations. Nothing can be taken back, and everything opened before stays open.
#pragma once

#include <span>

#include "os/handle.h"

namespace hermit::os {

// A granted directory.
struct ConfinedRoot {
  Handle::Raw directory = Handle::kNone;  // as open_root() gave it; not owned
  bool writable = false;
};

struct Confinement {
  std::span<const ConfinedRoot> roots;
  bool network = false;            // outgoing sockets, and the files that resolving names needs
  bool inherited_sockets = false;  // a standard stream is a socket: calls on it, no new ones
  bool change_modes = false;       // set_executable()
  bool threads = false;            // HOST workers: threads of this process
  bool confine_again = false;      // HOST run: confine() will be called once more, for another program's grants

  // Whether anything may be reached by path.
  [[nodiscard]] bool reaches_files() const { return !roots.empty() || network; }
};

// What the system agreed to.
struct Walls {
  bool files = false;  // only the roots can be reached by path, nothing without roots
  bool calls = false;  // no new executable code, no other programs or processes, no sockets that were not granted
};

// Requires: no other thread has been started; everything that the grants do not cover has been opened, and all
// executable code is mapped. Never fails: what this system cannot do is missing in the answer.
Walls confine(const Confinement& confinement);

// Whether confinement is applied without being asked for (HERMIT_CONFINE=1).
#ifdef __linux__
inline constexpr bool kConfinesByDefault = true;
#else
inline constexpr bool kConfinesByDefault = false;  // until seen on real machines
#endif

}  // namespace hermit::os
