#!/usr/bin/env python3
"""Fails if a file under src/ includes a folder that its layer may not know (docs/architecture.md)."""
import pathlib
import re
import sys

LEVELS = {"base": 0, "os": 1, "wasm": 1, "zip": 1, "exe": 1, "grants": 1, "hermitfile": 2, "abi": 2, "runtime": 3, "compiler": 3,
          "bundle": 4, "interp": 4, "host": 4, "wasi1": 5, "cli": 6, "launcher": 6}
FORBIDDEN = {("launcher", "compiler"), ("launcher", "exe"), ("launcher", "hermitfile"), ("hermitfile", "wasm"), ("hermitfile", "os"),
             ("runtime", "compiler"), ("compiler", "runtime"), ("compiler", "os")}
PURE = {"wasm", "zip", "exe", "grants", "hermitfile", "compiler", "bundle"}
IMPURE = re.compile(r"#include <(thread|mutex|shared_mutex|condition_variable|atomic|filesystem|fstream|iostream|locale"
                    r"|unistd\.h|fcntl\.h|sys/.*|windows\.h)>")


def problems(root):
    for path in sorted((root / "src").rglob("*")):
        if path.suffix not in (".h", ".cc", ".def"):
            continue
        folder = path.relative_to(root / "src").parts[0]
        test = path.stem.endswith("_test")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            where = f"{path.relative_to(root)}:{number}"
            if folder not in LEVELS:
                yield f"{where}: folder {folder} is not in the layer table"
                break
            if folder in PURE and not test and IMPURE.match(line):
                yield f"{where}: {folder}/ is pure, so it may not use {line.split()[1]}"
            included = re.match(r'#include "(\w+)/', line)
            if not included or included[1] == folder or test:
                continue
            if included[1] not in LEVELS:
                yield f"{where}: unknown folder {included[1]}"
            elif LEVELS[included[1]] >= LEVELS[folder] or (folder, included[1]) in FORBIDDEN:
                yield f"{where}: {folder}/ may not include {included[1]}/"


def main():
    found = list(problems(pathlib.Path(__file__).resolve().parent.parent))
    print("\n".join(found) if found else "layers: ok")
    sys.exit(1 if found else 0)


main()
