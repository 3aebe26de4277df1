#!/usr/bin/env python3
"""Speed of compiling, peak memory and size of the code, against Cranelift.

  bench/compile.py [--quick] [--build DIRECTORY] [FILE.wasm ...]

Without files: the modules that the build and the tests leave here (hermit.wasm, examples, those of package registries), and modules of
1, 10 and 50 MB whose functions are those of hermit.wasm again and again. Times are processor time of the whole process, which reads, validates, compiles and
hashes, on one core; MB are 10^6 bytes of function bodies. --quick leaves out everything above 10 MB, and Cranelift above 2 MB.
"""
import argparse
import math
import mmap
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile

from common import BUILD, ROOT, measure, verdict
from modules import HERMIT_WASM, code_size, write_repeated

PEER = [sys.executable, str(ROOT / "bench" / "peers" / "wasmtime_run.py"), "--compile"]
ISAS = ("x86_64", "aarch64")
REAL = ["build/pack/hermit.wasm", "build/examples/cowsay.wasm", "build/examples/wordcount.wasm", "build/examples/http_get_go.wasm",
        "build/registry/resvg.wasm", "build/registry/cpython.wasm", "build/registry/ruby.wasm"]
SPEED = 1.0  # MB/s; the goal is 1.5
SIZE = 1.1  # times Cranelift's machine code, geometric mean
LINEAR = 1.25  # times that a byte of the largest repeated module may take longer than one of the smallest


def text_of_image(path):
    with open(path, "rb") as file:
        return struct.unpack("<Q", file.read(80)[72:80])[0]  # docs/formats/native_image.md


def text_of_elf(path):
    # Mapped: what this script has once read would count as its children's peak.
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        at, size, count, names = struct.unpack_from("<Q", data, 0x28) + struct.unpack_from("<HHH", data, 0x3A)
        headers = [struct.unpack_from("<IIQQQQ", data, at + i * size) for i in range(count)]
        strings = headers[names][4]
        return next(h[5] for h in headers if data[strings + h[0]:strings + h[0] + 6] == b".text\0")


class Table:
    def __init__(self, tool, work):
        self.tool, self.work = tool, work
        self.speeds = {}  # instruction set → {module: MB/s}
        self.sizes = {}  # instruction set → {module: times Cranelift's}

    def add(self, name, path, isa, with_peer):
        megabytes = code_size(path) / 1e6
        with open(self.work / "image", "wb") as out:
            usage = measure([self.tool, "compile", "--isa", isa, "--emit", "image", path], out)
        row = [name, isa, f"{megabytes:.2f}"]
        if usage.code != 0:
            print("| " + " | ".join([*row, "does not compile", "", "", "", "", ""]) + " |", flush=True)
            return
        text = text_of_image(self.work / "image")
        speed = self.speeds.setdefault(isa, {})[name] = megabytes / usage.processor
        row += [f"{speed:.2f}", f"{usage.peak:.0f}", f"{text / 1e6:.2f}"]
        if with_peer:
            done = subprocess.run([*PEER, path, isa, self.work / "cwasm"], capture_output=True, text=True)
            if done.returncode == 0:
                other = text_of_elf(self.work / "cwasm")
                self.sizes.setdefault(isa, {})[name] = text / other
                row += [f"{megabytes / float(done.stdout):.2f}", f"{other / 1e6:.2f}", f"{text / other:.2f}"]
        print("| " + " | ".join(row + ["–"] * (9 - len(row))) + " |", flush=True)

    def print_bars(self):
        print()
        for isa, speeds in self.speeds.items():
            slowest = min(speeds, key=speeds.get)
            print(f"{isa}: slowest module {slowest}, {speeds[slowest]:.2f} MB/s   {verdict(speeds[slowest], SPEED, least=True)}")
            repeated = [speed for name, speed in speeds.items() if "repeated" in name]
            if len(repeated) > 1:
                print(f"{isa}: a byte of the largest repeated module takes {repeated[0] / repeated[-1]:.2f} times what one of the "
                      f"smallest takes   {verdict(repeated[0] / repeated[-1], LINEAR)}")
        for isa, sizes in self.sizes.items():
            mean = math.exp(sum(map(math.log, sizes.values())) / len(sizes))
            largest = max(sizes, key=sizes.get)
            print(f"{isa}: machine code {mean:.2f} of Cranelift's (geometric mean of {len(sizes)} modules; at most, {largest}, "
                  f"{sizes[largest]:.2f})   {verdict(mean, SIZE)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--build", type=pathlib.Path, default=BUILD)
    parser.add_argument("files", nargs="*", type=pathlib.Path)
    options = parser.parse_args()
    peer = (ROOT / ".toolchain" / "bench" / "wasmtime").exists()
    if not peer:
        print("left out: wasmtime: not installed (make .toolchain/bench/ready)")
    print("| module | ISA | code, MB | MB/s | peak, MB | machine code, MB | Cranelift, MB/s | its machine code, MB | size / Cranelift's |")
    print("|" + "---|" * 9)
    work = pathlib.Path(tempfile.mkdtemp(prefix="hermit-bench."))
    table = Table(options.build / "bin" / "hermit", work)
    try:
        modules = [(f.stem, f) for f in options.files or [ROOT / r for r in REAL] if f.exists()]
        if not options.files and HERMIT_WASM.exists():
            for size in (1, 10) if options.quick else (1, 10, 50):
                path = work / f"{size}.wasm"
                write_repeated(size, HERMIT_WASM, path)
                modules.append((f"functions repeated, {size} MB", path))
        if not modules:
            sys.exit("no modules: make, or name some")
        for name, path in modules:
            size = code_size(path)
            if options.quick and size > 11e6:
                continue
            for isa in ISAS:
                table.add(name, path, isa, peer and "repeated" not in name and (size < 2e6 or not options.quick))
    finally:
        shutil.rmtree(work)
    table.print_bars()


if __name__ == "__main__":
    main()
