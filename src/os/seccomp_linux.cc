// seccomp: a list of the system calls that a confined process may make. Everything else answers EPERM; a guest that got
// this far learns nothing by being killed, and a call forgotten here is an error message instead of a crash.
//
// The list stands in confined_calls.def. A filter is a program for the kernel's packet filter machine: it loads the
// architecture, the number and the arguments of a call and jumps forward only. Calls that are allowed whatever their
// arguments come out the same each time, so kernels from 5.11 on answer those from a table without running it.
#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/confine_linux.h"

namespace hermit::os {
namespace {

constexpr u32 kAbsent = ~u32{0};

enum class Grant : u8 { Always, ChangeModes, Sockets, InheritedSockets, Network };
enum class Check : u8 { Any, Fcntl, Ioctl, NotExecutable, Thread, ReadLimit, OwnProcess, Internet };

struct AllowedCall {
  u32 numbers[2];  // by CallAbi
  Grant grant;
  Check check;
};
constexpr AllowedCall kCalls[] = {
#define CALL(name, x86_64, aarch64, grant, check) {{x86_64, aarch64}, Grant::grant, Check::check},
#define X86_CALL(name, number, grant, check) {{number, kAbsent}, Grant::grant, Check::check},
#include "os/confined_calls.def"
};

// The numbers for the processor that this is compiled for are those of the system's headers.
#if defined(__x86_64__)
constexpr CallAbi kOwnAbi = CallAbi::X86_64;
#define CALL(name, x86_64, aarch64, grant, check) static_assert(x86_64 == SYS_##name);
#define X86_CALL(name, number, grant, check) static_assert(number == SYS_##name);
#elif defined(__aarch64__)
constexpr CallAbi kOwnAbi = CallAbi::AArch64;
#define CALL(name, x86_64, aarch64, grant, check) static_assert(aarch64 == SYS_##name);
#define X86_CALL(name, number, grant, check)
#endif
#include "os/confined_calls.def"

constexpr u32 kRefused = SECCOMP_RET_ERRNO | EPERM;
constexpr u32 kNoAccess = SECCOMP_RET_ERRNO | EACCES;  // what systems that forbid such pages say; musl hides EPERM
constexpr u32 kUnknown = SECCOMP_RET_ERRNO | ENOSYS;  // C libraries then try the older call
constexpr u32 kClone3 = 435;  // its flags lie in memory, where a filter cannot look
constexpr u32 kX32 = 0x40000000;  // numbers of the x32 ABI begin here

u32 audit_arch(CallAbi abi) { return abi == CallAbi::X86_64 ? AUDIT_ARCH_X86_64 : AUDIT_ARCH_AARCH64; }

// Appends instructions. The low half of a 64-bit argument comes first: both processors are little-endian here.
class Filter {
 public:
  std::vector<sock_filter> code;

  void load_arch() { load(offsetof(seccomp_data, arch)); }
  void load_number() { load(offsetof(seccomp_data, nr)); }
  void load_low(u32 argument) { load(static_cast<u32>(offsetof(seccomp_data, args)) + argument * 8); }
  void load_high(u32 argument) { load(static_cast<u32>(offsetof(seccomp_data, args)) + argument * 8 + 4); }
  void answer(u32 value) { code.push_back(BPF_STMT(BPF_RET | BPF_K, value)); }
  // Each skips `skip` instructions if its condition does not hold.
  void if_equal(u32 value, u8 skip) { code.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, skip)); }
  void unless_equal(u32 value, u8 skip) { code.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, skip, 0)); }
  void if_no_bit(u32 bits, u8 skip) { code.push_back(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, skip, 0)); }
  void if_at_least(u32 value, u8 skip) { code.push_back(BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, value, 0, skip)); }
  void mask(u32 bits) { code.push_back(BPF_STMT(BPF_ALU | BPF_AND | BPF_K, bits)); }

 private:
  void load(size_t offset) { code.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<u32>(offset))); }
};

// Allows if the value loaded is one of the list.
template <size_t kCount>
void allow_values(Filter& filter, const u32 (&values)[kCount]) {
  for (const u32 value : values) {
    filter.if_equal(value, 1);
    filter.answer(SECCOMP_RET_ALLOW);
  }
}

// Decides about a call whose number has matched. The kernel reads these arguments as 32-bit numbers, except where both
// halves are looked at.
void add_check(Filter& filter, Check check, u32 process) {
  switch (check) {
    case Check::Any: filter.answer(SECCOMP_RET_ALLOW); return;
    case Check::Fcntl: {
      constexpr u32 kCommands[] = {F_GETFD, F_SETFD, F_GETFL, F_SETFL};
      filter.load_low(1);
      allow_values(filter, kCommands);
      break;
    }
    case Check::Ioctl: {
      constexpr u32 kRequests[] = {TIOCGWINSZ, FIONREAD, FIONBIO};
      filter.load_low(1);
      allow_values(filter, kRequests);
      break;
    }
    case Check::NotExecutable:
      filter.load_low(2);
      filter.if_no_bit(PROT_EXEC, 1);
      filter.answer(SECCOMP_RET_ALLOW);
      filter.answer(kNoAccess);
      return;
    case Check::Thread:  // of this process, in its namespaces
      filter.load_low(0);
      filter.mask(CLONE_THREAD | CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
                  CLONE_NEWPID | CLONE_NEWNET | CLONE_VFORK);
      filter.if_equal(CLONE_THREAD, 1);
      filter.answer(SECCOMP_RET_ALLOW);
      break;
    case Check::ReadLimit:  // of itself, and no new value
      filter.load_low(0);
      filter.if_equal(0, 5);
      filter.load_low(2);
      filter.if_equal(0, 3);
      filter.load_high(2);
      filter.if_equal(0, 1);
      filter.answer(SECCOMP_RET_ALLOW);
      break;
    case Check::OwnProcess:
      filter.load_low(0);
      filter.if_equal(process, 1);
      filter.answer(SECCOMP_RET_ALLOW);
      break;
    case Check::Internet: {
      constexpr u32 kFamilies[] = {AF_INET, AF_INET6};
      filter.load_low(0);
      allow_values(filter, kFamilies);
      break;
    }
  }
  filter.answer(kRefused);
}

bool is_granted(Grant grant, const Confinement& confinement) {
  switch (grant) {
    case Grant::Always: return true;
    case Grant::ChangeModes: return confinement.change_modes;
    case Grant::Sockets: return confinement.network || confinement.inherited_sockets;
    case Grant::InheritedSockets: return confinement.inherited_sockets;
    case Grant::Network: return confinement.network;
  }
  return false;
}

}  // namespace

std::vector<sock_filter> call_filter(CallAbi abi, const Confinement& confinement, u32 process) {
  Filter filter;
  filter.code.reserve(300);
  filter.load_arch();
  filter.unless_equal(audit_arch(abi), 1);
  filter.answer(kUnknown);
  filter.load_number();
  if (abi == CallAbi::X86_64) {
    filter.if_at_least(kX32, 1);
    filter.answer(kUnknown);
  }
  for (const AllowedCall& call : kCalls) {
    const u32 number = call.numbers[static_cast<u8>(abi)];
    if (number == kAbsent || !is_granted(call.grant, confinement)) continue;
    Filter block;
    add_check(block, call.check, process);
    filter.if_equal(number, static_cast<u8>(block.code.size()));
    filter.code.insert(filter.code.end(), block.code.begin(), block.code.end());
  }
  filter.if_equal(kClone3, 1);
  filter.answer(kUnknown);
  filter.answer(kRefused);
  return std::move(filter.code);
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
