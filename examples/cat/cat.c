// cat [FILE...]: copies files, or standard input, to standard output. Shows MAP: the Hermitfile grants the directory
// the program is started in, read-only.
#include <errno.h>
#include <stdio.h>
#include <string.h>

static int copy(FILE *in, const char *name) {
  static char buffer[1 << 16];
  size_t n;
  while ((n = fread(buffer, 1, sizeof buffer, in)) > 0) {
    if (fwrite(buffer, 1, n, stdout) != n) {
      fprintf(stderr, "cat: standard output: %s\n", strerror(errno));
      return 1;
    }
  }
  if (ferror(in)) {
    fprintf(stderr, "cat: %s: %s\n", name, strerror(errno));
    return 1;
  }
  return 0;
}

int main(int argc, char **argv) {
  int failed = 0;
  if (argc < 2) failed = copy(stdin, "standard input");
  for (int i = 1; i < argc; ++i) {
    if (strcmp(argv[i], "-") == 0) {
      failed |= copy(stdin, "standard input");
      continue;
    }
    FILE *file = fopen(argv[i], "rb");
    if (file == NULL) {
      fprintf(stderr, "cat: %s: %s\n", argv[i], strerror(errno));
      failed = 1;
      continue;
    }
    failed |= copy(file, argv[i]);
    fclose(file);
  }
  if (fflush(stdout) != 0) {
    fprintf(stderr, "cat: standard output: %s\n", strerror(errno));
    failed = 1;
  }
  return failed;
}
