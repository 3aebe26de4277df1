#!/bin/sh
# Modules at the published limits (docs/limits.md) are packed and run, those beyond are refused with the limit and the place; and what
# running one takes grows as the module does.
. "$(dirname "$0")/lib.sh"
need python3
make() { python3 "$here/../modules/bad_input.py" "$@"; }
native=$(basename "$NATIVE")
# accepted KIND COUNT CODE: it is packed, and its run ends with CODE
accepted() {
  make "$1" "$2" bad.wasm
  echo 'FROM bad.wasm' > Hermitfile
  expect 0 "$NATIVE/bin/hermit" build --resources "$(dirname "$HERMIT")/pack" --target "$native" -o bad
  expect "$3" ./bad
}
# refused KIND COUNT MESSAGE: by the native tool and by hermit.com
refused() {
  make "$1" "$2" bad.wasm
  echo 'FROM bad.wasm' > Hermitfile
  expect 1 "$NATIVE/bin/hermit" check
  contains "$err" "$3" "$1 $2"
  contains "$err" 'offset 0x' "$1 $2: the place"
  case $1 in functions) ;; *) expect 1 "$HERMIT" check && contains "$err" "$3" "$1 $2 (hermit.com)" ;; esac
}
accepted functions 1000000 0
refused functions 1000001 'too many functions'
accepted locals 50000 0
refused locals 50001 'too many locals'
refused locals 4294967295 'too many locals'
accepted nesting 100000 0
accepted br_table 1000000 0
accepted switch 1000000 0
accepted headers 100000 0
# Seconds of processor time, some thirty times what it takes: where the compiler compares each loop with all others, it is minutes.
(ulimit -t 40 && accepted loops 200000 0) || fail 'loops nested 200,000 deep'
accepted data 4 134  # the last four bytes of 4 GiB
contains "$err" 'out of bounds memory access' 'data at 4 GiB'
accepted data 1 134
refused order 0 'unexpected content after last section'
refused twice 0 'unexpected content after last section'
refused name 0 'malformed UTF-8 encoding'
refused count 0 'length out of bounds'

# Memory: at most so many bytes for a byte of the module more. Linux tells the largest size of a process in KiB, others in bytes.
for kind in functions:250000:1000000:80 nesting:250000:1000000:300 br_table:250000:1000000:40 switch:250000:1000000:40; do
  set -- $(echo $kind | tr : ' ')
  for count in "$2" "$3"; do
    make "$1" "$count" bad.wasm
    echo 'FROM bad.wasm' > Hermitfile
    expect 0 "$NATIVE/bin/hermit" build --resources "$(dirname "$HERMIT")/pack" --target "$native" -o "bad$count"
    wc -c < bad.wasm > "size$count"
    python3 -c 'import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True)
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
print(usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024), round(usage.ru_utime * 1000))' "./bad$count" > "cost$count" || fail "$1 $count"
  done
  read -r small small_time < "cost$2"
  read -r large large_time < "cost$3"
  more=$(($(cat "size$3") - $(cat "size$2")))
  each=$(((large - small) / more))
  echo "$1: $each bytes of memory for a byte more; $small_time ms at $2, $large_time ms at $3"
  [ $each -le "$4" ] || fail "$1 takes $each bytes of memory for each byte of the module"
done

# The same of the compiler. A loop is fifteen bytes, and a block, a parameter and some instructions of each form on the way to code.
for kind in loops:16000:64000:300 headers:16000:64000:300 switch:250000:1000000:80; do
  set -- $(echo $kind | tr : ' ')
  for count in "$2" "$3"; do
    make "$1" "$count" bad.wasm
    wc -c < bad.wasm > "size$count"
    python3 -c 'import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
print(usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024), round(usage.ru_utime * 1000))' \
      "$NATIVE/bin/hermit" compile --emit image bad.wasm > "cost$count" || fail "compile $1 $count"
  done
  read -r small small_time < "cost$2"
  read -r large large_time < "cost$3"
  each=$(((large - small) / ($(cat "size$3") - $(cat "size$2"))))
  echo "compile $1: $each bytes of memory for a byte more; $small_time ms at $2, $large_time ms at $3"
  [ $each -le "$4" ] || fail "compiling $1 takes $each bytes of memory for each byte of the module"
done
