#!/bin/sh
# Builds every fuzz target with clang's libFuzzer, AddressSanitizer and UndefinedBehaviorSanitizer, and runs each for SECONDS
# (default 60) on the saved inputs and what it finds. Crashes are kept in test/fuzz/crashes/.
#
#   test/fuzz/run.sh [SECONDS] [TARGET...]
set -eu
cd "$(dirname "$0")/../.."
seconds=${1:-60}
[ $# = 0 ] || shift
clang=${CLANGXX:-$(command -v clang++-19 || command -v clang++ || true)}
[ -n "$clang" ] || { echo 'fuzzing needs clang 19 with its compiler runtime (Debian: clang-19 libclang-rt-19-dev)' >&2; exit 1; }
[ $# != 0 ] || set -- wasm bundle config hermitfile exe
out=build/fuzz
mkdir -p "$out" test/fuzz/crashes
deflate=.toolchain/sources/libdeflate
flags='-g -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined'
if [ ! -f "$out/libdeflate.o" ]; then
  for c in adler32 crc32 deflate_compress deflate_decompress utils x86/cpu_features arm/cpu_features; do
    # shellcheck disable=SC2086 # a list of flags
    ${CLANG:-${clang%++*}${clang##*++}} $flags -w -c "$deflate/lib/$c.c" -o "$out/$(basename $(dirname $c))-$(basename $c).o"
  done
  ld -r "$out"/*-*.o -o "$out/libdeflate.o"
fi
sources=$(ls src/base/*.cc src/wasm/*.cc src/zip/*.cc src/exe/*.cc src/grants/*.cc src/hermitfile/*.cc src/bundle/*.cc | grep -v _test.cc)
if [ -n "$(find src -newer "$out/libhermit.a" 2> /dev/null | head -n 1)" ] || [ ! -f "$out/libhermit.a" ]; then
  rm -rf "$out/objects" && mkdir -p "$out/objects"
  for source in $sources; do
    # shellcheck disable=SC2086
    echo "$clang -std=c++23 -stdlib=libc++ $flags -fsanitize=fuzzer-no-link -Isrc -isystem $deflate \
      -isystem .toolchain/sources/rapidjson/include \
      -c $source -o $out/objects/$(echo "$source" | tr / _).o"
  done | xargs -P 2 -I{} sh -c '{}'
  rm -f "$out/libhermit.a"
  ar rc "$out/libhermit.a" "$out"/objects/*.o
fi
for target; do
  # shellcheck disable=SC2086
  "$clang" -std=c++23 -stdlib=libc++ $flags -fsanitize=fuzzer -Isrc -isystem $deflate "test/fuzz/${target}_fuzz.cc" "$out/libhermit.a" \
    "$out/libdeflate.o" -lstdc++ -o "$out/$target"
  mkdir -p "$out/corpus/$target" "test/fuzz/inputs/$target"
  echo "fuzzing $target for ${seconds}s"
  "$out/$target" -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=10 -print_final_stats=1 \
    -artifact_prefix="test/fuzz/crashes/$target-" "$out/corpus/$target" "test/fuzz/inputs/$target" > "$out/$target.log" 2>&1 ||
    { tail -n 40 "$out/$target.log"; exit 1; }
  grep -E 'stat::number_of_executed_units|cov:' "$out/$target.log" | tail -n 2
done
