#!/usr/bin/env python3
"""Puts the pinned source archives of the libraries into a folder and unpacks them.

    fetch_sources.py ARCHIVE_DIR UNPACK_DIR

Each library is one archive with one SHA-256, the `.orig.tar` that Debian publishes. It is taken from the folder named by
HERMIT_SOURCES if it is there, else downloaded by name with `apt-get source` (no root needed: apt gets lists and a cache of
its own under ARCHIVE_DIR). On other systems put the archives named in an error into a folder and set HERMIT_SOURCES.
"""
import glob
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile

# (Debian source package, archive, SHA-256, folder to unpack to)
SOURCES = [
    ("libdeflate", "libdeflate_1.14.orig.tar.gz",
     "89e7df898c37c3427b0f39aadcf733731321a278771d20fc553f92da8d4808ac", "libdeflate"),
    ("rapidjson", "rapidjson_1.1.0+dfsg2.orig.tar.gz",
     "92aa6402743012e5f2c3db17def1ff5273df4f3ca7a8f8ed9f1041d392c14ce7", "rapidjson"),
    ("googletest", "googletest_1.12.1.orig.tar.gz",
     "81964fe578e9bd7c94dfdb09c8e4d6e6759e19967e397dbea48d1c10e45d0df2", "googletest"),
    ("asmjit", "asmjit_0.0~git20221210.5b5b0b3.orig.tar.xz",
     "c05b9b913f3be6f22d1452cfa6a7f87372090242cc9526685d02880277b7641f", "asmjit"),
]


def sha256(path):
    with open(path, "rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest() if hasattr(hashlib, "file_digest") \
            else hashlib.sha256(f.read()).hexdigest()


def apt_options(home):
    """apt-get options for private lists that hold the system's own repositories as source repositories."""
    parts = os.path.join(home, "parts")
    for d in ("lists/partial", "cache/archives/partial", "parts"):
        os.makedirs(os.path.join(home, d), exist_ok=True)
    for path in ["/etc/apt/sources.list", *glob.glob("/etc/apt/sources.list.d/*")]:
        try:
            text = open(path, encoding="utf-8").read()
        except OSError:
            continue
        if path.endswith(".sources"):
            text = re.sub(r"(?m)^Types:.*$", "Types: deb-src", text)
        else:
            lines = [l for l in text.splitlines() if re.match(r"deb\s", l)]
            text = "\n".join(re.sub(r"^deb\s", "deb-src ", l) for l in lines) + "\n"
        # Only the distribution's own repositories have these packages; others may not answer.
        if "debian" not in text and "ubuntu" not in text:
            continue
        name = re.sub(r"[^A-Za-z0-9_.-]", "_", os.path.basename(path))
        name = name if name.endswith(".sources") else re.sub(r"\.list$", "", name) + ".list"
        with open(os.path.join(parts, name), "w", encoding="utf-8") as f:
            f.write(text)
    return ["-o", f"Dir::State::lists={home}/lists", "-o", f"Dir::Cache={home}/cache",
            "-o", "Dir::Etc::sourcelist=/dev/null", "-o", f"Dir::Etc::sourceparts={parts}",
            "-o", "APT::Sandbox::User=", "-q"]


def fetch(missing, archives):
    if not shutil.which("apt-get"):
        return "apt-get is not on this machine"
    options = apt_options(os.path.join(os.path.abspath(archives), "apt"))
    log = []
    for command in (["update"], *(["source", "--download-only", "--only-source", p] for p in missing)):
        done = subprocess.run(["apt-get", *options, *command], cwd=archives, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        log.append(done.stdout)
        if done.returncode != 0 and command != ["update"]:
            return "apt-get " + " ".join(command) + ":\n" + "".join(log)
    return None


def main():
    archives, unpack = sys.argv[1], sys.argv[2]
    os.makedirs(archives, exist_ok=True)
    local = os.environ.get("HERMIT_SOURCES")
    missing = []
    for package, archive, digest, _ in SOURCES:
        path = os.path.join(archives, archive)
        if local and not os.path.exists(path) and os.path.exists(os.path.join(local, archive)):
            shutil.copyfile(os.path.join(local, archive), path)
        if not (os.path.exists(path) and sha256(path) == digest):
            missing.append(package)
    reason = None
    if missing:
        print("fetching sources:", ", ".join(missing), flush=True)
        reason = fetch(missing, archives)
    for package, archive, digest, folder in SOURCES:
        path = os.path.join(archives, archive)
        if not os.path.exists(path) or sha256(path) != digest:
            sys.exit(f"{archive} (SHA-256 {digest}) is missing: {reason or 'the archive that was downloaded differs'}\n"
                     f"Put it into a folder and set HERMIT_SOURCES to that folder.")
        target = os.path.join(unpack, folder)
        stamp = os.path.join(target, ".sha256")
        if os.path.exists(stamp) and open(stamp).read() == digest:
            continue
        shutil.rmtree(target, ignore_errors=True)
        with tarfile.open(path) as tar:
            for member in tar.getmembers():
                parts = member.name.split("/", 1)
                if len(parts) == 2 and parts[1] and (member.isfile() or member.isdir()) and ".." not in parts[1]:
                    member.name = parts[1]
                    tar.extract(member, target, set_attrs=False)
        with open(stamp, "w") as f:
            f.write(digest)


if __name__ == "__main__":
    main()
