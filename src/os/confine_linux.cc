// confine() on Linux: Landlock for what is reached by path, then seccomp, which would refuse Landlock's own calls.
//
// Both ask an unprivileged process to give up gaining privileges by exec first (no_new_privs); there is no exec
// afterwards anyway. https://docs.kernel.org/userspace-api/landlock.html,
// https://docs.kernel.org/userspace-api/seccomp_filter.html
#include "os/confine_linux.h"

#include <sys/prctl.h>

namespace hermit::os {

Walls confine(const Confinement& confinement) {
  Walls walls;
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return walls;
  // Without anything to reach by path, seccomp refuses every call that takes one, and Landlock would add nothing.
  if (confinement.reaches_files()) walls.files = confine_files(confinement);
  walls.calls = confine_calls(confinement);
  if (!confinement.reaches_files()) walls.files = walls.calls || confine_files(confinement);
  return walls;
}

}  // namespace hermit::os
