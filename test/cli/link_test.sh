#!/bin/sh
# LINK: several modules as one program. Functions, memories, tables and globals; order, circles, start functions, reactors; what does
# not fit is refused when the program is built, with both sides.
. "$(dirname "$0")/lib.sh"

assemble libadd << 'W'
(module (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))
W
assemble store << 'W'
(module
  (memory (export "memory") 1 2)
  (table (export "table") 2 funcref)
  (global $count (export "count") (mut i32) (i32.const 40))
  (global (export "base") i32 (i32.const 100))
  (func $one (result i32) (i32.const 1))
  (elem (i32.const 0) $one)
  (data (i32.const 100) "in the library's memory\0a")
  (func $begin (global.set $count (i32.add (global.get $count) (i32.const 1))))
  (start $begin))
W
# uses imports from store and from libadd, and is listed before both.
assemble uses << 'W'
(module
  (import "libadd" "add" (func $add (param i32 i32) (result i32)))
  (import "store" "count" (global $count (mut i32)))
  (func (export "next") (result i32)
    (global.set $count (call $add (global.get $count) (i32.const 1)))
    (global.get $count)))
W
assemble main << 'W'
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "u" "next" (func $next (result i32)))
  (import "store" "memory" (memory 1 2))
  (import "store" "table" (table 2 funcref))
  (import "store" "base" (global $base i32))
  (export "memory" (memory 0))
  (type $get (func (result i32)))
  (func $two (result i32) (i32.const 2))
  (elem (i32.const 1) $two)
  (func (export "_start")
    (i32.store (i32.const 0) (global.get $base))
    (i32.store (i32.const 4) (i32.const 24))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
    ;; 42 from the global that the library's start function and its neighbour raised, 1 and 2 through the shared table
    (call $exit (i32.add (call $next)
                         (i32.add (call_indirect (type $get) (i32.const 0)) (call_indirect (type $get) (i32.const 1)))))))
W
printf 'FROM main.wasm\nLINK ["u=uses.wasm", "store.wasm", "libadd.wasm"]\n' > Hermitfile
expect 0 "$HERMIT" -o linked.com
expect 45 ./linked.com
equal "in the library's memory" "$out" 'a memory of a linked module'
expect 0 "$HERMIT" inspect linked.com
for part in link/u.wasm link/store.wasm link/libadd.wasm; do contains "$out" "$part" 'inspect'; done
expect 0 "$HERMIT" --from linked.com -o again.com
cmp linked.com again.com || fail 'a converted file has other bytes'

# A reactor is set up once before it is used; it makes its own calls to the host, on its own memory.
cat > shout.c << 'C'
#include <stdio.h>
static volatile int ready;  // volatile: the compiler would run the constructor itself
__attribute__((constructor)) static void setup(void) { ready += 1; }
__attribute__((export_name("shout"))) int shout(int n) { printf("shouted %d\n", n); fflush(stdout); return ready; }
C
"$TOOLCHAIN/bin/zig-cc" --target=wasm32-wasi -Os -s -mexec-model=reactor -o shout.wasm shout.c || fail 'cannot compile a reactor'
compile quiet << 'C'
__attribute__((import_module("shout"), import_name("shout"))) int shout(int);
int main(void) { return shout(7); }
C
printf 'FROM quiet.wasm\nLINK shout.wasm\n' > Hermitfile
expect 0 "$HERMIT" -o reactor.com
expect 1 ./reactor.com
equal 'shouted 7' "$out" 'a C library as a reactor'

# A module may stand in front of the host's functions, and use them.
assemble wasi << 'W'
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (func (export "proc_exit") (param i32) (call $exit (i32.add (local.get 0) (i32.const 1)))))
W
printf 'FROM main.wasm\nLINK ["u=uses.wasm", "store.wasm", "libadd.wasm", "wasi_snapshot_preview1=wasi.wasm"]\n' > Hermitfile
expect 0 "$HERMIT" -o wrapped.com
expect 46 ./wrapped.com
equal "in the library's memory" "$out" 'functions that the wrapper does not have'

# Traps, also in start functions, name the module.
assemble trap << 'W'
(module (func $boom (unreachable)) (func (export "f")) (start $boom))
W
assemble t << 'W'
(module (import "trap" "f" (func)) (memory (export "memory") 1) (func (export "_start")))
W
printf 'FROM t.wasm\nLINK trap.wasm\n' > Hermitfile
expect 0 "$HERMIT" -o trap.com
expect 134 ./trap.com
contains "$err" 'trap.boom' 'a trap in the start function of a linked module'

refuse() {  # refuse HERMITFILE-TEXT PART WHAT
  printf '%b' "$1" > Hermitfile
  expect 1 "$HERMIT" -o refused.com
  contains "$err" "$2" "$3"
  [ ! -e refused.com ] || fail "$3: a file was written"
}
assemble wants << 'W'
(module (import "libadd" "add" (func (param i64) (result i32))) (import "libadd" "sub" (func))
  (import "store" "memory" (memory 3)) (func (export "_start")))
W
refuse 'FROM wants.wasm\nLINK libadd.wasm store.wasm\n' \
  'wants.wasm imports "libadd" "add" [i64] -> [i32]; libadd.wasm exports [i32 i32] -> [i32]' 'another type'
contains "$err" 'wants.wasm imports "libadd" "sub" [] -> []; libadd.wasm exports nothing of that name' 'a missing export'
contains "$err" '"store" "memory" a memory of 3 pages; store.wasm exports a memory of 1 to 2 pages' 'a memory'
assemble needy << 'W'
(module (import "env" "first" (func)) (import "env" "second" (func)) (func (export "add") (param i32 i32) (result i32) (i32.const 0)))
W
assemble plain << 'W'
(module (import "libadd" "add" (func (param i32 i32) (result i32))) (memory (export "memory") 1) (func (export "_start")))
W
refuse 'FROM plain.wasm\nLINK libadd=needy.wasm\n' 'env.first' 'a linked module that needs what nobody has'
contains "$err" 'env.second' 'all of it is named'
refuse 'FROM plain.wasm\n' 'libadd.add' 'no LINK at all'
assemble a << 'W'
(module (import "b" "f" (func)) (func (export "f")))
W
assemble b << 'W'
(module (import "a" "f" (func)) (func (export "f")))
W
refuse 'FROM plain.wasm\nLINK libadd.wasm a.wasm b.wasm\n' 'a.wasm imports from b.wasm imports from a.wasm' 'a circle'
refuse 'FROM plain.wasm\nLINK missing.wasm\n' 'Hermitfile:2:6' 'a missing file'
refuse 'FROM plain.wasm\nLINK libadd.wasm x/libadd.wasm\n' 'two modules are named libadd' 'two modules of one name'
printf 'no module' > junk.wasm
refuse 'FROM plain.wasm\nLINK libadd=junk.wasm\n' 'junk.wasm' 'a linked file that is no module'

# Edited files are checked again at start.
need zip
cp linked.com edited.com
mkdir link && cp libadd.wasm link/store.wasm
zip -q edited.com link/store.wasm
expect 126 ./edited.com
contains "$err" '"store"' 'a replaced module that does not fit'
zip -qd edited.com link/store.wasm
expect 126 ./edited.com
contains "$err" 'link/store.wasm' 'a missing module'
