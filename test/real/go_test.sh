#!/bin/sh
# A Go program of 7 MB: goroutines, channels, select and timers, maps, fmt, regexp, compressors, sort, JSON, big numbers, templates,
# panics. V8 says what is right, or without it the same source built for this machine.
. "$(dirname "$0")/lib.sh"
need go
mkdir src && cp "$here/program.go" src/main.go
printf 'module program\n\ngo 1.21\n' > src/go.mod
export GOTOOLCHAIN=local GOFLAGS=-trimpath
(cd src && GOOS=wasip1 GOARCH=wasm go build -o ../program.wasm .) || fail 'cannot build'
printf 'FROM program.wasm\nMAP .\nENV NAME=value\n' > Hermitfile
pack_natively -o program
printf 'one two three\ntwo\n' > input.txt
export NAME=value
if has_v8; then
  in_v8 0 program.wasm input.txt < input.txt
else
  (cd src && CGO_ENABLED=0 go build -o ../native .) || fail 'cannot build for this machine'
  ./native input.txt < input.txt > expected.txt || fail 'the native program fails'
fi
expect 0 sh -c './program input.txt < input.txt'
equal "$(cat expected.txt)" "$out" 'what the program says'
contains "$out" 'goroutines' 'that it says anything'
expect 2 ./program panic
contains "$err" 'goroutine 1' 'a panic tells where'
contains "$err" 'index out of range [5] with length 3' 'a panic tells why'
expect 3 ./program exit
