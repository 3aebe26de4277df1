# For the tests in this folder. Each runs in an empty folder of its own, with HERMIT, EXAMPLES, TOOLCHAIN and NATIVE set
# (test/run.sh). A launcher cache of its own keeps tests apart.
set -u
here=$(cd "$(dirname "$0")" && pwd)
export here
export HERMIT_CACHE="$SCRATCH/cache"
mkdir -p "$HERMIT_CACHE"
unset HERMIT_TRACE 2> /dev/null || true
# With another launcher in the place where packed files look for theirs (test/suite.sh, sanitize/...). The tool itself, which would
# take minutes in it, keeps its own.
if [ -n "${HERMIT_TEST_LAUNCHER:-}" ] && [ ! -d "$SCRATCH/tool" ]; then  # some scripts start themselves again
  cp "$HERMIT_TEST_LAUNCHER" "$HERMIT_CACHE/$(head -c 4096 "$HERMIT" | grep -ao "hermit-[0-9a-f]*-$(basename "$NATIVE")" | head -n 1)"
  mkdir "$SCRATCH/tool"
  printf '#!/bin/sh\nHERMIT_CACHE=%s exec %s "$@"\n' "'$SCRATCH/tool'" "'$HERMIT'" > "$SCRATCH/tool/hermit"
  chmod +x "$SCRATCH/tool/hermit"
  HERMIT=$SCRATCH/tool/hermit
fi

fail() {
  echo "FAILED: $*" >&2
  exit 1
}
skip() {
  echo "$*"
  exit 77
}
# Ends the test as skipped unless all programs are here.
need() {
  for program in "$@"; do
    command -v "$program" > /dev/null 2>&1 || skip "$program is not installed"
  done
}
# equal EXPECTED ACTUAL WHAT
equal() {
  [ "$1" = "$2" ] || fail "$3: expected
$1
but got
$2"
}
# contains TEXT PART WHAT
contains() {
  case $1 in
    *"$2"*) ;;
    *) fail "$3: expected to find
$2
in
$1" ;;
  esac
}
# expect CODE COMMAND...: runs it; standard output to $out, standard error to $err
expect() {
  want=$1
  shift
  "$@" > out.txt 2> err.txt
  code=$?
  out=$(cat out.txt)
  err=$(cat err.txt)
  [ "$code" = "$want" ] || fail "$*: exit code $code, expected $want
$out
$err"
}
# Compiles C from standard input to WASI: compile NAME [FLAG...] → NAME.wasm. In two steps, so that the link is the one that the
# build did before and zig has its libraries ready. Programs that another test compiled are taken from there.
compile() {
  name=$1
  shift
  cat > "$name.c"
  kept=${HERMIT_TEST_COMPILED:-$SCRATCH}/$( (echo "$@" && cat "$name.c") | cksum | tr ' ' -).wasm
  if [ ! -f "$kept" ]; then
    "$TOOLCHAIN/bin/zig-cc" --target=wasm32-wasi -Os "$@" -c -o "$name.o" "$name.c" &&
      "$TOOLCHAIN/bin/zig-cc" --target=wasm32-wasi -Os -s -o "$name.wasm" "$name.o" || fail "cannot compile $name.c"
    cp "$name.wasm" "$kept.$$" && mv "$kept.$$" "$kept"
  fi
  cp "$kept" "$name.wasm"
}
# A module without a C library, with function names: assemble NAME [FLAG...] < text
assemble() {
  need wat2wasm
  module=$1
  shift
  wat2wasm --debug-names "$@" - -o "$module.wasm" || fail "cannot assemble $module"
}
# The digest of a file, whatever this system calls the program.
digest() {
  if command -v sha256sum > /dev/null 2>&1; then sha256sum < "$1"; else shasum -a 256 < "$1"; fi | cut -c 1-64
}
wine_run() {
  wine=$(command -v wine64 || echo /usr/lib/wine/wine64)
  [ -x "$wine" ] || skip "wine64 is not installed"
  HERMIT_WINDOWS_HALF=${HERMIT_WINDOWS_HALF-1} WINEPREFIX=${HERMIT_TEST_WINEPREFIX:-/tmp/hermit-test-wine} WINEDEBUG=-all DISPLAY='' LC_ALL=C.UTF-8 "$wine" "$@"
}
# start_server NAME COMMAND...: runs it in the background until the test ends; $pid_NAME is its process.
servers=
start_server() {
  name=$1
  shift
  "$@" > "$name.log" 2>&1 &
  servers="$servers $!"
  eval "pid_$name=$!"
  trap 'for server in $servers; do kill "$server" 2> /dev/null; done; wait 2> /dev/null' EXIT
}
# start_net_server NAME http|udp|dns ADDRESS PORT: test/net_server.py; its port is $port afterwards.
start_net_server() {
  need python3
  start_server "$1" python3 "$here/../net_server.py" "$2" "$3" "$4" "$PWD/$1.port"
  tries=0
  while [ ! -f "$1.port" ]; do
    tries=$((tries + 1))
    [ $tries -lt 100 ] || fail "the server $1 does not start: $(cat "$1.log")"
    sleep 0.1
  done
  port=$(cat "$1.port")
}
