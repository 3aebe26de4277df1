#!/bin/sh
# C++ exceptions, in the encoding that LLVM 19 emits (the legacy one; the spec tests have the other). zig's libraries for WASI are
# built without them, so the parts that throw and catch are compiled here from the sources that it carries.
. "$(dirname "$0")/lib.sh"
lib=$TOOLCHAIN/python/ziglang/lib
flags="--target=wasm32-wasi -O1 -fwasm-exceptions -fexceptions -mexception-handling -Xclang -mllvm -Xclang -wasm-enable-eh"
private="-w -DNDEBUG -D_LIBCXXABI_BUILDING_LIBRARY -D_LIBCPP_BUILDING_LIBRARY -D_LIBUNWIND_HIDE_SYMBOLS -D_LIBCXXABI_HAS_NO_THREADS -I$lib/libcxxabi/include -I$lib/libcxx/src -I$lib/libunwind/include"
# shellcheck disable=SC2086 # lists of words
{
  "$TOOLCHAIN/bin/zig-c++" $flags -std=c++20 -c -o main.o "$here/exceptions.cc" &&
    "$TOOLCHAIN/bin/zig-c++" $flags $private -c -o cxa_exception.o "$lib/libcxxabi/src/cxa_exception.cpp" &&
    "$TOOLCHAIN/bin/zig-c++" $flags $private -c -o cxa_personality.o "$lib/libcxxabi/src/cxa_personality.cpp" &&
    "$TOOLCHAIN/bin/zig-cc" $flags $private -c -o unwind.o "$lib/libunwind/src/Unwind-wasm.c" &&
    "$TOOLCHAIN/bin/zig-c++" --target=wasm32-wasi -Os -s -o exceptions.wasm cxa_exception.o cxa_personality.o unwind.o main.o
} || fail "cannot compile"
echo "FROM exceptions.wasm" > Hermitfile
expect 0 "$HERMIT" --target "$native" -o exceptions
expect 0 ./exceptions
equal '+try +choose -choose 10 -try 
+try +choose -choose -try int 42
+try +choose -choose -try string text
+try +choose -choose -try derived
+try +choose -choose -try logic_error range
+try +choose -choose -try c string
+try +choose -choose -try float
+try +choose -choose -try anything
unwound 10001
+rethrow -rethrow second, first
+first +second made -second -first 
+first -first (constructor) constructor
sort 1, +owned at -owned 
+choose -choose kept 7 0
66676666' "$out" 'what the program says'
expect 134 ./exceptions uncaught
expect 0 "$HERMIT" inspect exceptions.wasm
contains "$out" legacy-exceptions 'the features of the module'
