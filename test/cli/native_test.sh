#!/bin/sh
# Compiled code: a file carries it, starts run it; what does not fit is refused with a line, and the program interpreted.
. "$(dirname "$0")/lib.sh"
need python3 unzip
. "$here/native_checks.sh"
case $(uname -s)-$(uname -m) in Linux-x86_64) ;; *) skip 'this looks into /proc and at code for x86-64' ;; esac

start() { "./$@"; }
compiled_checks linux-x86_64 x86_64 start

program() {
  compile "$1" "-DMESSAGE=\"$2\"" << 'END'
#include <stdio.h>
#include <string.h>
static volatile int zero;
__attribute__((noinline)) int divide(int a) { return a / zero; }
int main(int argc, char** argv) {
  if (argc > 1 && strcmp(argv[1], "trap") == 0) return divide(argc);
  if (argc > 1 && strcmp(argv[1], "wait") == 0) getchar();
  puts(MESSAGE);
  return argc;
}
END
}
program prog first
program other second
echo 'FROM prog.wasm' > Hermitfile
expect 0 "$HERMIT" -o prog.com
expect 0 "$HERMIT" --target linux-x86_64 -o prog

# It runs from the file: pages of it are executable while it waits. On files that macOS uses (test/portable.sh) a copy of them is.
case $HERMIT in
  */portable/*) code='r-xp 00000000 00:00 0 *$' confined='^Seccomp:' ;;
  *) code='r-xp.*/prog[.com]*$' confined='^Seccomp:.*2' ;;
esac
for file in prog prog.com; do
  expect 1 ./$file
  equal first "$out" "$file"
  equal '' "$err" "$file says nothing"
  mkfifo "$file.in"
  ./$file wait < "$file.in" > /dev/null &
  pid=$!
  exec 3> "$file.in"
  tries=0
  until [ -r /proc/$pid/maps ] && grep -q "$code" /proc/$pid/maps && grep -q "$confined" /proc/$pid/status; do
    tries=$((tries + 1))
    [ $tries -lt 100 ] || fail "$file does not run compiled: $(cat /proc/$pid/maps)"
    sleep 0.1
  done
  [ "$(grep -c '^[^ ]* .wx' /proc/$pid/maps)" = 0 ] || fail "$file: pages are writable and executable"
  echo >&3
  exec 3>&-
  wait $pid
done

# The engine is a choice when packing, too.
expect 0 "$HERMIT" --engine interp --target linux-x86_64 -o plain
expect 1 ./plain
equal "first" "$out$err" 'without compiled code'
expect 0 "$HERMIT" inspect plain
contains "$out" 'engine    interpreted' 'inspect of a file without compiled code'
expect 2 "$HERMIT" --engine fast -o x
contains "$err" 'unknown engine "fast" (engines: native, interp)' 'an unknown engine'
expect 0 "$HERMIT" inspect prog.com
contains "$out" 'engine    compiled for x86_64' 'inspect'
contains "$out" '          compiled for aarch64' 'inspect'
expect 0 "$HERMIT" inspect --json prog.com
python3 -c 'import json, sys; facts = json.load(sys.stdin); sys.exit(facts["engine"] != "native" or facts["native"][0]["isa"] != "x86_64" or facts["native"][0]["code"] < 1000 or facts["native"][1]["isa"] != "aarch64")' < out.txt || fail "inspect --json: $out"
# A file carries code for the machines that it starts on.
only() { # ISA TARGET
  expect 0 "$HERMIT" --target "$2" -o "only-$2"
  equal "native/$1" "$(unzip -Z1 "only-$2" | grep native/)" "code in a file for $2"
}
only x86_64 linux-x86_64
only aarch64 linux-aarch64

