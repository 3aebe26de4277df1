#!/usr/bin/env python3
"""clang-tidy over every source and test, for the systems they are written for: tidy.py CLANG_TIDY [FOLDER ...]

Most of clang-tidy's time goes into headers, so the files of a folder are looked at as one: a tenth of the time. Names of
different files may collide then; such a group is halved until it compiles. Headers and flags are those of the pinned
zig, so files for Windows are checked with Windows' headers, on any machine. Checks: .clang-tidy.
"""
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
TOOLCHAIN = ROOT / ".toolchain"
SYSTEMS = {  # system → zig target, suffixes of the files that are checked for it
    "linux": ("x86_64-linux-musl", None),  # whatever is for no other system
    "portable": ("x86_64-linux-musl", ("_portable", "_macos")),
    "windows": ("x86_64-windows-gnu", ("_windows",)),
    "wasi": ("wasm32-wasi", ("_wasi",)),
}
FLAGS = ["-std=c++23", "-fno-exceptions", "-fno-rtti", "-Wno-everything", "-I", ROOT / "src", "-I", ROOT / "test/spec",
         "-I", ROOT / "test/fuzz", "-I", ROOT / "test/confine", "-DHERMIT_VERSION=\"0\"", "-DHERMIT_NATIVE=1", "-DHERMIT_FUEL=1",
         "-DASMJIT_STATIC", "-DASMJIT_NO_JIT", "-DASMJIT_NO_INTROSPECTION", "-DASMJIT_NO_COMPILER",
         "-DASMJIT_NO_BUILDER", "-DASMJIT_NO_VALIDATION"]  # fmt: skip
PROGRAMS = ROOT / "test/real"  # for guests, with exceptions
LIBRARIES = ["libdeflate", "rapidjson/include", "googletest/googletest/include", "asmjit/src"]


def system_flags(target, builtin):
    """What `zig c++ --target=TARGET` tells clang of headers and macros; `builtin`: the headers of clang-tidy itself."""
    out = subprocess.run([TOOLCHAIN / "bin/zig-c++", f"--target={target}", "-E", "-v", "-x", "c++", os.devnull],
                         capture_output=True, text=True, check=True, cwd="/").stderr  # fmt: skip
    include = ["/" + name.lstrip("/") for name in re.findall(r"^ (\S.*)$", out[out.index("#include <...>"):], re.M)]
    ours = str(TOOLCHAIN.resolve() / "python/ziglang/lib/include")  # of the compiler's version: clang-tidy brings its own
    flags = [f"--target={target}", "-nostdinc"]
    for folder in include:
        flags += ["-isystem", builtin if os.path.realpath(folder) == ours else folder]
    return flags + [f"-D{name}" for name in re.findall(r" -D ?(\S+)", out) if not name.startswith("__GCC")]


def system_of(path):
    stem = path.stem.removesuffix("_test")
    for system, (_, suffixes) in SYSTEMS.items():
        if suffixes and stem.endswith(suffixes):
            return system
    return "linux"


def groups(folders):
    """{(system, folder, tests?): files}"""
    found = {}
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.cc")):
            if path.is_relative_to(PROGRAMS):
                continue
            found.setdefault((system_of(path), path.parent, path.stem.endswith("_test")), []).append(path)
    return found


def check(tidy, flags, files):
    """The findings in `files`, as text."""
    with tempfile.TemporaryDirectory() as folder:
        unity = pathlib.Path(folder) / "all.cc"
        unity.write_text("".join(f'#include "{path}"\n' for path in files))
        done = subprocess.run([tidy, f"--config-file={ROOT}/.clang-tidy", "--quiet", unity, "--", *flags],
                              capture_output=True, text=True)  # fmt: skip
    if "clang-diagnostic-error" in done.stdout and len(files) > 1:
        middle = len(files) // 2
        return check(tidy, flags, files[:middle]) + check(tidy, flags, files[middle:])
    if done.returncode != 0 and not done.stdout:
        return done.stderr
    return done.stdout.replace(f"{ROOT}/", "")


def main():
    tidy, folders = sys.argv[1], sys.argv[2:] or ["src", "test", "bench"]
    builtin = next(pathlib.Path(tidy).resolve().parent.parent.glob("lib/clang/*/include"))
    reports = {}
    with tempfile.TemporaryDirectory() as generated, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        engine_id = pathlib.Path(generated) / "abi/engine_id.h"  # what cmake/engine_id.cmake makes in a build
        engine_id.parent.mkdir()
        engine_id.write_text('#pragma once\n#include "base/types.h"\nnamespace hermit::abi {\ninline constexpr u8 kEngineId[16] = {};\n}\n')
        includes = ["-I", generated] + [flag for name in LIBRARIES for flag in ("-isystem", TOOLCHAIN / "sources" / name)]
        flags = {system: [*FLAGS, *includes, *system_flags(target, builtin)] for system, (target, _) in SYSTEMS.items()}
        work = sorted(groups(folders).items(), key=lambda item: -sum(path.stat().st_size for path in item[1]))
        futures = [pool.submit(check, tidy, flags[system], files) for (system, _, _), files in work]
        for future in futures:
            for finding in re.split(r"(?m)^(?=\S+:\d+:\d+: )", future.result()):
                if finding.strip():
                    reports.setdefault(finding)  # one of a header comes with each group
    print("".join(reports), end="")
    print(f"clang-tidy: {len(reports)} findings" if reports else "clang-tidy: ok")
    sys.exit(1 if reports else 0)


if __name__ == "__main__":
    main()
