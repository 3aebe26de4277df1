#!/bin/sh
# The main job: pack a program, run the file. Arguments, standard input, exit codes and argv[0] arrive as they are.
. "$(dirname "$0")/lib.sh"

expect 0 "$EXAMPLES/cowsay.com" Hello 'two  words'
contains "$out" '< Hello two words >' 'what the cow says'
expect 0 sh -c "printf 'from a pipe' | '$EXAMPLES/cowsay.com'"
contains "$out" '< from a pipe >' 'standard input'

compile facts << 'C'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int main(int argc, char **argv) {
  for (int i = 0; i < argc; ++i) printf("[%s]", argv[i]);
  printf("\n");
  return argc > 1 ? atoi(argv[1]) : 0;
}
C
echo 'FROM facts.wasm' > Hermitfile
expect 0 "$HERMIT"
[ -x facts.com ] || fail 'the output is not executable'
expect 0 ./facts.com
equal '[./facts.com]' "$out" 'argv[0] is what the user typed'
expect 42 ./facts.com 42 '' 'a b' '*' "q'\"uote" -- --help
equal "[./facts.com][42][][a b][*][q'\"uote][--][--help]" "$out" 'arguments'
mkdir 'a dir'
cp facts.com 'a dir/-my prog'
expect 0 './a dir/-my prog'
equal '[./a dir/-my prog]' "$out" 'a name with spaces and a dash'
expect 0 env PATH="$PWD/a dir:$PATH" ./facts.com
ln -s "$PWD/facts.com" link
expect 3 ./link 3
equal '[./link][3]' "$out" 'through a symbolic link'
