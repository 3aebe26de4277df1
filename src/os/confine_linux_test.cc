// The second wall on Linux: what the filter decides, by running it on a machine of our own for both processors, and
// what the kernel answers a confined process.
#include "os/confine_linux.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <string>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/thread.h"

namespace hermit::os {
namespace {

constexpr u32 kProcess = 4711;

// The kernel's packet filter machine, as far as call_filter uses it.
u32 run(const std::vector<sock_filter>& code, const seccomp_data& call) {
  u32 a = 0;
  for (size_t pc = 0; pc < code.size(); ++pc) {
    const sock_filter& in = code[pc];
    switch (in.code) {
      case BPF_LD | BPF_W | BPF_ABS: std::memcpy(&a, reinterpret_cast<const char*>(&call) + in.k, 4); break;
      case BPF_ALU | BPF_AND | BPF_K: a &= in.k; break;
      case BPF_JMP | BPF_JA: pc += in.k; break;
      case BPF_JMP | BPF_JEQ | BPF_K: pc += a == in.k ? in.jt : in.jf; break;
      case BPF_JMP | BPF_JGE | BPF_K: pc += a >= in.k ? in.jt : in.jf; break;
      case BPF_JMP | BPF_JSET | BPF_K: pc += (a & in.k) != 0 ? in.jt : in.jf; break;
      case BPF_RET | BPF_K: return in.k;
      default: ADD_FAILURE() << "instruction " << in.code; return 0;
    }
  }
  ADD_FAILURE() << "the filter ends without an answer";
  return 0;
}

struct Numbers {
  CallAbi abi;
  u32 arch;
  int mmap, mprotect, socket, execve, execveat, ptrace, clone, openat, tkill, ioctl, fchmod, recvmsg, accept, fork,
      process_vm_writev, kill, prctl, bpf, io_uring_setup, prlimit64, fcntl, sendto, listen;
};
constexpr Numbers kX86 = {CallAbi::X86_64,
                          AUDIT_ARCH_X86_64,
                          9,
                          10,
                          41,
                          59,
                          322,
                          101,
                          56,
                          257,
                          200,
                          16,
                          91,
                          47,
                          43,
                          57,
                          311,
                          62,
                          157,
                          321,
                          425,
                          302,
                          72,
                          44,
                          50};
constexpr Numbers kArm = {CallAbi::AArch64,
                          AUDIT_ARCH_AARCH64,
                          222,
                          226,
                          198,
                          221,
                          281,
                          117,
                          220,
                          56,
                          130,
                          29,
                          52,
                          212,
                          202,
                          1079,
                          271,
                          129,
                          167,
                          280,
                          425,
                          261,
                          25,
                          206,
                          201};

class CallFilter : public testing::TestWithParam<const Numbers*> {
 protected:
  const Numbers& n = *GetParam();
  Confinement granted;

