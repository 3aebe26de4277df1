// Runs the command in its arguments and prints the command's peak resident memory in KiB and its page faults. A process
// starts with what its parent has in memory counted as its own peak, so a small parent is needed to measure a small
// child.
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>

extern char** environ;

int main(int argc, char** argv) {
  posix_spawn_file_actions_t actions;
  pid_t child;
  int status;
  struct rusage usage;
  if (argc < 2 || posix_spawn_file_actions_init(&actions) != 0) return 2;
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  if (posix_spawn(&child, argv[1], &actions, NULL, argv + 1, environ) != 0) return 2;
  if (waitpid(child, &status, 0) != child || status != 0 || getrusage(RUSAGE_CHILDREN, &usage) != 0) return 1;
  printf("%ld %ld\n", usage.ru_maxrss, usage.ru_minflt + usage.ru_majflt);
  return 0;
}
