#!/usr/bin/env python3
"""Speed of compiling, peak memory and size of the code, against Cranelift.

  bench/compile.py [--quick] [--build DIRECTORY] [FILE.wasm ...]

Without files: the modules that the build and the tests leave here (hermit.wasm, examples, those of package registries), and modules of
1, 10 and 50 MB whose functions are those of hermit.wasm again and again. Times are processor time of the whole process, which reads, validates, compiles and
hashes, on one core; MB are 10^6 bytes of function bodies. --quick leaves out everything above 10 MB, and Cranelift above 2 MB.
"""
import argparse
import mmap
import os
import pathlib
import platform
import shutil
import struct
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
PEER = [sys.executable, str(ROOT / "bench" / "peers" / "wasmtime_run.py"), "--compile"]
ISAS = ("x86_64", "aarch64")
REAL = ["build/pack/hermit.wasm", "build/examples/cowsay.wasm", "build/examples/wordcount.wasm", "build/examples/http_get_go.wasm",
        "build/registry/resvg.wasm", "build/registry/cpython.wasm"]
BARS = "bars: 1.0 MB/s, goal 1.5, the same for 1, 10 and 50 MB; size 1.1 of Cranelift's (geometric mean)"


def read_leb(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def leb(value):
    out = bytearray()
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out) + bytes([value])


def sections(data):
    at = 8
    while at < len(data):
        ident, (size, begin) = data[at], read_leb(data, at + 1)
        yield ident, begin, size
        at = begin + size


def code_size(path):
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return sum(size for ident, _, size in sections(data) if ident == 10)


def repeated(path, code):
    """The module with its functions repeated until they have `code` bytes: the copies call the first ones."""
    times = max(1, round(code / code_size(path)))
    data = path.read_bytes()
    out = bytearray(data[:8])
    for ident, begin, size in sections(data):
        content = data[begin:begin + size]
        if ident in (3, 10):
            count, at = read_leb(content, 0)
            content = leb(count * times) + content[at:] * times
        if ident != 0:
            out += bytes([ident]) + leb(len(content)) + content
    return bytes(out)


def run(command, out=subprocess.DEVNULL):
    """(exit code, seconds of processor time, peak memory in MB)"""
    process = subprocess.Popen([str(c) for c in command], stdout=out, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def text_of_image(path):
    with open(path, "rb") as file:
        return struct.unpack("<Q", file.read(80)[72:80])[0]  # docs/formats/native_image.md


def text_of_elf(path):
    data = path.read_bytes()
    at, size, count, names = struct.unpack_from("<Q", data, 0x28) + struct.unpack_from("<HHH", data, 0x3A)
    headers = [struct.unpack_from("<IIQQQQ", data, at + i * size) for i in range(count)]
    strings = headers[names][4]
    return next(h[5] for h in headers if data[strings + h[0]:].startswith(b".text\0"))


def measure(tool, name, path, isa, work, with_peer, totals):
    megabytes = code_size(path) / 1e6
    with open(work / "image", "wb") as out:
        code, seconds, peak = run([tool, "compile", "--isa", isa, "--emit", "image", path], out)
    row = [name, isa, f"{megabytes:.2f}"]
    if code != 0:
        print("| " + " | ".join([*row, "does not compile", "", "", "", "", ""]) + " |", flush=True)
        return
    text = text_of_image(work / "image")
    row += [f"{megabytes / seconds:.2f}", f"{peak:.0f}", f"{text / 1e6:.2f}"]
    if with_peer:
        done = subprocess.run([*PEER, path, isa, work / "cwasm"], capture_output=True, text=True)
        if done.returncode == 0:
            other = text_of_elf(work / "cwasm")
            totals.setdefault(isa, []).append(text / other)
            row += [f"{megabytes / float(done.stdout):.2f}", f"{other / 1e6:.2f}", f"{text / other:.2f}"]
    print("| " + " | ".join(row + ["–"] * (9 - len(row))) + " |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / f"linux-{platform.machine()}")
    parser.add_argument("files", nargs="*", type=pathlib.Path)
    parser.add_argument("--repeat", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.repeat:
        options.files[1].write_bytes(repeated(options.files[0], options.repeat * 1e6))
        return
    tool = options.build / "bin" / "hermit"
    peer = (ROOT / ".toolchain" / "bench" / "wasmtime").exists()
    if not peer:
        print("left out: wasmtime: not installed (make .toolchain/bench/ready)")
    print("| module | ISA | code, MB | MB/s | peak, MB | machine code, MB | Cranelift, MB/s | its machine code, MB | size / Cranelift's |")
    print("|" + "---|" * 9)
    work = pathlib.Path(tempfile.mkdtemp(prefix="hermit-bench."))
    totals = {}
    try:
        modules = [(f.stem, f) for f in options.files or [ROOT / r for r in REAL] if f.exists()]
        source = ROOT / REAL[0]
        if not options.files and source.exists():
            for size in (1, 10) if options.quick else (1, 10, 50):
                path = work / f"{size}.wasm"
                # In a process of its own: a child's peak memory counts from its parent's.
                subprocess.run([sys.executable, __file__, "--repeat", str(size), source, path], check=True)
                modules.append((f"functions repeated, {size} MB", path))
        if not modules:
            sys.exit("no modules: make, or name some")
        for name, path in modules:
            for isa in ISAS:
                small = path.stat().st_size < 2e6 or not options.quick
                measure(tool, name, path, isa, work, peer and small and "repeated" not in name, totals)
    finally:
        shutil.rmtree(work)
    for isa, values in totals.items():
        mean = 1.0
        for value in values:
            mean *= value ** (1 / len(values))
        print(f"\n{isa}: machine code {mean:.2f} of Cranelift's (geometric mean of {len(values)} modules)")
    print("\n" + BARS)


if __name__ == "__main__":
    main()
