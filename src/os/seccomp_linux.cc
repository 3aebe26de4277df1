// seccomp: a list of the system calls that a confined process may make. Everything else answers EPERM; a guest that got
// this far learns nothing by being killed, and a call forgotten here is an error message instead of a crash.
//
// The list stands in confined_calls.def. A filter is a program for the kernel's packet filter machine: it loads the
// architecture, the number and the arguments of a call and jumps forward only. Calls that are allowed whatever their
// arguments come out the same each time: kernels from 5.11 on run the filter once for every number there is, when it is
// installed, and answer those from a table afterwards. So the number is found by binary search: comparing with one call
// after the other made installing ten times as slow. And the kernel translates the filter: half of what installing
// costs goes with the number of instructions.
#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <optional>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/check.h"
#include "base/sort.h"
#include "os/confine_linux.h"

namespace hermit::os {
namespace {

constexpr u32 kAbsent = ~u32{0};

enum class Grant : u8 { Always, Files, ChangeModes, ConfineAgain, Threads, Sockets, InheritedSockets, Network };
enum class Check : u8 {
  Refused,
  Unknown,
  Any,
  Fcntl,
  Ioctl,
  NotExecutable,
  Thread,
  OwnProcess,
  Internet,
  NoNewPrivileges,
  NewFilter
};

struct AllowedCall {
  u32 numbers[2];  // by CallAbi
  Grant grant;
  Check check;
};
constexpr AllowedCall kCalls[] = {
#define CALL(name, x86_64, aarch64, grant, check) {{x86_64, aarch64}, Grant::grant, Check::check},
#define X86_CALL(name, number, grant, check) {{number, kAbsent}, Grant::grant, Check::check},
#define ARM_CALL(name, number, grant, check) {{kAbsent, number}, Grant::grant, Check::check},
#include "os/confined_calls.def"
};

// The numbers for the processor that this is compiled for are those of the system's headers.
#if defined(__x86_64__)
constexpr CallAbi kOwnAbi = CallAbi::X86_64;
#define CALL(name, x86_64, aarch64, grant, check) static_assert(x86_64 == SYS_##name);
#define X86_CALL(name, number, grant, check) static_assert(number == SYS_##name);
#define ARM_CALL(name, number, grant, check)
#elif defined(__aarch64__)
constexpr CallAbi kOwnAbi = CallAbi::AArch64;
#define CALL(name, x86_64, aarch64, grant, check) static_assert(aarch64 == SYS_##name);
#define X86_CALL(name, number, grant, check)
#define ARM_CALL(name, number, grant, check) static_assert(number == SYS_##name);
#endif
#include "os/confined_calls.def"

constexpr u32 kClone3 = 435;  // its flags lie in memory, where a filter cannot look
constexpr u32 kX32 = 0x40000000;  // numbers of the x32 ABI begin here

u32 audit_arch(CallAbi abi) { return abi == CallAbi::X86_64 ? AUDIT_ARCH_X86_64 : AUDIT_ARCH_AARCH64; }

// Builds a program from its end to its beginning, so that every target of a jump is there already. Instructions are
// named by their place from the end; a program stays below 256 of them, which a jump can cross.
class Builder {
 public:
  explicit Builder(u32 process) : process_(process) {}

  u32 answer(u32 value) { return put(BPF_STMT(BPF_RET | BPF_K, value)); }
  u32 load(size_t offset) { return put(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<u32>(offset))); }
  u32 if_equal(u32 value, u32 yes, u32 no) { return jump(BPF_JEQ, value, yes, no); }
  u32 if_at_least(u32 value, u32 yes, u32 no) { return jump(BPF_JGE, value, yes, no); }
  // The first instruction of what decides about calls of this kind.
  u32 check(Check check);
  std::vector<sock_filter> finish() {
    std::ranges::reverse(code_);
    return std::move(code_);
  }

 private:
  u32 put(sock_filter instruction) {
    CHECK(code_.size() < 255);
    code_.push_back(instruction);
    return static_cast<u32>(code_.size() - 1);
  }
  u32 jump(u16 condition, u32 value, u32 yes, u32 no) {
    const u32 here = static_cast<u32>(code_.size());
    return put(BPF_JUMP(static_cast<u16>(BPF_JMP | BPF_K | condition), value, static_cast<u8>(here - yes - 1),
                        static_cast<u8>(here - no - 1)));
  }
  // The low half of a 64-bit argument comes first: both processors are little-endian here.
  u32 load_low(u32 argument) { return load(offsetof(seccomp_data, args) + size_t{argument} * 8); }
  template <size_t kCount>
  u32 one_of(u32 argument, const u32 (&values)[kCount]) {
    u32 next = refused;
    for (const u32 value : values) next = if_equal(value, allowed, next);
    return load_low(argument);
  }

  std::vector<sock_filter> code_;
  u32 process_;

