#!/bin/sh
# Variables: only those that the Hermitfile names, in its order.
. "$(dirname "$0")/lib.sh"

compile env << 'C'
#include <stdio.h>
extern char **environ;
int main(void) {
  for (char **e = environ; e && *e; ++e) puts(*e);
  return 0;
}
C
echo 'FROM env.wasm' > Hermitfile
expect 0 "$HERMIT"
expect 0 ./env.com
equal '' "$out" 'no variable without ENV'
cat > Hermitfile << 'H'
FROM env.wasm
ENV ZED=last first=1
ENV QUOTED="a b"
ENV REST of the line
ENV PASSED
ENV ABSENT
ENV first=2
H
expect 0 "$HERMIT"
expect 0 env PASSED=through ./env.com
equal 'ZED=last
first=2
QUOTED=a b
REST=of the line
PASSED=through' "$out" 'the variables'
printf 'FROM env.wasm\nENV_PWD_IS_HOST_CWD\nENV_EXE_NAME_IS_HOST_EXE_NAME\n' > Hermitfile
expect 0 "$HERMIT"
mkdir sub && cd sub || exit 1
expect 0 ../env.com
here=$(pwd -P)
equal "PWD=$here
EXE_NAME=$(dirname "$here")/env.com" "$(echo "$out" | sed 's,sub/\.\./,,')" 'PWD and EXE_NAME'
