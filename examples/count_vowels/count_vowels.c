// count_vowels [TEXT...]: prints how many vowels the arguments hold, or those of standard input. Shows ENV: VOWELS says
// which letters count.
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned long long count(const char *text, size_t length, const char *vowels) {
  unsigned long long found = 0;
  for (size_t i = 0; i < length; ++i) {
    if (text[i] != '\0' && strchr(vowels, tolower((unsigned char)text[i])) != NULL) ++found;
  }
  return found;
}

int main(int argc, char **argv) {
  const char *vowels = getenv("VOWELS");
  if (vowels == NULL || *vowels == '\0') vowels = "aeiou";
  unsigned long long found = 0;
  for (int i = 1; i < argc; ++i) found += count(argv[i], strlen(argv[i]), vowels);
  if (argc < 2) {
    static char buffer[1 << 16];
    size_t n;
    while ((n = fread(buffer, 1, sizeof buffer, stdin)) > 0) found += count(buffer, n, vowels);
    if (ferror(stdin)) {
      perror("count_vowels: standard input");
      return 1;
    }
  }
  printf("%llu\n", found);
  return fflush(stdout) == 0 ? 0 : 1;
}