  std::string answer(int number, std::initializer_list<u64> args = {}, u32 arch = 0) {
    seccomp_data call = {};
    call.nr = number;
    call.arch = arch == 0 ? n.arch : arch;
    size_t i = 0;
    for (const u64 arg : args) call.args[i++] = arg;
    const u32 result = run(call_filter(n.abi, granted, kProcess), call);
    if (result == SECCOMP_RET_ALLOW) return "allowed";
    if (result == (SECCOMP_RET_ERRNO | EPERM)) return "EPERM";
    if (result == (SECCOMP_RET_ERRNO | EACCES)) return "EACCES";
    if (result == (SECCOMP_RET_ERRNO | ENOSYS)) return "ENOSYS";
    return std::to_string(result);
  }
};
INSTANTIATE_TEST_SUITE_P(Processor, CallFilter, testing::Values(&kX86, &kArm),
                         [](const auto& parameter) { return parameter.param->abi == CallAbi::X86_64 ? "X86" : "Arm"; });

TEST_P(CallFilter, RefusesWhatLeadsOut) {
  for (const int number : {n.execve, n.execveat, n.ptrace, n.process_vm_writev, n.kill, n.prctl, n.bpf, n.socket,
                           n.io_uring_setup, n.fork, n.recvmsg, n.accept, n.sendto, n.fchmod, n.listen, n.prlimit64}) {
    EXPECT_EQ(answer(number), "EPERM") << number;
  }
  EXPECT_EQ(answer(435), "ENOSYS");  // clone3
}

TEST_P(CallFilter, PathsOnlyWithSomethingToReach) {
  EXPECT_EQ(answer(n.openat), "EPERM");
  granted.network = true;  // /etc/hosts
  EXPECT_EQ(answer(n.openat), "allowed");
  granted.network = false;
  const ConfinedRoot root;
  granted.roots = {&root, 1};
  EXPECT_EQ(answer(n.openat), "allowed");
}

// Each number there is: what confined_calls.def lists with any arguments, and nothing that it does not list.
TEST_P(CallFilter, AnswersAsListed) {
  struct Row {
    int x86;
    int arm;
    bool any;
  };
  constexpr bool Always = true;
  constexpr bool Files = false, ChangeModes = false, ConfineAgain = false, Threads = false, Sockets = false,
                 InheritedSockets = false, Network = false;
  enum { Any, Fcntl, Ioctl, NotExecutable, Thread, OwnProcess, Internet, NoNewPrivileges, NewFilter };
  for (const bool all : {false, true}) {
    const Row rows[] = {
#define CALL(name, x86_64, aarch64, grant, check) \
  {grant || all ? x86_64 : -1, grant || all ? aarch64 : -1, check == Any},
#define X86_CALL(name, number, grant, check) {grant || all ? number : -1, -1, check == Any},
#define ARM_CALL(name, number, grant, check) {-1, grant || all ? number : -1, check == Any},
#include "os/confined_calls.def"
    };
    granted = {.roots = {},
               .network = all,
               .inherited_sockets = all,
               .change_modes = all,
               .threads = all,
               .confine_again = all};
    for (int number = 0; number < 700; ++number) {
      const auto is_it = [&](const Row& row) { return (n.abi == CallAbi::X86_64 ? row.x86 : row.arm) == number; };
      const auto row = std::ranges::find_if(rows, is_it);
      if (number == 435 || (row != std::end(rows) && !row->any)) continue;
      EXPECT_EQ(answer(number), row == std::end(rows) ? "EPERM" : "allowed") << number << all;
    }
  }
}

TEST_P(CallFilter, OtherAbisAreUnknown) {
  EXPECT_EQ(answer(n.mmap, {}, AUDIT_ARCH_I386), "ENOSYS");
  EXPECT_EQ(answer(n.mmap, {}, AUDIT_ARCH_ARM), "ENOSYS");
  if (n.abi == CallAbi::X86_64) EXPECT_EQ(answer(0x40000000 + n.mmap), "ENOSYS");
}

TEST_P(CallFilter, MemoryIsNeverExecutable) {
  EXPECT_EQ(answer(n.mmap, {0, 4096, PROT_READ | PROT_WRITE}), "allowed");
  EXPECT_EQ(answer(n.mmap, {0, 4096, PROT_NONE}), "allowed");
  EXPECT_EQ(answer(n.mmap, {0, 4096, PROT_EXEC}), "EACCES");
  EXPECT_EQ(answer(n.mmap, {0, 4096, PROT_READ | PROT_EXEC}), "EACCES");
  EXPECT_EQ(answer(n.mprotect, {0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC}), "EACCES");
  EXPECT_EQ(answer(n.mprotect, {0, 4096, PROT_READ | PROT_WRITE}), "allowed");
  EXPECT_EQ(answer(n.mprotect, {0, 4096, 0xffffffff00000004}), "EACCES");
}

TEST_P(CallFilter, ThreadsIfTheyAreGrantedButNoProcesses) {
  constexpr u64 kThread = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |
                          CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID | CLONE_DETACHED;
  EXPECT_EQ(answer(n.clone, {kThread}), "EPERM");
  EXPECT_EQ(answer(n.clone, {SIGCHLD}), "EPERM");
  granted.threads = true;
  EXPECT_EQ(answer(n.clone, {kThread}), "allowed");
  EXPECT_EQ(answer(435), "ENOSYS");  // clone3
  EXPECT_EQ(answer(n.fork), "EPERM");
  EXPECT_EQ(answer(n.clone, {SIGCHLD}), "EPERM");
  EXPECT_EQ(answer(n.clone, {CLONE_VM | CLONE_VFORK | SIGCHLD}), "EPERM");
  EXPECT_EQ(answer(n.clone, {kThread | CLONE_NEWUSER}), "EPERM");
}

TEST_P(CallFilter, SignalsStayInTheProcess) {
  EXPECT_EQ(answer(n.tkill, {kProcess, 9}), "allowed");
  EXPECT_EQ(answer(n.tkill, {1, 9}), "EPERM");
}

TEST_P(CallFilter, ArgumentsOfTheRest) {
  EXPECT_EQ(answer(n.ioctl, {0, TIOCGWINSZ}), "allowed");
  EXPECT_EQ(answer(n.ioctl, {0, FIONREAD}), "allowed");
  EXPECT_EQ(answer(n.ioctl, {0, TIOCSTI}), "EPERM");
  EXPECT_EQ(answer(n.fcntl, {0, F_GETFL}), "allowed");
  EXPECT_EQ(answer(n.fcntl, {0, F_SETOWN}), "EPERM");
}

TEST_P(CallFilter, GrantsAddTheirCalls) {
  granted.change_modes = true;
  EXPECT_EQ(answer(n.fchmod), "allowed");
  EXPECT_EQ(answer(n.recvmsg), "EPERM");
  granted.inherited_sockets = true;
  EXPECT_EQ(answer(n.recvmsg), "allowed");
  EXPECT_EQ(answer(n.accept), "allowed");
  EXPECT_EQ(answer(n.socket, {AF_INET}), "EPERM");
  granted.inherited_sockets = false;
  granted.network = true;
  EXPECT_EQ(answer(n.socket, {AF_INET}), "allowed");
  EXPECT_EQ(answer(n.socket, {AF_INET6}), "allowed");
  EXPECT_EQ(answer(n.socket, {AF_UNIX}), "EPERM");
  EXPECT_EQ(answer(n.socket, {AF_NETLINK}), "EPERM");
  EXPECT_EQ(answer(n.socket, {AF_PACKET}), "EPERM");
  EXPECT_EQ(answer(n.sendto), "allowed");
  EXPECT_EQ(answer(n.accept), "EPERM");
  EXPECT_EQ(answer(n.listen), "EPERM");
  EXPECT_EQ(answer(n.prctl, {38}), "EPERM");
  EXPECT_EQ(answer(444), "EPERM");
  granted.confine_again = true;
  EXPECT_EQ(answer(n.prctl, {38}), "allowed");  // PR_SET_NO_NEW_PRIVS
  EXPECT_EQ(answer(n.prctl, {4}), "EPERM");     // PR_SET_DUMPABLE
  for (const int landlock : {444, 445, 446}) EXPECT_EQ(answer(landlock), "allowed");
}

// What happened to a system call: "ok" or the error.
std::string outcome(long result) {
  if (result != -1) return "ok";
  return errno == EPERM ? "EPERM" : errno == EACCES ? "EACCES" : std::to_string(errno);
}

// The real thing, in a process of its own: a directory to write, one to read, one outside.
// Asked of the kernel without confine(): where it has both walls, a confine() that failed is a failure and no reason to
// skip a test.
bool kernel_has_walls() {
  constexpr long kCreateRuleset = 444;
  const bool files = ::syscall(kCreateRuleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION) >= 2;
  const u32 action = SECCOMP_RET_ERRNO;
  return files && ::syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

class Confined : public testing::Test {
 protected:
  Confined() {
    char name[] = "/tmp/hermit-test-XXXXXX";
    base = ::mkdtemp(name);
    for (const char* folder : {"/rw", "/ro", "/out"}) {
      ::mkdir((base + folder).c_str(), 0755);
      put(base + folder + "/file");
    }
  }
  ~Confined() override { (void)!std::system(("rm -rf '" + base + "'").c_str()); }

  static void put(const std::string& path) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT, 0644);
    EXPECT_EQ(::write(fd, "x", 1), 1);
    ::close(fd);
  }