 public:
  const u32 refused = answer(SECCOMP_RET_ERRNO | EPERM);
  const u32 unknown = answer(SECCOMP_RET_ERRNO | ENOSYS);  // C libraries then try the older call
  const u32 no_access = answer(SECCOMP_RET_ERRNO | EACCES);  // what systems without such pages say; musl hides EPERM
  const u32 allowed = answer(SECCOMP_RET_ALLOW);
};

// The kernel reads these arguments as 32-bit numbers.
u32 Builder::check(Check check) {
  constexpr u32 kCommands[] = {F_GETFD, F_SETFD, F_GETFL, F_SETFL};
  constexpr u32 kRequests[] = {TIOCGWINSZ, FIONREAD, FIONBIO};
  constexpr u32 kFamilies[] = {AF_INET, AF_INET6};
  constexpr u32 kOptions[] = {PR_SET_NO_NEW_PRIVS};
  constexpr u32 kModes[] = {SECCOMP_SET_MODE_FILTER};
  switch (check) {
    case Check::Refused: return refused;
    case Check::Unknown: return unknown;
    case Check::Any: return allowed;
    case Check::Fcntl: return one_of(1, kCommands);
    case Check::Ioctl: return one_of(1, kRequests);
    case Check::Internet: return one_of(0, kFamilies);
    case Check::NoNewPrivileges: return one_of(0, kOptions);
    case Check::NewFilter: return one_of(0, kModes);
    case Check::NotExecutable: jump(BPF_JSET, PROT_EXEC, no_access, allowed); return load_low(2);
    case Check::OwnProcess: if_equal(process_, allowed, refused); return load_low(0);
    case Check::Thread:  // of this process, in its namespaces
      if_equal(CLONE_THREAD, allowed, refused);
      put(BPF_STMT(BPF_ALU | BPF_AND | BPF_K, CLONE_THREAD | CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS |
                                                  CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET |
                                                  CLONE_VFORK));
      return load_low(0);
  }
  return refused;
}

bool is_granted(Grant grant, const Confinement& confinement) {
  switch (grant) {
    case Grant::Always: return true;
    case Grant::Files: return confinement.reaches_files();
    case Grant::ChangeModes: return confinement.change_modes;
    case Grant::ConfineAgain: return confinement.confine_again;
    case Grant::Threads: return confinement.threads;
    case Grant::Sockets: return confinement.network || confinement.inherited_sockets;
    case Grant::InheritedSockets: return confinement.inherited_sockets;
    case Grant::Network: return confinement.network;
  }
  return false;
}

// Numbers from `first` up to the next interval, all with the same answer.
struct Interval {
  u32 first;
  Check check;
};

std::vector<Interval> intervals(CallAbi abi, const Confinement& confinement) {
  std::vector<Interval> calls;
  calls.reserve(std::size(kCalls) + 1);
  calls.push_back({kClone3, Check::Unknown});
  for (const AllowedCall& call : kCalls) {
    const u32 number = call.numbers[static_cast<u8>(abi)];
    if (number != kAbsent && is_granted(call.grant, confinement)) calls.push_back({number, call.check});
  }
  heap_sort(calls, {}, &Interval::first);
  std::vector<Interval> result;
  result.reserve(2 * calls.size() + 2);  // each call and the gap in front of it, what follows the last one, and x32
  const auto add = [&](u32 first, Check check) {
    if (result.empty() || result.back().check != check) result.push_back({first, check});
  };
  u32 next = 0;
  for (const Interval& call : calls) {
    if (call.first != next) add(next, Check::Refused);
    add(call.first, call.check);
    next = call.first + 1;
  }
  add(next, Check::Refused);
  if (abi == CallAbi::X86_64) add(kX32, Check::Unknown);
  return result;
}

// Few single numbers among others that all have one answer are asked for one by one, in half as many steps as the
// search takes for an interval on both sides of each. Gives the first step, or nothing for another list.
std::optional<u32> singles(Builder& builder, std::span<const Interval> list) {
  constexpr size_t kMost = 3;
  const auto is_single = [&](size_t i) { return i + 1 < list.size() && list[i + 1].first == list[i].first + 1; };
  size_t other = 0;  // an interval that is none of them
  while (other + 1 < list.size() && is_single(other)) ++other;
  u32 count = 0;
  for (size_t i = 0; i < list.size(); ++i) {
    if (list[i].check == list[other].check) continue;
    if (!is_single(i) || ++count > kMost) return std::nullopt;
  }
  u32 next = builder.check(list[other].check);
  for (const Interval& interval : list) {
    if (interval.check == list[other].check) continue;
    next = builder.if_equal(interval.first, builder.check(interval.check), next);
  }
  return next;
}

// The binary search for the number that is loaded; gives its first step. Recursion ends after log2 of a hundred steps.
u32 search(Builder& builder, std::span<const Interval> list) {
  if (const auto first = singles(builder, list)) return *first;
  const auto upper = list.subspan(list.size() / 2);
  const u32 low = search(builder, list.first(list.size() / 2));
  const u32 high = search(builder, upper);
  return builder.if_at_least(upper[0].first, high, low);
}

}  // namespace

std::vector<sock_filter> call_filter(CallAbi abi, const Confinement& confinement, u32 process) {
  Builder builder(process);
  search(builder, intervals(abi, confinement));
  const u32 number = builder.load(offsetof(seccomp_data, nr));
  builder.if_equal(audit_arch(abi), number, builder.unknown);
  builder.load(offsetof(seccomp_data, arch));
  return builder.finish();
}

bool confine_calls(const Confinement& confinement) {
  std::vector<sock_filter> code = call_filter(kOwnAbi, confinement, static_cast<u32>(::getpid()));
  const sock_fprog program = {static_cast<unsigned short>(code.size()), code.data()};
  // All threads, though there is but one; and no slower memory accesses in return for a protection against attacks
  // that need a shared core and code of one's own choosing: the filter is no secret.
  constexpr unsigned long kFlags = SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_SPEC_ALLOW;
  return ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, kFlags, &program) == 0;
}

}  // namespace hermit::os
