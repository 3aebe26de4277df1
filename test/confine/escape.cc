// The attempts. Each line of output is "name: ok" or "name: ERRNO"; test/cli/confine_test.sh knows which to expect.
#include "escape.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace hermit::test {
namespace {

void say(const char* name, long result) {
  char line[128];
  const int size = std::snprintf(line, sizeof line, "%s: %s\n", name, result != -1 ? "ok" : std::strerror(errno));
  (void)!::write(1, line, static_cast<size_t>(size));
}

long run(const char* program) {
  const pid_t child = ::fork();
  if (child == -1) return -1;
  if (child == 0) {
    ::execl(program, program, static_cast<char*>(nullptr));
    ::_exit(1);
  }
  ::waitpid(child, nullptr, 0);
  return 0;
}

}  // namespace

void escape() {
  say("open", ::open("/etc/passwd", O_RDONLY));
  say("create", ::open("/tmp/hermit-escaped", O_WRONLY | O_CREAT, 0600));
  say("socket", ::socket(AF_INET, SOCK_STREAM, 0));
  say("fork", run("/bin/true"));
  void* const code = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANON, -1, 0);
  say("code", code == MAP_FAILED ? -1 : 0);
  void* const data = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
  say("mprotect", ::mprotect(data, 4096, PROT_READ | PROT_EXEC));
  say("memory", ::open("/proc/self/mem", O_RDWR));
  say("ptrace", ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr));
  // Last: where it works, this process ends in another program.
  ::execl("/bin/echo", "/bin/echo", "execve: ok", static_cast<char*>(nullptr));
  say("execve", -1);
}

}  // namespace hermit::test
