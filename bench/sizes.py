#!/usr/bin/env python3
"""Sizes of hermit.com and of a packed hello for each platform, and what compiled code adds to the launchers.

  bench/sizes.py [--quick]

That is the difference of each launcher to one of the same objects with no call of what runs compiled code, so that the linker leaves it out
(launcher_interpreting in CMakeLists.txt); both are brought up to date first, --quick: for this machine's platform alone.
"""
import argparse
import pathlib
import shutil
import subprocess
import tempfile

from common import BUILD, HERMIT, ROOT, build_hello, pack, verdict

CMAKE = ROOT / ".toolchain" / "python" / "cmake" / "data" / "bin" / "cmake"
PLATFORMS = [f"{system}-{machine}" for system in ("linux", "macos", "windows") for machine in ("x86_64", "aarch64")]
TOOL_BAR, ALL_BAR, ONE_BAR = 12, 2500, 700  # hermit.com in MB; a hello in KB: for five platforms, for one
GROWTH_BAR = 150  # KB


def show(name, size, bar):
    print(f"  {name:<36} {size:>10,}   {bar}", flush=True)


def launcher_growth(platforms):
    print("\nwhat compiled code adds to a launcher (bytes)")
    for platform in platforms:
        build = ROOT / "build" / platform
        if not (build / "build.ninja").exists():
            print(f"  left out: {platform}: not built")
            continue
        done = subprocess.run([CMAKE, "--build", build, "--target", "launcher", "launcher_interpreting"], capture_output=True, text=True)
        if done.returncode != 0:
            print(f"  left out: {platform}: does not build: {(done.stdout + done.stderr).strip().splitlines()[-1]}")
            continue
        suffix = ".exe" if "windows" in platform else ""
        sizes = [(build / "bin" / (name + suffix)).stat().st_size for name in ("launcher", "launcher_interpreting")]
        show(platform, sizes[0] - sizes[1], verdict((sizes[0] - sizes[1]) / 1e3, GROWTH_BAR, "KB"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    work = pathlib.Path(tempfile.mkdtemp(prefix="hermit-bench."))
    try:
        print("sizes (bytes); the hello with compiled code for the processors that it starts on")
        build_hello(work, "wasm32-wasi", "hello.wasm")
        pack(work, "FROM hello.wasm\n", "hello.com")
        show("hermit.com", HERMIT.stat().st_size, verdict(HERMIT.stat().st_size / 1e6, TOOL_BAR, "MB"))
        show("hello, five platforms", (work / "hello.com").stat().st_size, verdict((work / "hello.com").stat().st_size / 1e3, ALL_BAR, "KB"))
        for platform in PLATFORMS:
            pack(work, "FROM hello.wasm\n", platform, "--target", platform)
            file = next(work.glob(platform + "*"))  # on Windows with a suffix
            show(f"hello, {platform}", file.stat().st_size, verdict(file.stat().st_size / 1e3, ONE_BAR, "KB"))
    finally:
        shutil.rmtree(work)
    launcher_growth([BUILD.name] if options.quick else PLATFORMS)


if __name__ == "__main__":
    main()
