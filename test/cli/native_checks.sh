# What compiled code does on every system, for the tests of one each: compiled_checks TARGET ISA START packs programs for TARGET and
# starts them with START FILE [ARGUMENT...]. The launchers of all systems run it: one that only interprets fails.
interpreted='the program is interpreted'
unset HERMIT_ENGINE HERMIT_VERIFY 2> /dev/null || true

# Changes one byte of an image: damage FROM TO ISA OFFSET. Changes what code returns: damage FROM TO ISA constant.
damage() {
  python3 - "$@" << 'END'
import shutil, struct, sys, zipfile
source, target, isa, where = sys.argv[1:]
shutil.copy(source, target)
info = zipfile.ZipFile(source).getinfo("native/" + isa)
data = bytearray(open(source, "rb").read())
name, extra = struct.unpack_from("<HH", data, info.header_offset + 26)
image = info.header_offset + 30 + name + extra
if where == "constant":  # in mov r32, 12345 or movz wN, #12345, wherever the function was inlined
    places = []
    for at in range(image, image + info.file_size - 4, 1 if isa == "x86_64" else 4):
        if isa == "x86_64" and 0xB8 <= data[at] <= 0xBF and data[at + 1 : at + 5] == b"\x39\x30\0\0":
            places.append(at + 1)
        elif isa == "aarch64" and int.from_bytes(data[at : at + 4], "little") & 0x7FFFFFE0 == 0x52860720:
            places.append(at)
    if not places:
        sys.exit("no place that loads 12345")
    for at in places:
        data[at] ^= 0x03 if isa == "x86_64" else 0x60  # 12346
else:
    data[image + int(where)] ^= 0x10
with open(target, "r+b") as f:
    f.write(data)
END
}

# What a program that was started says, without the returns that Windows adds.
started() { # CODE COMMAND...
  expect "$@" < /dev/null
  out=$(printf %s "$out" | tr -d '\r')
  err=$(printf %s "$err" | tr -d '\r')
}

compiled_checks() {
  target=$1 isa=$2 start=$3
  assemble case --enable-exceptions << 'END'
(module
  (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
  (type $unary (func (param i32) (result i32)))
  (type $none (func))
  (memory (export "memory") 1 3)
  (table funcref (elem $identity $none))
  (tag $tag (param i32))
  (func $identity (param i32) (result i32) (local.get 0))
  (func $none)
  (func $known (result i32) (i32.const 12345))
  (func $divide (param i32) (result i32) (i32.div_s (i32.const 7) (local.get 0)))
  (func $rest (param i32) (result i32) (i32.rem_s (i32.const -2147483648) (local.get 0)))
  (func $load (param i32) (result i32) (i32.load offset=4294967295 (local.get 0)))
  (func $store (param i32) (i64.store (local.get 0) (i64.const -1)))
  (func $deep (param i32) (result i32) (i32.add (call $deep (i32.add (local.get 0) (i32.const 1))) (local.get 0)))
  (func $indirect (param i32) (result i32) (call_indirect (type $unary) (i32.const 5) (local.get 0)))
  (func $throw (param i32) (throw $tag (local.get 0)))
  (func $catch (param i32) (result i32)
    (try (result i32) (do (call $throw (local.get 0)) (i32.const 0)) (catch $tag)))
  (func $grow (param i32) (result i32)
    (i32.store (i32.const 65528) (i32.const 40))
    (i32.add (memory.grow (local.get 0)) (i32.add (i32.load (i32.const 65528)) (i32.load (i32.const 131068)))))
  (func (export "f") (param $what i32) (param $n i32) (result i32)
    (block $10 (block $9 (block $8 (block $7 (block $6 (block $5 (block $4 (block $3 (block $2 (block $1 (block $0
      (br_table $0 $1 $2 $3 $4 $5 $6 $7 $8 $9 $10 (local.get $what)))
        (return (call $known)))
        (return (call $divide (local.get $n))))
        (return (call $rest (local.get $n))))
        (return (call $load (local.get $n))))
        (call $store (local.get $n)) (return (i32.const 0)))
        (return (call $deep (local.get $n))))
        (return (call $indirect (local.get $n))))
        (return (call $catch (local.get $n))))
        (call $throw (local.get $n)) (return (i32.const 0)))
        (return (i32.add (call $grow (local.get $n)) (call $yield))))
    unreachable))
END
  printf 'FROM case.wasm\nENTRYPOINT f\n' > Case
  expect 0 "$HERMIT" -f Case --target "$target" -o case.x

  # With an image that is no image, a launcher that runs compiled code says so; one that does not look says nothing.
  damage case.x damaged.x "$isa" 0
  started 0 "$start" damaged.x 0 0
  [ -n "$err" ] || fail "the launcher of $target does not look at compiled code"
  contains "$err" 'native image: wrong magic number' 'a wrong magic number'
  contains "$err" "$interpreted" 'a wrong magic number'
  equal 12345 "$out" 'a damaged image does not keep the program from running'
  damage case.x damaged.x "$isa" 13
  started 0 "$start" damaged.x 0 0
  contains "$err" "native image: damaged header (\`hermit.com build --from" 'a damaged header'
  contains "$err" "$interpreted" 'a damaged header'

  # It is the code in the file that runs, unless the user wants otherwise.
  damage case.x other.x "$isa" constant || fail 'the code does not have the constant'
  started 0 "$start" other.x 0 0
  equal 12346 "$out$err" 'the code in the file runs'
  export HERMIT_ENGINE=interp
  started 0 "$start" other.x 0 0
  equal 12345 "$out$err" 'HERMIT_ENGINE=interp'
  export HERMIT_ENGINE=quick
  started 0 "$start" other.x 0 0
  equal 12346 "$out" 'an unknown HERMIT_ENGINE'
  contains "$err" 'HERMIT_ENGINE knows interp and native, not "quick"' 'an unknown HERMIT_ENGINE'
  unset HERMIT_ENGINE
  export HERMIT_VERIFY=1
  started 0 "$start" other.x 0 0
  equal 12345 "$out" 'other code under HERMIT_VERIFY'
  contains "$err" 'native image: damaged (' 'other code under HERMIT_VERIFY'
  started 0 "$start" case.x 0 0
  equal 12345 "$out$err" 'an undamaged file under HERMIT_VERIFY'
  unset HERMIT_VERIFY

  # Results, and traps with their backtraces, are those of the interpreter.
  while read -r code what n expected; do
    case $code in
      0)
        started 0 "$start" case.x "$what" "$n"
        equal "$expected" "$out$err" "f($what, $n)"
        ;;
      *)
        started 134 "$start" case.x "$what" "$n"
        contains "$err" "trap: $expected" "f($what, $n)"
        [ "$what" != 5 ] || { contains "$err" 'at deep (' 'the backtrace' && continue; } # depth depends on frames
        compiled=$err
        export HERMIT_ENGINE=interp
        started 134 "$start" case.x "$what" "$n"
        unset HERMIT_ENGINE
        equal "$err" "$compiled" "f($what, $n), interpreted and compiled"
        ;;
    esac
  done << 'END'
0 1 2 3
134 1 0 integer divide by zero
0 2 -1 0
134 2 0 integer divide by zero
134 3 0 out of bounds memory access
134 3 -1 out of bounds memory access
0 4 65528 0
134 4 65529 out of bounds memory access
134 4 -1 out of bounds memory access
134 5 0 call stack exhausted
0 6 0 5
134 6 1 indirect call type mismatch
134 6 2 undefined element
0 7 77 77
134 8 1 uncaught exception
0 9 1 41
134 10 0 unreachable
END
}
