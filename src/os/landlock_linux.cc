// Landlock: every access to a file by path is refused except below the granted directories.
//
// Rules are tied to the directories that are open already, so they hold whatever is renamed meanwhile. Rights add up
// along a path: a read-only grant inside a writable one is read-only by the first wall alone. Not handled here:
// ioctl on devices (the call filter lets three requests through), reading attributes and following paths (Landlock has
// no rights for them).
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/confine_linux.h"

namespace hermit::os {
namespace {

// The same on every architecture. Older headers lack these, and what later versions have added.
constexpr long kCreateRuleset = 444;
constexpr long kAddRule = 445;
constexpr long kRestrictSelf = 446;

constexpr u64 kTruncate = 1 << 14;
constexpr u64 kBindTcp = 1 << 0;
constexpr u64 kConnectTcp = 1 << 1;
constexpr u64 kAbstractSockets = 1 << 0;
constexpr u64 kSignals = 1 << 1;

constexpr int kFirstUsefulAbi = 2;
constexpr int kAbiTruncate = 3;
constexpr int kAbiTcp = 4;
constexpr int kAbiScopes = 6;

constexpr u64 kReading = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
// What a guest can do below a writable directory: no devices, sockets or pipes are made, nothing is executed.
constexpr u64 kChanging = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                          LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
                          LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_REFER;
constexpr u64 kNever = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_SOCK |
                       LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK;

// landlock_ruleset_attr as of ABI 6. Older kernels take it as long as what they do not know is zero.
struct RulesetAttributes {
  u64 files;
  u64 net;
  u64 scoped;
};

bool allow(int ruleset, int file, u64 access) {
  landlock_path_beneath_attr rule = {};
  rule.parent_fd = file;
  rule.allowed_access = access;
  return ::syscall(kAddRule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
}

// A single file, whatever stands at its path now. One that is missing needs no rule.
bool allow_file(int ruleset, const char* path, u64 access) {
  const int file = ::open(path, O_PATH | O_CLOEXEC);
  if (file == -1) return true;
  const bool allowed = allow(ruleset, file, access);
  ::close(file);
  return allowed;
}

bool add_rules(int ruleset, const Confinement& confinement, u64 truncating) {
  for (const ConfinedRoot& root : confinement.roots) {
    const u64 access = root.writable ? kReading | kChanging | truncating : kReading;
    if (!allow(ruleset, static_cast<int>(root.directory), access)) return false;
  }
  if (!confinement.network) return true;
  return allow_file(ruleset, "/etc/hosts", LANDLOCK_ACCESS_FS_READ_FILE) &&
         allow_file(ruleset, "/etc/resolv.conf", LANDLOCK_ACCESS_FS_READ_FILE);
}

}  // namespace

bool confine_files(const Confinement& confinement) {
  const long abi = ::syscall(kCreateRuleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (abi < kFirstUsefulAbi) return false;
  const u64 truncating = abi >= kAbiTruncate ? kTruncate : 0;
  RulesetAttributes attributes = {};
  attributes.files = kReading | kChanging | kNever | truncating;
  // Listening is never granted; without NET there are no connections either.
  if (abi >= kAbiTcp) {
    attributes.net = kBindTcp | (confinement.network ? 0 : kConnectTcp);
  }
  if (abi >= kAbiScopes) attributes.scoped = kAbstractSockets | kSignals;
  const int ruleset = static_cast<int>(::syscall(kCreateRuleset, &attributes, sizeof attributes, 0));
  if (ruleset == -1) return false;
  const bool confined = add_rules(ruleset, confinement, truncating) && ::syscall(kRestrictSelf, ruleset, 0) == 0;
  ::close(ruleset);
  return confined;
}

}  // namespace hermit::os
