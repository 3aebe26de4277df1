#!/usr/bin/env python3
"""Runs the preview 1 programs of the official WASI test suite.

    HERMIT_WASI_TESTSUITE=folder test/wasi/run.py [--only NAME] [--expect-fail NAME]... -- COMMAND...

The folder is a checkout of branch prod/testsuite-base of WebAssembly/wasi-testsuite: its tests/*/testsuite folders hold
programs (.wasm) and specifications (.json; doc/specification.md there).

COMMAND is a command line in which {wasm} stands for the program. What a specification asks for is added by the other
placeholders, each of which is repeated as a whole word for every item and left out when there is none:
{dir:PREFIX}  PREFIX followed by the absolute host path of the granted directory (guest path /)
{env:PREFIX}  PREFIX followed by NAME=value
{args}        the arguments
Without {wasm} the command is called by the protocol of this project's own test driver: the path of the program, then
--dir HOST, --env NAME=value, then -- and the arguments.

Exit status: 0 if every program did as specified, 1 otherwise, 77 if HERMIT_WASI_TESTSUITE is not set.
"""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

TIMEOUT = 60  # seconds a program; the slowest take about one


def expand(command, wasm, root, env, args):
    if not any("{wasm}" in word for word in command):
        command = command + ["{wasm}", "{dir:--dir=}", "{env:--env=}", "--", "{args}"]
    result = []
    for word in command:
        if word == "{args}":
            result += args
        elif word.startswith("{dir:"):
            result += [word[5:-1] + root] if root else []
        elif word.startswith("{env:"):
            result += [word[5:-1] + f"{name}={value}" for name, value in env.items()]
        else:
            result.append(word.replace("{wasm}", wasm))
    return result


def specification(path):
    """The legacy form and the form with operations, as one dictionary."""
    spec = {"args": [], "env": {}, "root": None, "exit_code": 0, "stdout": None, "stderr": None}
    if not path.exists():
        return spec
    given = json.loads(path.read_text())
    for operation in given.pop("operations", []):
        kind = operation.pop("type")
        if kind == "read":
            spec[operation.get("id", "stdout")] = operation.get("payload", "")
        elif kind in ("run", "wait"):
            spec.update(operation)
        else:
            raise SystemExit(f"{path}: unknown operation {kind}")
    spec.update(given)
    spec.pop("dirs", None)
    return spec


def run(command, wasm, scratch):
    """None if the program did as specified, else what it did instead."""
    spec = specification(wasm.with_suffix(".json"))
    root = None
    if spec["root"]:
        # A copy: the programs write into it, and links must stay links.
        root = scratch / "root"
        shutil.copytree(wasm.parent / spec["root"], root, symlinks=True)
    line = expand(command, str(wasm), str(root) if root else None, spec["env"], spec["args"])
    try:
        done = subprocess.run(line, stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT, cwd=scratch)
    except subprocess.TimeoutExpired:
        return f"still running after {TIMEOUT} s"
    shown = done.stderr.decode(errors="replace").strip()[-600:]
    if done.returncode != spec["exit_code"]:
        return f"exit status {done.returncode}, expected {spec['exit_code']}: {shown}"
    for stream in ("stdout", "stderr"):
        if spec[stream] is not None and getattr(done, stream).decode(errors="replace") != spec[stream]:
            return f"{stream} differs: {getattr(done, stream)!r}"
    return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="", help="run programs whose path contains this")
    parser.add_argument("--expect-fail", action="append", default=[], help="a program known to fail; passing is an error")
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    folder = os.environ.get("HERMIT_WASI_TESTSUITE")
    if not folder:
        print("HERMIT_WASI_TESTSUITE is not set")
        return 77
    # The programs run elsewhere: what is named relative to here is found from there too.
    command = [str(pathlib.Path(word).resolve()) if "/" in word and pathlib.Path(word).is_file() else word
               for word in options.command]
    programs = [wasm for wasm in sorted(pathlib.Path(folder).glob("tests/*/testsuite/**/*.wasm"))
                if "wasip3" not in str(wasm) and options.only in str(wasm)]
    bad = 0
    for wasm in programs:
        with tempfile.TemporaryDirectory() as scratch:
            problem = run(command, wasm.resolve(), pathlib.Path(scratch))
        if wasm.stem in options.expect_fail:
            problem = None if problem else "passed, but is listed as failing"
        if problem:
            bad += 1
            print(f"FAIL {wasm.parent.parent.parent.name}/{wasm.stem}: {problem}")
    print(f"{len(programs) - bad} of {len(programs)} programs passed")
    return 1 if bad or not programs else 0


sys.exit(main())
