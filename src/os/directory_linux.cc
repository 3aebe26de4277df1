// openat2 (Linux 5.6): the kernel resolves a whole path and refuses whatever leaves the starting directory.
//
// https://man7.org/linux/man-pages/man2/openat2.2.html. EAGAIN means that something was renamed during a `..`; a few
// tries settle that, and the walk in host/resolver.cc copes with the rest. Old kernels and emulators answer ENOSYS,
// some seccomp filters EPERM; a real EPERM is found again by the walk.
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/directory.h"
#include "os/posix.h"

namespace hermit::os {
namespace {

// struct open_how of <linux/openat2.h>, which older header sets lack.
struct OpenHow {
  u64 flags;
  u64 mode;
  u64 resolve;
};
constexpr u64 kResolveNoMagicLinks = 0x02;
constexpr u64 kResolveBeneath = 0x08;
constexpr u64 kResolveInRoot = 0x10;
constexpr long kOpenat2 = 437;  // the same on every architecture
constexpr int kTries = 16;

FastOpenResult openat2(const Handle& root, std::string_view path, int flags, Leaving leaving) {
  const u64 border = leaving == Leaving::Root ? kResolveInRoot : kResolveBeneath;
  const Terminated text(path);
  OpenHow how = {static_cast<u64>(flags), (flags & O_CREAT) != 0 ? 0666u : 0u, kResolveNoMagicLinks | border};
  for (int i = 0; i < kTries; ++i) {
    const long fd = ::syscall(kOpenat2, fd_of(root), text.get(), &how, sizeof how);
    if (fd >= 0) return {FastOpen::Done, Handle(fd)};
    if (errno == EINTR || errno == EAGAIN) continue;
    if (errno == ENOSYS || errno == EPERM || errno == EINVAL || errno == E2BIG) break;
    return {FastOpen::Done, last_error()};
  }
  return {};
}

}  // namespace

FastOpenResult open_beneath(const Handle& root, std::string_view path, const OpenOptions& options, bool follow_last,
                            Leaving leaving) {
  return openat2(root, path, open_flags(options) | (follow_last ? 0 : O_NOFOLLOW), leaving);
}

FastOpenResult step_beneath(const Handle& root, std::string_view path, Leaving leaving) {
  return openat2(root, path, O_PATH | O_DIRECTORY | O_CLOEXEC, leaving);
}

FastStatus status_beneath(const Handle& root, std::string_view path, bool follow_last, Leaving leaving) {
  const auto opened = openat2(root, path, O_PATH | O_CLOEXEC | (follow_last ? 0 : O_NOFOLLOW), leaving);
  if (opened.state == FastOpen::Unavailable) return {};
  if (!opened.handle) return {FastOpen::Done, fail(opened.handle.error())};
  return {FastOpen::Done, status(*opened.handle)};
}

}  // namespace hermit::os