# Traps look the same from both engines, with the names of the module, which is not read.
assemble trap << 'END'
(module
  (func $divide (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
  (func $outer (export "f") (param i32) (result i32) (i32.add (call $divide (i32.const 7) (local.get 0)) (i32.const 1))))
END
printf 'FROM trap.wasm\nENTRYPOINT f\n' > Trap
expect 0 "$HERMIT" -f Trap --target linux-x86_64 -o trap
expect 0 ./trap 7
equal 2 "$out$err" 'a program that may trap'
expect 134 ./trap 0
native=$err
contains "$native" 'trap: integer divide by zero' 'the trap'
contains "$native" 'at divide (' 'its backtrace'
contains "$native" 'at outer (' 'its backtrace'
expect 134 env HERMIT_ENGINE=interp ./trap 0
equal "$err" "$native" 'a trap, interpreted and compiled'
expect 134 ./prog trap
native=$err
expect 134 env HERMIT_ENGINE=interp ./prog trap
equal "$err" "$native" 'a trap in C, interpreted and compiled'

# Every byte of the header counts, and each of the code under HERMIT_VERIFY.
python3 - << 'END' || fail 'a damaged header'
import os, struct, subprocess, sys, zipfile
data = bytearray(open("prog", "rb").read())
info = zipfile.ZipFile("prog").getinfo("native/x86_64")
name, extra = struct.unpack_from("<HH", data, info.header_offset + 26)
image = info.header_offset + 30 + name + extra
text, = struct.unpack_from("<Q", data, image + 64)
size, = struct.unpack_from("<Q", data, image + 48)


def start(at, bit, **env):
    data[at] ^= bit
    with open("flipped", "wb") as f:
        f.write(data)
    data[at] ^= bit
    os.chmod("flipped", 0o755)
    done = subprocess.run(["./flipped"], capture_output=True, env=os.environ | env)
    if done.returncode != 1 or done.stdout != b"first\n" or b"the program is interpreted" not in done.stderr:
        sys.exit(f"byte {at - image} of the image: {done}")


for at in range(image, image + text):
    start(at, 0x41)
for part in range(1, 60):
    start(image + size * part // 60, 1, HERMIT_VERIFY="1")
END
expect 1 env HERMIT_VERIFY=1 ./prog
equal "first" "$out$err" 'an undamaged file under HERMIT_VERIFY'

# What the header says counts, too, where its checksum is right: an image of another build, machine, or module is not this program's.
# Offsets are those of docs/formats/native_image.md.
python3 - << 'END' || fail 'a header that says something else'
import os, struct, subprocess, sys, zipfile, zlib
data = open("prog", "rb").read()
info = zipfile.ZipFile("prog").getinfo("native/x86_64")
name, extra = struct.unpack_from("<HH", data, info.header_offset + 26)
begin = info.header_offset + 30 + name + extra
text, = struct.unpack_from("<Q", data, begin + 64)


def start(what, at, bits, why):
    image = bytearray(data)
    image[begin + at] ^= bits
    struct.pack_into("<I", image, begin + 44, 0)
    struct.pack_into("<I", image, begin + 44, zlib.crc32(image[begin : begin + text]))
    with open("claims", "wb") as f:
        f.write(image)
    os.chmod("claims", 0o755)
    done = subprocess.run(["./claims"], capture_output=True)
    line = f"./claims: {why} (`hermit.com build --from ./claims -o NEW` makes new code); the program is interpreted\n" if why else ""
    if done.returncode != 1 or done.stdout != b"first\n" or done.stderr.decode() != line:
        sys.exit(f"{what}: {done}")


start("nothing changed", 0, 0, "")
start("the version", 8, 1, "native image: made by another version of Hermit")
start("the instruction set", 12, 3, "native image: made for another machine")  # 1 becomes 2, AArch64
start("the engine", 16, 1, "native image: made by another version of Hermit")
start("the last byte of the engine", 31, 0x80, "native image: made by another version of Hermit")
start("a processor feature", 32, 1, "native image: made for another machine")
start("the last processor feature", 39, 0x80, "native image: made for another machine")
start("the size of the module", 240, 1, "the native code in this file was made from another main.wasm")
start("the size of the module beyond 32 bits", 244, 1, "the native code in this file was made from another main.wasm")
start("the checksum of the module", 248, 1, "the native code in this file was made from another main.wasm")
END

# verify says whether the code is that of the modules.
expect 0 "$HERMIT" verify prog.com
contains "$out" 'native/x86_64 is what the modules compile to' 'verify'
contains "$out" 'native/aarch64 is what the modules compile to' 'verify'
expect 0 "$HERMIT" verify plain
contains "$out" 'no native code' 'verify without any'
for isa in x86_64 aarch64; do
  damage prog.com damaged $isa 600
  expect 1 "$HERMIT" verify damaged
  contains "$err" "damaged: native/$isa is not what the modules compile to: it differs at offset 600" 'verify of other code'
done

# A module replaced with zip is what runs, and the file can be refreshed.
need zip
for file in prog prog.com; do
  cp $file edited.x
  cp other.wasm main.wasm
  zip -q edited.x main.wasm || fail 'zip'
  expect 1 ./edited.x
  equal second "$out" 'a replaced module runs'
  equal "./edited.x: the native code in this file was made from another main.wasm (\`hermit.com build --from ./edited.x -o NEW\` makes new code); $interpreted" "$err" 'a replaced module'
  expect 0 "$HERMIT" inspect edited.x
  contains "$out" 'interpreted on x86_64: the native code is of other modules' 'inspect of a replaced module'
  expect 1 "$HERMIT" verify edited.x
  expect 0 "$HERMIT" --from edited.x --target linux-x86_64 -o refreshed
  expect 1 ./refreshed
  equal "second" "$out$err" 'a refreshed file'
  # Other entries do not matter to the code.
  cp $file edited.x
  unzip -q -o edited.x hermit.json
  zip -q edited.x hermit.json || fail 'zip'
  expect 1 ./edited.x
  equal "first" "$out$err" 'an edited configuration'
  rm -f main.wasm hermit.json
done

# Too little address space for guard pages: interpreted, and said.
expect 1 sh -c 'ulimit -v 4000000; exec ./prog'
equal first "$out" 'under ulimit -v'
contains "$err" "there is too little address space for native code; $interpreted" 'under ulimit -v'

# No executable pages: the same.
python3 "$here/deny_executable.py" /bin/true 2> /dev/null # it may need executable pages itself
if [ $? != 77 ]; then
  expect 1 python3 "$here/deny_executable.py" ./prog
  equal first "$out" 'without executable pages'
  contains "$err" "the system refuses to map native code; $interpreted" 'without executable pages'
fi

# No pages that are writable and executable, ever: it runs compiled all the same. (In other.x the code says what the module does not.)
echo 'import mmap; mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)' > both.py
python3 "$here/deny_executable.py" --writable "$(command -v python3)" both.py > /dev/null 2>&1
code=$?
if [ $code != 77 ]; then
  equal 159 $code 'a program that asks for such pages is ended by SIGSYS'
  for file in case.x other.x; do
    case $file in case.x) number=12345 ;; other.x) number=12346 ;; esac
    expect 0 python3 "$here/deny_executable.py" --writable ./$file 0 0
    equal $number "$out$err" "$file without pages that are writable and executable"
  done
  expect 134 python3 "$here/deny_executable.py" --writable ./case.x 1 0
  contains "$err" 'integer divide by zero' 'a trap without pages that are writable and executable'
  expect 0 python3 "$here/deny_executable.py" --writable ./case.x 9 1
  equal 41 "$out$err" 'a memory that grows without pages that are writable and executable'
fi

# A processor that lacks what the code uses: the same.
if command -v qemu-x86_64 > /dev/null 2>&1; then
  for file in prog trap; do
    case $file in prog) code=1 argument= ;; trap) code=0 argument=7 ;; esac
    expect $code qemu-x86_64 -cpu Conroe ./$file $argument
    [ $file = prog ] && equal first "$out" 'without SSE4.2' || equal 2 "$out" 'without SSE4.2'
    equal "./$file: native code needs an x86-64 processor with SSE4.2 and POPCNT; $interpreted" "$err" 'without SSE4.2'
  done
fi

# One that has that and no AVX: compiled.
if command -v qemu-x86_64 > /dev/null 2>&1; then
  expect 1 qemu-x86_64 -cpu Nehalem ./prog
  equal first "$out" 'without AVX'
  equal '' "$err" 'without AVX'
fi

# A linked module counts as well.
assemble lib << 'END'
(module (func (export "seven") (result i32) i32.const 7))
END
assemble lib8 << 'END'
(module (func (export "seven") (result i32) i32.const 8))
END
assemble main << 'END'
(module (import "lib" "seven" (func $seven (result i32))) (func (export "f") (result i32) call $seven))
END
cat > Linked << 'END'
FROM main.wasm
LINK lib.wasm
ENTRYPOINT f
END
expect 0 "$HERMIT" -f Linked --target linux-x86_64 -o linked.x
expect 0 ./linked.x
equal 7 "$out$err" 'a linked program'
mkdir -p link
cp lib8.wasm link/lib.wasm
zip -q linked.x link/lib.wasm || fail 'zip'
expect 0 ./linked.x
equal 8 "$out" 'a replaced linked module'
contains "$err" 'made from another link/lib.wasm' 'a replaced linked module'
