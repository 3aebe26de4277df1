"""What the scripts of this folder share: where things are, running and measuring a process, the verdict on a bar."""
import os
import pathlib
import platform
import subprocess
import sys
import time
import typing

ROOT = pathlib.Path(__file__).resolve().parent.parent
MACHINE = platform.machine().replace("arm64", "aarch64")
BUILD = ROOT / "build" / f"{'macos' if sys.platform == 'darwin' else 'linux'}-{MACHINE}"
HERMIT = ROOT / "build" / "hermit.com"
NATIVE_TOOL = [BUILD / "bin" / "hermit", "build", "--resources", ROOT / "build" / "pack"]
ZIG = ROOT / ".toolchain" / "bin" / "zig-cc"
HELLO = '#include <stdio.h>\nint main(void) { puts("hello"); return 0; }\n'


def run(*command, **options):
    subprocess.run([str(c) for c in command], check=True, **options)


class Usage(typing.NamedTuple):
    code: int
    wall: float  # seconds
    processor: float  # seconds, of all threads
    peak: float  # MB of resident memory, of the largest process


def measure(command, out=subprocess.DEVNULL, err=subprocess.DEVNULL, env=None):
    """Runs a command with what it started. Its peak is not below that of this script, so read no large file here."""
    begin = time.perf_counter()
    process = subprocess.Popen([str(c) for c in command], stdout=out, stderr=err, env=env)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    unit = 1 if sys.platform == "darwin" else 1024
    return Usage(process.returncode, time.perf_counter() - begin, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit / 2**20)


def verdict(value, bar, unit="", least=False):
    met = value >= bar if least else value <= bar
    return f"bar {bar:g}{unit and ' ' + unit}: {'met' if met else 'MISSED'}"


def build_hello(work, target, output):
    """In two steps with the build's own link flags: zig has the libraries ready for these."""
    (work / "hello.c").write_text(HELLO)
    build_c(work, target, work / "hello.c", output)


def build_c(work, target, source, output):
    run(ZIG, f"--target={target}", "-O2", "-c", source, "-o", work / "object.o")
    run(ZIG, f"--target={target}", "-Os", "-s", work / "object.o", "-o", work / output)


def pack(work, hermitfile, output, *options):
    (work / "Hermitfile").write_text(hermitfile)
    run("/bin/sh", HERMIT, "-f", work / "Hermitfile", *options, "-o", work / output)
