#!/usr/bin/env python3
"""Start-up times, as differences within one run, and the memory that a start touches.

  bench/startup.py [--rounds N] [--quick]

The same hello is built natively and static, packed as the polyglot and as a native executable. Variants are started in turn, N times (200;
--quick: 50), by fork and exec from this process; the median of each and its difference to native are printed. Large modules of package
registries, packed with compiled code, start in turn with the hello in the same way; their peak memory and page faults are
those of one start more, from a small process (peak_memory.c). Ruby's imports from JavaScript come from LINKed modules of traps: what
starts is `_initialize`, which calls none of them.
"""
import argparse
import os
import pathlib
import re
import secrets
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from common import MACHINE, ROOT, ZIG, build_c, build_hello, pack, run, verdict
from modules import REGISTRY, write_traps

UNCONFINED = "--target, HERMIT_CONFINE=0"
COLD = "one file, sh, first start"
BARS = {"--target (ELF)": 0.5, "one file, sh": 1.5, COLD: 60}  # ms over native
CONFINEMENT_BAR = 0.3  # ms
SCRIPT_BYTES = 8192  # the start script is in the first of them
LARGE_BAR, MEMORY_BAR = 5, 10  # ms over the hello, MB


def start(command, env):
    begin = time.perf_counter_ns()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=env)
    if process.wait() != 0:
        sys.exit(f"{command} failed")
    return (time.perf_counter_ns() - begin) / 1e6


def start_in_turn(commands, rounds):
    """Name → median in ms, of `commands`: name → (command, environment)."""
    times = {name: [] for name in commands}
    for command in commands.values():
        start(*command)
    for _ in range(rounds):
        for name, command in commands.items():
            times[name].append(start(*command))
    return {name: statistics.median(values) for name, values in times.items()}


def touched(work, command):
    """(peak resident memory in MB, page faults): what a start touches, of memory and of its file."""
    out = subprocess.run([work / "peak_memory", *command], check=True, stdout=subprocess.PIPE).stdout
    kilobytes, faults = map(int, out.split())
    return kilobytes / 1024, faults


def rename_launchers(path):
    """In the start script of a packed file, so that no start finds what others left in /tmp/hermit-UID: its search costs milliseconds."""
    data = path.read_bytes()
    script, count = re.subn(rb"(?<=_n=hermit-)[0-9a-f]{16}(?=-)", secrets.token_hex(8).encode(), data[:SCRIPT_BYTES])
    if count == 0:
        sys.exit("the start script has no names of launchers")
    path.write_bytes(script + data[SCRIPT_BYTES:])


def hellos(work, env, rounds):
    hello = str(work / "hello.com")
    commands = {
        "native, static": ([str(work / "native")], env),
        "--target (ELF)": ([str(work / "hello")], env),
        UNCONFINED: ([str(work / "hello")], env | {"HERMIT_CONFINE": "0"}),
        "one file, sh": (["/bin/sh", hello], env),
        "one file, bash": (["/bin/bash", hello], env),
    }
    commands = {name: command for name, command in commands.items() if shutil.which(command[0][0])}
    medians = start_in_turn(commands, rounds)
    cold = []
    for _ in range(20):
        shutil.rmtree(work / "cache", ignore_errors=True)
        cold.append(start(["/bin/sh", hello], env))
    medians[COLD] = statistics.median(cold)
    native = medians["native, static"]
    print(f"start-up, median of {rounds} (ms)            total   over native")
    for name, median in medians.items():
        bar = verdict(median - native, BARS[name], "ms") if name in BARS else ""
        print(f"  {name:<36} {median:8.2f} {median - native:9.2f}   {bar}")
    wall = medians["--target (ELF)"] - medians[UNCONFINED]
    print(f"  {'the second wall (of --target)':<36} {'':8} {wall:9.2f}   {verdict(wall, CONFINEMENT_BAR, 'ms')}", flush=True)


def large_modules(work, target, env, rounds):
    commands = {"hello": [str(work / "hello")]}
    sizes = []
    for name, module, line, arguments in (("CPython 3.12, -V", "cpython.wasm", "", ["-V"]),
                                          ("Ruby 3.4 with its library", "ruby.wasm", "ENTRYPOINT _initialize\n", [])):
        if not (REGISTRY / module).exists():
            print(f"\nleft out: {name}: no {module} (bench/modules.py fetch)")
            continue
        shutil.copy(REGISTRY / module, work / module)
        pack(work, f"FROM {module}\n{write_traps(work / module, work)}{line}", module + ".packed", "--target", target)
        commands[name] = [str(work / (module + ".packed")), *arguments]
        sizes.append(f"{(work / module).stat().st_size:,}")
    if not sizes:
        return
    rounds = max(rounds // 2, 20)
    medians = start_in_turn({name: (command, env) for name, command in commands.items()}, rounds)
    print(f"\nmodules of {' and '.join(sizes)} bytes, --target, median of {rounds}: ms, over the hello, peak memory in MB, page faults")
    for name, median in medians.items():
        over = median - medians["hello"]
        memory, faults = touched(work, commands[name])
        bars = f"{verdict(over, LARGE_BAR, 'ms')}, {verdict(memory, MEMORY_BAR, 'MB')}" if name != "hello" else ""
        print(f"  {name:<36} {median:8.2f} {over:9.2f} {memory:7.1f} {faults:6}   {bars}", flush=True)


def host_calls(work, target):
    """A call that does next to nothing, in a packed program with everything around it. What of it is the gate: hermit_host_gate."""
    run(ZIG, "--target=wasm32-wasi", "-O2", "-s", ROOT / "bench" / "host_calls.c", "-o", work / "calls.wasm")
    pack(work, "FROM calls.wasm\n", "calls", "--target", target)
    print("\na call of a function of WASI, all of it, --target (ns)", flush=True)
    run(work / "calls")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    rounds = 50 if options.quick else options.rounds
    target = f"linux-{MACHINE}"
    work = pathlib.Path(tempfile.mkdtemp(prefix="hermit-bench."))
    env = {"PATH": os.environ["PATH"], "HERMIT_CACHE": str(work / "cache")}
    try:
        build_hello(work, f"{MACHINE}-linux-musl", "native")
        build_hello(work, "wasm32-wasi", "hello.wasm")
        build_c(work, f"{MACHINE}-linux-musl", ROOT / "bench" / "peak_memory.c", "peak_memory")
        pack(work, "FROM hello.wasm\n", "hello.com")
        rename_launchers(work / "hello.com")
        pack(work, "FROM hello.wasm\n", "hello", "--target", target)
        hellos(work, env, rounds)
        large_modules(work, target, env, rounds)
        host_calls(work, target)
    finally:
        shutil.rmtree(work)


if __name__ == "__main__":
    main()
