#!/usr/bin/env python3
"""Writes the licence of Hermit and of every library that its executables contain, from the sources they were built from.

    collect_licenses.py TOOLCHAIN_DIR OUTPUT
"""
import pathlib
import sys

# (title, what it is in our executables, file below the toolchain folder)
NOTICES = [
    ("libdeflate", "DEFLATE and CRC-32, in every launcher and in hermit.com", "sources/libdeflate/COPYING"),
    ("RapidJSON", "hermit.json, in every launcher and in hermit.com", "sources/rapidjson/license.txt"),
    ("asmjit", "encoding of machine instructions, in hermit.com", "sources/asmjit/LICENSE.md"),
    ("musl", "C library of the Linux launchers", "python/ziglang/lib/libc/musl/COPYRIGHT"),
    ("mingw-w64", "C library of the Windows launchers", "python/ziglang/lib/libc/mingw/COPYING"),
    ("wasi-libc", "C library of the command line (WASI)", "python/ziglang/lib/libc/wasi/LICENSE"),
    ("wasi-libc, Apache-2.0 with LLVM exception", "", "python/ziglang/lib/libc/wasi/LICENSE-APACHE-LLVM"),
    ("wasi-libc, MIT", "", "python/ziglang/lib/libc/wasi/LICENSE-MIT"),
    ("wasi-libc, cloudlibc", "", "python/ziglang/lib/libc/wasi/libc-bottom-half/cloudlibc/LICENSE"),
    ("wasi-libc, musl", "", "python/ziglang/lib/libc/wasi/libc-top-half/musl/COPYRIGHT"),
    ("libc++", "C++ library, in every executable", "python/ziglang/lib/libcxx/LICENSE.TXT"),
    ("libc++abi", "C++ library, in every executable", "python/ziglang/lib/libcxxabi/LICENSE.TXT"),
    ("libunwind", "C++ library, in every executable", "python/ziglang/lib/libunwind/LICENSE.TXT"),
    ("zig", "compiler support functions (compiler-rt), in every executable", "python/ziglang/LICENSE"),
]


def main():
    toolchain, output = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    root = pathlib.Path(__file__).resolve().parent.parent
    parts = ["Hermit is licensed under the Apache License 2.0. Its executables contain the libraries below.\n"]
    for title, role, path in [("Hermit", "", root / "LICENSE")] + [(t, r, toolchain / p) for t, r, p in NOTICES]:
        text = pathlib.Path(path).read_text(encoding="utf-8", errors="replace").strip()
        parts.append("=" * 78 + f"\n{title}{': ' + role if role else ''}\n" + "=" * 78 + f"\n\n{text}\n")
    output.write_text("\n".join(parts), encoding="utf-8")


main()
