// A stand-in for the launcher: follows base/launcher_protocol.h as far as the script can tell, and prints what reached it.
#include <stdio.h>
#include <string.h>
#ifndef _WIN32
#include <sys/stat.h>
extern char** environ;
#endif

int main(int argc, char** argv) {
  if (argc == 2 && strcmp(argv[1], "--hermit-probe") == 0) return 0;
  printf("target %s\n", STUB_TARGET);
  int first = 1;
  if (argc > 3 && strcmp(argv[1], "--hermit-exec") == 0) {
    printf("file %s\nname %s\n", argv[2], argv[3]);
    first = 4;
  } else {
    printf("direct %s\n", argv[0]);
  }
  for (int i = first; i < argc; ++i) printf("arg %s\n", argv[i]);
#ifndef _WIN32
  printf("launcher %s\numask %03o\n", argv[0], (unsigned)umask(0));
  for (char** entry = environ; *entry; ++entry) printf("env %s\n", *entry);
#endif
  char line[64];
  if (fgets(line, sizeof line, stdin)) printf("stdin %s\n", line);
  return 7;
}
