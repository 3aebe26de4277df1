#!/usr/bin/env python3
"""Packing and compiling by hermit.com, which is itself compiled: seconds, MB of code a second, peak memory.

  bench/packing.py [--quick]

Each is run several times and the median counts, after one run that does not. MB are 10^6 bytes of function bodies. Small and large modules
are others with their functions repeated (modules.py). Peak memory is that of the largest process. --quick leaves the large module out.
"""
import argparse
import os
import pathlib
import re
import shutil
import statistics
import tempfile

from common import HERMIT, NATIVE_TOOL, ROOT, measure, verdict
from modules import HERMIT_WASM, REGISTRY, code_size, write_repeated

SMALL, SMALL_BAR = 0.1, 0.25  # MB of code; s
SPEED_BAR = 1.0  # MB/s
LARGE, LARGE_BAR = 75, 1024  # MB of code; MiB
TOOL = ["/bin/sh", HERMIT]


def pack(tool, work, env, *options):
    usage = measure([*tool, *options, "-f", work / "Hermitfile", "-o", work / "out.com"], env=env)
    if usage.code != 0:
        raise SystemExit(f"{tool[-1]} failed: {usage.code}")
    return usage


def medians(runs):
    return [statistics.median(values) for values in zip(*runs)]


def show(what, usage, verdict=""):
    _, wall, processor, peak = usage
    print(f"  {what:<50} {wall:7.2f} s {processor:7.2f} s {peak:6.0f} MB   {verdict}", flush=True)


def real_module(work, env):
    module = pathlib.Path(os.environ.get("BENCH_MODULE") or REGISTRY / "resvg.wasm")
    if not module.exists():
        return print(f"left out: {module.name} (bench/modules.py fetch)")
    shutil.copy(module, work / "module.wasm")
    print(f"packing {module.name} ({module.stat().st_size:,} bytes) for all: s, processor s, peak memory")
    for name, tool in (("native tool", NATIVE_TOOL), ("hermit.com", TOOL)):
        show(name, medians([pack(tool, work, env) for _ in range(3)]))


def small_module(work, env):
    write_repeated(SMALL, ROOT / "build" / "examples" / "count_vowels.wasm", work / "module.wasm")
    print(f"\npacking a module with {code_size(work / 'module.wasm') / 1e3:.0f} KB of code for all, both instruction sets: s, processor s, peak memory")
    for name, tool in (("native tool", NATIVE_TOOL), ("hermit.com, one processor", [*TOOL, "build", "--jobs", "1"]), ("hermit.com", TOOL)):
        pack(tool, work, env)
        usage = medians([pack(tool, work, env) for _ in range(11)])
        show(name, usage, verdict(usage[1], SMALL_BAR, "s") if tool is TOOL else "")


def speed(work, env):
    print("\nhermit.com compile, one processor (MB/s): of its processor time, and by --time, which leaves the start out and reads the clock")
    for module in (HERMIT_WASM, REGISTRY / "resvg.wasm"):
        for isa in ("x86_64", "aarch64"):
            if not module.exists():
                continue
            runs = []
            for _ in range(5):
                with open(work / "time", "w+") as text:
                    usage = measure([*TOOL, "compile", module, "--isa", isa, "--time"], text, text, env)
                    text.seek(0)
                    milliseconds = int(re.search(r" (\d+) ms", text.read()).group(1))
                runs.append((code_size(module) / 1e6 / usage.processor, code_size(module) / 1e3 / milliseconds))
            rate, by_clock = medians(runs)
            print(f"  {module.stem + ', ' + isa:<50} {rate:7.2f} {by_clock:7.2f}   {verdict(rate, SPEED_BAR, 'MB/s', least=True)}", flush=True)


def large_module(work, env):
    write_repeated(LARGE, HERMIT_WASM, work / "module.wasm")
    # It imports what the tool imports.
    (work / "Hermitfile").write_text("FROM module.wasm\nENV_PWD_IS_HOST_CWD\nHOST set-executable run workers\n")
    print(f"\npacking a module with {code_size(work / 'module.wasm') / 1e6:.1f} MB of code for all, both instruction sets: s, processor s, peak memory")
    usage = pack(TOOL, work, env, "--allow-host")
    show("hermit.com", usage, verdict(usage.peak, LARGE_BAR, "MB"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    work = pathlib.Path(tempfile.mkdtemp(prefix="hermit-bench."))
    # A launcher that an earlier run left elsewhere is looked for before it is found.
    env = os.environ | {"HERMIT_CACHE": str(work / "cache")}
    try:
        (work / "Hermitfile").write_text("FROM module.wasm\n")
        real_module(work, env)
        small_module(work, env)
        speed(work, env)
        if options.quick:
            print(f"\nleft out (--quick): a module with {LARGE} MB of code")
        else:
            large_module(work, env)
    finally:
        shutil.rmtree(work)


if __name__ == "__main__":
    main()