  // Runs `attempt` confined and gives back what it said.
  template <typename Attempt>
  std::string confined(Attempt attempt, bool wall = true, bool threads = false) {
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      const ConfinedRoot roots[] = {{::open((base + "/rw").c_str(), O_RDONLY | O_DIRECTORY), true},
                                    {::open((base + "/ro").c_str(), O_RDONLY | O_DIRECTORY), false}};
      std::string said;
      if (wall) {
        const std::span<const ConfinedRoot> granted(roots);
        const Walls walls = confine({.roots = has_roots ? granted : granted.first(0), .threads = threads});
        if (!walls.files || !walls.calls) said = "no wall ";
      }
      said += attempt();
      (void)!::write(ends[1], said.data(), said.size());
      ::_exit(0);
    }
    ::close(ends[1]);
    char text[512];
    std::string said;
    for (ssize_t size; (size = ::read(ends[0], text, sizeof text)) > 0;) said.append(text, static_cast<size_t>(size));
    ::close(ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
    if (!said.starts_with("no wall")) return said;
    EXPECT_FALSE(kernel_has_walls()) << said;
    return "no wall";
  }
  // Expects an answer behind the wall, and another without it.
  template <typename Attempt>
  void refused(const char* error, Attempt attempt) {
    const std::string said = confined(attempt);
    if (said == "no wall") GTEST_SKIP() << "this kernel has no Landlock or no seccomp";
    EXPECT_EQ(said, error);
    EXPECT_EQ(confined(attempt, false), "ok");
  }
  std::string base;
  bool has_roots = true;
};

TEST_F(Confined, FilesOutsideAreRefusedByTheKernel) {
  refused("EACCES", [] { return outcome(::open("/etc/passwd", O_RDONLY)); });
  refused("EACCES", [this] { return outcome(::open((base + "/out/file").c_str(), O_RDONLY)); });
  refused("EACCES", [this] { return outcome(::open((base + "/out/new").c_str(), O_WRONLY | O_CREAT, 0600)); });
  refused("EACCES", [this] { return outcome(::open((base + "/ro/file").c_str(), O_WRONLY)); });
  refused("EACCES", [this] { return outcome(::unlinkat(AT_FDCWD, (base + "/ro/file").c_str(), 0)); });
  refused("EACCES", [this] {
    return outcome(::renameat(AT_FDCWD, (base + "/rw/file").c_str(), AT_FDCWD, (base + "/out/x").c_str()));
  });
}

TEST_F(Confined, NoPathsWithoutDirectories) {
  has_roots = false;
  refused("EPERM", [] { return outcome(::open("/etc/passwd", O_RDONLY)); });
  refused("EPERM", [] { return outcome(::open("/dev/null", O_RDONLY)); });
  refused("EPERM", [this] { return outcome(::unlinkat(AT_FDCWD, (base + "/rw/file").c_str(), 0)); });
}

// Nothing that is opened later takes the number of a standard stream, which nobody can write to any more.
TEST_F(Confined, ClosedStandardStreamsKeepTheirNumbers) {
  for (const bool roots : {false, true}) {
    has_roots = roots;
    const std::string said = confined([] {
      std::string text;
      for (const int stream : {0, 1}) {
        Handle(stream).close();
        char byte = 0;
        text += outcome(::fcntl(stream, F_GETFD)) + " ";
        text += ::write(stream, &byte, 1) == 1 ? "written " : outcome(::write(stream, &byte, 1)) + " ";
        text += std::to_string(::read(stream, &byte, 1)) + " ";
      }
      return text;
    });
    if (said == "no wall") GTEST_SKIP();
    EXPECT_EQ(said, "ok 9 0 ok 9 0 ");
  }
}

TEST_F(Confined, OtherProgramsAndCodeAreRefusedByTheKernel) {
  refused("EPERM", [] { return outcome(::socket(AF_INET, SOCK_STREAM, 0)); });
  refused("EPERM", [] { return outcome(::socket(AF_UNIX, SOCK_STREAM, 0)); });
  refused("EPERM", [] { return outcome(::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr)); });
  refused("EPERM", [] {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(0);
    return outcome(child);
  });
  refused("EACCES", [] {
    void* const page = ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANON, -1, 0);
    return outcome(page == MAP_FAILED ? -1 : 0);
  });
  refused("EACCES", [] {
    void* const page = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
    return outcome(::mprotect(page, 4096, PROT_READ | PROT_EXEC));
  });
  // exec ends the process where it works, so only the refusal can be seen here.
  const std::string exec = confined([] {
    char program[] = "/bin/true";
    char* const arguments[] = {program, nullptr};
    char* const environment[] = {nullptr};
    return outcome(::execve(program, arguments, environment));
  });
  if (exec != "no wall") EXPECT_EQ(exec, "EPERM");
}

