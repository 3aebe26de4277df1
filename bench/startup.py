#!/usr/bin/env python3
"""Start-up times, sizes and packing time, as ratios and differences within one run.

The same hello is built natively and static, packed as the polyglot and as a native executable. Variants are started in turn,
`ROUNDS` times, by fork and exec from this process; the median of each and its difference to native are printed.
"""
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
ROUNDS = int(os.environ.get("ROUNDS", "200"))
HERMIT = ROOT / "build/hermit.com"
UNCONFINED = "--target, HERMIT_CONFINE=0"
HELLO = '#include <stdio.h>\nint main(void) { puts("hello"); return 0; }\n'


def run(*command, **options):
    subprocess.run([str(c) for c in command], check=True, **options)


def start(command, env):
    begin = time.perf_counter_ns()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=env)
    if process.wait() != 0:
        sys.exit(f"{command} failed")
    return (time.perf_counter_ns() - begin) / 1e6


def touched(work, command):
    """Peak resident memory in MB: what a start touches, of memory and of its file. Not below that of the small starter."""
    return int(subprocess.run([work / "peak_memory", *command], check=True, stdout=subprocess.PIPE).stdout) / 1024


def large_module(work, target):
    """A module of 26 MB from a package registry, which test/real leaves here, beside the hello: its `-V` runs next to nothing of it."""
    module = ROOT / "build" / "registry" / "cpython.wasm"
    if not module.exists():
        print(f"\nleft out: a large module: no {module} (test/run.sh real/cpython fetches it)")
        return
    shutil.copy(module, work / "large.wasm")
    (work / "Hermitfile").write_text("FROM large.wasm\n")
    run("/bin/sh", HERMIT, "-f", work / "Hermitfile", "--target", target, "-o", work / "large")
    commands = {"hello": [str(work / "hello")], "CPython 3.12, -V": [str(work / "large"), "-V"]}
    times = {name: [] for name in commands}
    for _ in range(max(ROUNDS // 4, 20)):
        for name, command in commands.items():
            times[name].append(start(command, None))
    print(f"\na module of {module.stat().st_size:,} bytes, --target (ms, peak memory in MB; bars: 5 ms over the hello, 10 MB)")
    hello = statistics.median(times["hello"])
    for name, values in times.items():
        median = statistics.median(values)
        print(f"  {name:<36} {median:8.2f} {median - hello:9.2f} {touched(work, commands[name]):9.1f}")


def host_calls(work, zig, target):
    """Nanoseconds of a call that does next to nothing, in a packed program with everything around it."""
    run(zig, "--target=wasm32-wasi", "-O2", "-s", ROOT / "bench/host_calls.c", "-o", work / "calls.wasm")
    (work / "Hermitfile").write_text("FROM calls.wasm\n")
    run("/bin/sh", HERMIT, "-f", work / "Hermitfile", "--target", target, "-o", work / "calls")
    print("\na call of the host, --target (ns; bar: 10)", flush=True)
    run(work / "calls")


def main():
    work = pathlib.Path(tempfile.mkdtemp(prefix="hermit-bench."))
    try:
        measure(work)
    finally:
        shutil.rmtree(work)


def measure(work):
    zig = ROOT / ".toolchain/bin/zig-cc"
    machine = os.uname().machine.replace("arm64", "aarch64")
    (work / "hello.c").write_text(HELLO)
    # In two steps with the build's own link flags: zig has the libraries ready for these.
    for target, output in ((f"{machine}-linux-musl", "native"), ("wasm32-wasi", "hello.wasm")):
        run(zig, f"--target={target}", "-O2", "-c", work / "hello.c", "-o", work / "hello.o")
        run(zig, f"--target={target}", "-Os", "-s", work / "hello.o", "-o", work / output)
    run(zig, f"--target={machine}-linux-musl", "-O2", "-c", ROOT / "bench/peak_memory.c", "-o", work / "peak_memory.o")
    run(zig, f"--target={machine}-linux-musl", "-Os", "-s", work / "peak_memory.o", "-o", work / "peak_memory")
    (work / "Hermitfile").write_text("FROM hello.wasm\n")
    run("/bin/sh", HERMIT, "-f", work / "Hermitfile", "-o", work / "hello.com")
    run("/bin/sh", HERMIT, "-f", work / "Hermitfile", "--target", f"linux-{machine}", "-o", work / "hello")

    env = {"PATH": os.environ["PATH"], "HERMIT_CACHE": str(work / "cache")}
    hello = str(work / "hello.com")
    variants = {
        "native, static": [str(work / "native")],
        "--target (ELF)": [str(work / "hello")],
        UNCONFINED: [str(work / "hello")],
        "one file, sh": ["/bin/sh", hello],
        "one file, bash": ["/bin/bash", hello],
    }
    variants = {name: command for name, command in variants.items() if shutil.which(command[0])}
    for command in variants.values():
        start(command, env)
    times = {name: [] for name in variants}
    for _ in range(ROUNDS):
        for name, command in variants.items():
            times[name].append(start(command, env | {"HERMIT_CONFINE": "0"} if name == UNCONFINED else env))
    cold = []
    for _ in range(20):
        shutil.rmtree(work / "cache", ignore_errors=True)
        cold.append(start(["/bin/sh", hello], env))
    native = statistics.median(times["native, static"])
    print(f"start-up, median of {ROUNDS} (ms)            total   over native")
    for name, values in [*times.items(), ("one file, sh, first start", cold)]:
        median = statistics.median(values)
        print(f"  {name:<36} {median:8.2f} {median - native:9.2f}")

    host_calls(work, zig, f"linux-{machine}")
    large_module(work, f"linux-{machine}")

    (work / "Hermitfile").write_text("FROM hello.wasm\n")
    print("\nsizes (bytes)")
    run("/bin/sh", HERMIT, "-f", work / "Hermitfile", "--target", "all,unix,linux-x86_64,linux-aarch64,macos-x86_64,macos-aarch64,"
        "windows-x86_64,windows-aarch64", "-o", work / "size")
    for path in sorted(work.glob("size*")) + [HERMIT]:
        print(f"  {path.name.replace('size', 'hello'):<36} {path.stat().st_size:>10,}")

    module = os.environ.get("BENCH_MODULE") or str(ROOT / "build/registry/resvg.wasm")
    if os.path.exists(module):
        shutil.copy(module, work / "module.wasm")
        (work / "Hermitfile").write_text("FROM module.wasm\n")
        native_tool = ROOT / f"build/linux-{machine}/bin/hermit"
        print(f"\npacking {os.path.basename(module)} ({os.path.getsize(module):,} bytes with debug sections) for all (s, peak memory)")
        for name, command in [("native tool", [str(native_tool), "build", "--resources", str(ROOT / "build/pack")]),
                              ("hermit.com", ["/bin/sh", str(HERMIT)])]:
            peak = touched(work, [*command, "-f", str(work / "Hermitfile"), "-o", str(work / "module.com")])
            best = min(start([*command, "-f", str(work / "Hermitfile"), "-o", str(work / "module.com")], None)
                       for _ in range(3))
            print(f"  {name:<36} {best / 1e3:8.2f}   peak {peak:.0f} MB")


main()
