#!/usr/bin/env python3
"""clang-tidy over every source and test, for the systems they are written for: tidy.py CLANG_TIDY [FOLDER ...]

Most of clang-tidy's time goes into headers, so many files are looked at as one: a tenth of the time. Files whose names would
collide go into different groups; a group that does not compile all the same is divided until each part does, or is a file.
Headers and flags are those of the pinned zig, so files for Windows are checked with Windows' headers, on any machine.
Checks: .clang-tidy.
"""
import concurrent.futures
import functools
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
    "windows": ("x86_64-windows-gnu", ("_windows",)),
    "wasi": ("wasm32-wasi", ("_wasi",)),
}
FLAGS = ["-std=c++23", "-fno-exceptions", "-fno-rtti", "-Wno-everything", "-I", ROOT / "src", "-I", ROOT / "test/spec",
         "-I", ROOT / "test/fuzz", "-I", ROOT / "test/confine", "-DHERMIT_VERSION=\"0\"", "-DHERMIT_NATIVE=1", "-DHERMIT_FUEL=1",
         "-DASMJIT_STATIC", "-DASMJIT_NO_JIT", "-DASMJIT_NO_INTROSPECTION", "-DASMJIT_NO_COMPILER",
         "-DASMJIT_NO_BUILDER", "-DASMJIT_NO_VALIDATION"]  # fmt: skip
PROGRAMS = ROOT / "test/real"  # for guests, with exceptions
ENTRY_POINTS = ("main", "kernel", "LLVMFuzzerTestOneInput")  # every program has one
GROUP_SIZE = 250_000  # bytes
SCOPE = re.compile(r"(namespace|extern \"C\").*\{$")
NAME = re.compile(  # at the beginning of a line
    r"(?:static |inline |constexpr |const |constinit )*"
    r"(?:(?:struct|class|union|enum class|enum|using) (?P<type>\w+)(?: (?:final )?[:{]| =)"
    r"|using (?P<used>\w+::[\w:]+);"
    r"|(?!using )[A-Za-z][\w:<>,*& ]*[ *&](?P<value>\w+)(?:\[.*\])*(?: =|\{|;)"
    r"|(?!static_assert|__attribute__|[A-Z_]+\()(?:[A-Za-z][\w:<>,*& ]*[ *&])?(?P<function>(?:\w+::)*\w+\([^{]*))")
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


@functools.cache
def names_of(path):
    """{(namespace, name ...): what it is} of what a file declares, as far as its layout by clang-format shows.

    Functions are named with the number of their parameters. Not exact: for what is missed check() has to divide a group.
    """
    text, found, scopes = path.read_text(), {}, []
    for name in re.findall(r'(?m)^#include "(.*)"', text):
        for header in {ROOT / "src" / name, path.parent / name}:
            if header.parent == path.parent and header.is_file():  # another folder is another namespace
                found |= names_of(header)
    for line in text.splitlines():
        if SCOPE.match(line):
            scopes.append(line)
        elif line.startswith("}  // "):
            scopes = scopes[:-1]
        elif match := NAME.match(line):
            used, name, function = match["used"], match["type"] or match["value"], match["function"]
            scope = next((scope for scope in reversed(scopes) if not scope.startswith("namespace {")), "")
            if used:
                found[scope, used.rpartition("::")[2]] = used
            elif name:
                found[scope, name] = path
            elif function.partition("(")[0] not in ENTRY_POINTS:
                key = (scope, function.partition("(")[0], function.count(","))
                private = line.startswith("static ") or scopes and scopes[-1] == "namespace {"
                found[key] = path if private else "public"
                if not private and path.suffix == ".cc":
                    found[*key, "body"] = path
    return found


def groups(folders):
    """[(system, files)]: files that can be looked at as one, as few groups as GROUP_SIZE allows."""
    found = {}
    for path in sorted(path for folder in folders for path in (ROOT / folder).rglob("*.cc")):
        if not path.is_relative_to(PROGRAMS):
            found.setdefault((system_of(path), path.stem.endswith("_test"), path.relative_to(ROOT).parts[0]), []).append(path)
    result = []
    for (system, *_), paths in found.items():
        bins = []  # [names, size, files]
        for path in paths:
            names, size = names_of(path), path.stat().st_size
            for group in bins:
                if group[1] + size <= GROUP_SIZE and all(group[0].get(name, what) == what for name, what in names.items()):
                    break
            else:
                group = [{}, 0, []]
                bins.append(group)
            group[0] |= names
            group[1] += size
            group[2].append(path)
        result += [(system, files) for _, _, files in bins]
    return result


def check(tidy, flags, files):
    """The findings in `files`, as text."""
    with tempfile.TemporaryDirectory() as folder:
        unity, text = pathlib.Path(folder) / "all.cc", ""
        for i, path in enumerate(files):
            entry = re.search(rf"(?m)^\w.* ({'|'.join(ENTRY_POINTS)})\(", path.read_text())
            text += f"#define {entry[1]} {entry[1]}_{i}\n" if entry else ""
            text += f'#include "{path}"\n'
            text += f"#undef {entry[1]}\n" if entry else ""
        unity.write_text(text)
        done = subprocess.run([tidy, f"--config-file={ROOT}/.clang-tidy", "--quiet", unity, "--", *flags],
                              capture_output=True, text=True)  # fmt: skip
    if "clang-diagnostic-error" in done.stdout and len(files) > 1:
        wrong = set(re.findall(r"(?m)^(\S+):\d+:\d+: error: .*clang-diagnostic-error", done.stdout))
        first = [path for path in files if str(path) not in wrong]
        if not first or len(first) == len(files):
            first = files[: len(files) // 2]
        return check(tidy, flags, first) + check(tidy, flags, [path for path in files if path not in first])
    if done.returncode != 0 and ": error: " not in done.stdout:
        return f"clang-tidy ended with {done.returncode} on {' '.join(map(str, files))}\n{done.stderr}"
    return done.stdout.replace(f"{ROOT}/", "")


def main():
    tidy, folders = sys.argv[1], sys.argv[2:] or ["src", "test", "bench", "examples"]
    builtin = next(pathlib.Path(tidy).resolve().parent.parent.glob("lib/clang/*/include"))
    reports = {}
    with tempfile.TemporaryDirectory() as generated, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        engine_id = pathlib.Path(generated) / "abi/engine_id.h"  # what cmake/engine_id.cmake makes in a build
        engine_id.parent.mkdir()
        engine_id.write_text('#pragma once\n#include "base/types.h"\nnamespace hermit::abi {\ninline constexpr u8 kEngineId[16] = {};\n}\n')
        includes = ["-I", generated] + [flag for name in LIBRARIES for flag in ("-isystem", TOOLCHAIN / "sources" / name)]
        flags = {system: [*FLAGS, *includes, *system_flags(target, builtin)] for system, (target, _) in SYSTEMS.items()}
        work = sorted(groups(folders), key=lambda group: -sum(path.stat().st_size for path in group[1]))
        futures = [pool.submit(check, tidy, flags[system], files) for system, files in work]
        for future in futures:
            for finding in re.split(r"(?m)^(?=\S+:\d+:\d+: error: )", future.result()):
                if finding.strip():
                    reports.setdefault(finding)  # one of a header comes with each group
    print("".join(reports), end="")
    print(f"clang-tidy: {len(reports)} findings" if reports else "clang-tidy: ok")
    sys.exit(1 if reports else 0)


if __name__ == "__main__":
    main()