TEST_F(Confined, AgainAndTighter) {
  const std::string said = confined(
      [this] {
        std::string text;
        const ConfinedRoot wide[] = {{::open("/", O_RDONLY | O_DIRECTORY), true}};
        const ConfinedRoot tight[] = {{::open((base + "/rw").c_str(), O_RDONLY | O_DIRECTORY), true}};
        const auto walls = [&](const Walls& up) {
          if (!up.files || !up.calls) text = "no wall ";
        };
        walls(confine({.roots = wide, .network = true, .confine_again = true}));
        const auto add = [&](long result) { text += outcome(result) + " "; };
        add(::open("/etc/passwd", O_RDONLY));
        add(::socket(AF_INET, SOCK_STREAM, 0));
        walls(confine({.roots = tight}));
        add(::open("/etc/passwd", O_RDONLY));
        add(::socket(AF_INET, SOCK_STREAM, 0));
        add(::open((base + "/rw/file").c_str(), O_RDWR));
        return text;
      },
      false);
  if (said == "no wall") GTEST_SKIP();
  EXPECT_EQ(said, "ok ok EACCES EPERM ok ");
}

TEST_F(Confined, GrantedWorkGoesOn) {
  const std::string said = confined([this] {
    std::string text;
    const std::string rw = base + "/rw/";
    const auto add = [&](long result) { text += outcome(result) + " "; };
    add(::open((base + "/ro/file").c_str(), O_RDONLY));
    add(::open((rw + "new").c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600));
    add(::mkdirat(AT_FDCWD, (rw + "a").c_str(), 0700));
    add(::mkdirat(AT_FDCWD, (rw + "b").c_str(), 0700));
    add(::renameat(AT_FDCWD, (rw + "new").c_str(), AT_FDCWD, (rw + "a/new").c_str()));
    add(::linkat(AT_FDCWD, (rw + "a/new").c_str(), AT_FDCWD, (rw + "b/new").c_str(), 0));
    add(::symlinkat("a", AT_FDCWD, (rw + "link").c_str()));
    add(::unlinkat(AT_FDCWD, (rw + "b/new").c_str(), 0));
    add(::unlinkat(AT_FDCWD, (rw + "b").c_str(), AT_REMOVEDIR));
    void* const page = ::mmap(nullptr, 8192, PROT_NONE, MAP_PRIVATE | MAP_ANON, -1, 0);
    add(::mprotect(page, 4096, PROT_READ | PROT_WRITE));
    return text;
  });
  if (said == "no wall") GTEST_SKIP();
  EXPECT_EQ(said, "ok ok ok ok ok ok ok ok ok ok ");
}

// A thread is behind the same wall as the one that started it.
TEST_F(Confined, ThreadsAreAGrant) {
  const auto attempt = [this] {
    static Monitor monitor;
    static std::string text;
    static std::string outside;
    outside = base + "/out/file";
    const Locked locked(monitor);
    const auto run = [](void*) {
      const Locked inner(monitor);
      text = "ran " + outcome(::open(outside.c_str(), O_RDONLY));
      monitor.wake();
    };
    if (!start_thread(run, nullptr)) return std::string("none");
    while (text.empty()) monitor.wait();
    return text;
  };
  const std::string said = confined(attempt);
  if (said == "no wall") GTEST_SKIP();
  EXPECT_EQ(said, "none");
  EXPECT_EQ(confined(attempt, true, true), "ran EACCES");
  EXPECT_EQ(confined(attempt, false), "ran ok");
}

}  // namespace
}  // namespace hermit::os
