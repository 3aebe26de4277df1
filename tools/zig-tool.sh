#!/bin/sh
# Stands for one tool of the zig package: named zig-cc, zig-c++, zig-ar or zig-ranlib (copies made by the Makefile), it runs
# `zig cc` and so on. CMake wants a compiler that is one word.
here=${0%/*}
name=${0##*/}
: "${ZIG_GLOBAL_CACHE_DIR:=$here/../zig-cache}"
: "${ZIG_LOCAL_CACHE_DIR:=$ZIG_GLOBAL_CACHE_DIR}"
export ZIG_GLOBAL_CACHE_DIR ZIG_LOCAL_CACHE_DIR
exec "$here/../python/ziglang/zig" "${name#zig-}" "$@"
