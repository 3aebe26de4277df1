#!/usr/bin/env python3
"""Kernels under the interpreter, natively, and under peers, in one run.

  bench/run.py [--runs N] [--build DIRECTORY] [KERNEL ...]

Builds bench/kernels/*.c for wasm32-wasi and for this machine with the pinned compiler, both at -O2, runs each N times (the
best counts), checks that all print the same checksum, and prints times and geometric means of the ratios. A kernel takes
its time itself, so starting a process does not count. A peer is the path of another engine's program in the environment,
which runs FILE.wasm when given as its only argument: HERMIT_PEER_WAMR=/path/to/iwasm. The interpreter runs through
hermit_kernel (build target of that name).
"""
import argparse
import math
import os
import pathlib
import platform
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
# What the interpreter must reach (geometric means).
BARS = {"native": 40.0, "wamr": 2.0}


def build(source, out):
    """The kernel as (wasm file, native program); built when older than its source."""
    compiler = ROOT / ".toolchain" / "bin" / "zig-cc"
    newest = max(source.stat().st_mtime, (source.parent / "kernel.h").stat().st_mtime)
    products = []
    for target, suffix in (("wasm32-wasi", ".wasm"), (None, "")):
        product = out / (source.stem + suffix)
        if not product.exists() or product.stat().st_mtime < newest:
            command = [compiler, "-O2", "-s", source, "-o", product]
            if not target and platform.machine() == "x86_64":
                command.append("-mcpu=x86_64_v2")  # what compiled code may use; without fused multiply-add
            subprocess.run(command + ([f"--target={target}"] if target else []), check=True)
        products.append(product)
    return products


def measure(command, runs):
    """The checksum and the best time of `runs` runs."""
    checksum, best = None, math.inf
    for _ in range(runs):
        text = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
        if checksum not in (None, text[0]):
            sys.exit(f"{command}: the checksum changes between runs")
        checksum, best = text[0], min(best, float(text[1]))
    return checksum, best


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "linux-x86_64")
    parser.add_argument("kernels", nargs="*")
    options = parser.parse_args()
    out = options.build / "kernels"
    out.mkdir(parents=True, exist_ok=True)

    kernel = options.build / "bin" / "hermit_kernel"
    engines = {"hermit": [kernel]}
    if platform.machine() == "x86_64" and sys.platform == "linux":  # where programs run compiled so far
        engines["compiled"] = [kernel, "--native"]
    for name, value in sorted(os.environ.items()):
        if name.startswith("HERMIT_PEER_"):
            engines[name[len("HERMIT_PEER_"):].lower()] = [value]
    print(f"{'kernel':12} {'native':>9}" + "".join(f" {name:>9}" for name in engines) + "   seconds, best of", options.runs)
    ratios = {}
    for source in sorted((ROOT / "bench" / "kernels").glob("*.c")):
        if options.kernels and source.stem not in options.kernels:
            continue
        wasm, native = build(source, out)
        expected, native_time = measure([native], options.runs)
        times = {}
        for name, program in engines.items():
            checksum, times[name] = measure([*program, wasm], options.runs)
            if checksum != expected:
                sys.exit(f"{source.stem}: {name} computes {checksum}, native {expected}")
        print(f"{source.stem:12} {native_time:9.4f}" + "".join(f" {t:9.4f}" for t in times.values()))
        for name, time in {"native": native_time, **times}.items():
            ratios.setdefault(name, []).append(times["hermit"] / time)
    if "compiled" in ratios:
        pairs = zip(ratios["native"], ratios["compiled"])  # hermit / native, hermit / compiled
        mean = math.exp(sum(math.log(n / c) for n, c in pairs) / len(ratios["native"]))
        print(f"compiled / native: {mean:.2f} (geometric mean)")
    failed = False
    for name, values in ratios.items():
        if name == "hermit":
            continue
        mean = math.exp(sum(map(math.log, values)) / len(values))
        bar = BARS.get(name)
        failed |= bar is not None and mean > bar
        print(f"hermit / {name}: {mean:.2f} (geometric mean" + (f", bar {bar:.0f})" if bar else ")"))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
