#!/bin/sh
# Every function of WASI preview 1, tried by programs of our own (*_test.c) from inside a packed file: run.sh SYSTEM
#
#   native    this machine's launcher        portable  the one with the files that macOS uses
#   aarch64   linux-aarch64 under qemu       windows   windows-x86_64 under Wine
#
# What is known to fail is in known_gaps.txt, a line "SYSTEM TEST reason"; the list may only shrink: a test that passes
# although it is listed is a failure. Ends with "N passed, N failed".
system=$1
folder=$(cd "$(dirname "$0")" && pwd)
. "$folder/../cli/lib.sh"
here=$folder
module=$(dirname "$TOOLCHAIN")/build/wasi/test/wasi_tests.wasm
[ -f "$module" ] || fail "$module is missing (make test builds it)"
suffix='' patience=100 limit=
! command -v timeout > /dev/null 2>&1 || limit='timeout 300'
case $system in
  native | portable) target=$(basename "$NATIVE") && start() { $limit "$@"; } ;;
  aarch64) target=linux-aarch64 && need qemu-aarch64 && start() { $limit qemu-aarch64 "$@"; } ;;
  windows)
    target=windows-x86_64 suffix=.exe patience=2
    wine_run --version > version.txt
    start() { WINEPREFIX=${HERMIT_TEST_WINEPREFIX:-/tmp/hermit-test-wine} WINEDEBUG=-all DISPLAY='' LC_ALL=C.UTF-8 $limit "$wine" "$@"; }
    ;;
  *) fail "unknown system $system" ;;
esac

# Every function is called somewhere.
functions=0
for name in $(sed -n 's/^IMPORT(\([a-z_]*\).*/\1/p' "$here/imports.h") proc_exit; do
  grep -q "wasi_$name(" "$here"/*_test.c "$here/main.c" || fail "no test calls $name"
  functions=$((functions + 1))
done
equal 46 $functions 'the functions of imports.h'

mkdir -p rw/big rw/busy ro/dir outside embedded/dir
echo secret > outside/secret
printf embedded > embedded/file
for inner in ro/file ro/dir/inner embedded/dir/inner rw/old; do echo text > $inner; done
TZ=UTC touch -t 196912312359.30 rw/old
(cd rw/big && i=0 && while [ $i -lt 3000 ]; do : > k$i && i=$((i + 1)); done)
(cd rw/busy && i=0 && while [ $i -lt 200 ]; do : > k$i && i=$((i + 1)); done)
ln -s ../outside/secret rw/link_out
ln -s /etc/passwd rw/link_absolute
ln -s self$suffix rw/link_to_self
mkfifo rw/fifo
cp "$module" program.wasm
printf 'FROM program.wasm\nMAP rw:/rw ro:/ro:ro\nCOPY embedded /embedded\nENV FIRST=1 "SECOND=two words"\n' > Hermitfile
expect 0 "$HERMIT" --target "$target" -o "rw/self$suffix"
ln "rw/self$suffix" rw/hard_link_to_self
ulimit -c 0

passed=0 failed=0 gaps=0
known() { grep -q "^$system $1 " "$here/known_gaps.txt"; }
count() {  # count NAME ok|FAILED DETAILS
  if known "$1"; then
    gaps=$((gaps + 1))
    [ "$2" = FAILED ] || { failed=$((failed + 1)) && echo "FAILED $1: passes, but stands in known_gaps.txt"; }
  elif [ "$2" = ok ]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1)) && echo "FAILED $1" && printf '%s\n' "$3"
  fi
}
# The results that a run with these streams has left.
collect() {
  if [ ! -f "rw/results-$1.txt" ] || [ "$(tail -n 1 "rw/results-$1.txt")" != end ]; then
    count "streams/$1" FAILED "$(tail -n 1 "rw/results-$1.txt"; cat out.txt err.txt)"
    [ -f "rw/results-$1.txt" ] || return 0
  fi
  while IFS= read -r line; do
    case $line in
      'ok '*) count "${line#ok }" ok '' ;;
      'FAILED '*)
        details=$(sed -n "\|^$line\$|,/^[a-zF]/p" "rw/results-$1.txt" | grep '^  ')
        count "${line#FAILED }" FAILED "$details"
        ;;
    esac
  done < "rw/results-$1.txt"
}
guest() { start "rw/self$suffix" "$system" "$@" > out.txt 2> err.txt; }

(cd rw/busy && while :; do for i in 1 2 3 4 5 6 7 8; do : > new$i; done; rm -f new?; done) & churn=$!
guest plain < /dev/null
kill $churn
wait $churn 2> /dev/null
collect plain
mkfifo silent && { sleep $patience > silent & writer=$!; }
{ start "rw/self$suffix" "$system" pipes < silent 2> err.txt | cat > out.txt; }
kill $writer 2> /dev/null
collect pipes
printf abc | guest ended
collect ended
start "rw/self$suffix" "$system" last < /dev/null > /dev/null 2> err.txt
collect last
start "rw/self$suffix" "$system" closed <&- >&- 2>&-
collect closed
guest directory < ro
collect directory
for streams in socket listener datagram; do
  known "streams/$streams" && gaps=$((gaps + 1)) && continue
  case $system in
    aarch64) python3 "$here/with_socket.py" $streams qemu-aarch64 "rw/self$suffix" "$system" $streams > out.txt 2> err.txt ;;
    *) python3 "$here/with_socket.py" $streams "rw/self$suffix" "$system" $streams > out.txt 2> err.txt ;;
  esac
  collect $streams
done

ends() {  # ends CODE exit|raise NUMBER
  guest "$2" "$3" < /dev/null
  code=$?
  count "proc_$2/$3" "$([ $code = "$1" ] && echo ok || echo FAILED)" "  exit code $code, expected $1"
}
ends 0 exit 0
ends 42 exit 42
ends 255 exit 255
if [ "$system" = windows ]; then
  ends 58 raise 1  # notsup
  ends 58 raise 2  # 0xC000013A
  ends 3 raise 6
  ends 3 raise 15
else
  ends 129 raise 1
  ends 130 raise 2
  ends 134 raise 6
  ends 137 raise 9
  ends 141 raise 13
  ends 143 raise 15
  ends 0 raise 16  # SIGCHLD: ignored, as natively
fi

[ $gaps = 0 ] || echo "$gaps known gaps"
echo "$passed passed, $failed failed"
[ $failed = 0 ] && [ $passed -gt 0 ]
