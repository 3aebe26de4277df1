#!/usr/bin/env python3
"""Checks a file for several systems against the rules of docs/formats/executable.md: the header, the script, its table
and the launchers. The PE half is checked by check_pe.py. Shares no code with the writer.

    check_polyglot.py FILE [TARGET=LAUNCHER...]      prints each violation, exits 1 if there is one
"""
import hashlib
import re
import struct
import sys
import zlib

import check_pe

ROW = re.compile(r"^(Linux|Darwin)\\ (x86_64|aarch64|arm64)\)_n=hermit-([0-9a-f]{16})-(\S+) _b=([1-9]\d*) _z=([1-9]\d*);;$")
SYSTEMS = {"linux-x86_64": ("Linux", "x86_64"), "linux-aarch64": ("Linux", "aarch64"),
           "macos-x86_64": ("Darwin", "x86_64"), "macos-aarch64": ("Darwin", "arm64")}
MAGIC = {"linux-x86_64": (b"\x7fELF\x02\x01", 18, 62), "linux-aarch64": (b"\x7fELF\x02\x01", 18, 183),
         "macos-x86_64": (b"\xcf\xfa\xed\xfe", 4, 7), "macos-aarch64": (b"\xcf\xfa\xed\xfe", 4, 12)}


def check(data, launchers={}, payload_offset=None):
    """All violations, as (rule, text). `launchers`: target → bytes, what must be inside, and nothing else."""
    errors = []

    def rule(name, ok, text=""):
        if not ok:
            errors.append((name, text))
        return ok

    polyglot = data[:2] == b"MZ"
    if polyglot:
        rule("first-line", data[:11] == b"MZ=hermit\n#")
        rule("comment", data[11:0x3C] == b"#" * (0x3C - 11))
        field = data[0x3C:0x40]
        rule("lfanew-in-comment", not any(byte in (0x0A, 0x0D) or byte >= 0x80 for byte in field), field.hex())
        rule("comment-ends", data[0x40:0x41] == b"\n")
        lfanew = struct.unpack("<I", field)[0]
        script_end, script_start = lfanew, 0x40
        errors += check_pe.check(data)
    else:
        script_start = 10
        if not rule("first-line", data[:18] == b"#!/bin/sh\n#hermit\n"):
            return errors
        script_end = data.find(b"\0")
    script = data[script_start:script_end]
    if not rule("script-ascii", all(byte == 10 or 32 <= byte < 127 for byte in script)):
        return errors
    lines = script.decode("ascii").rstrip("\n").split("\n")
    rule("script-exits", re.fullmatch(r"exit \d+", lines[-1]), lines[-1])
    rule("script-never-reads-stdin", not any(re.search(r"\bread -r \w+\b(?! <)", line) for line in lines))

    found, ranges = {}, []
    for line in lines:
        if "_n=hermit-" not in line:
            continue
        match = ROW.match(line)
        if not rule("table-row", match, line):
            continue
        system, machine, digest, target, block, size = match.groups()
        start, size = int(block) * 4096, int(size)
        rule("row-system", SYSTEMS.get(target) == (system, machine), line)
        rule("row-once", target not in found, target)
        if not rule("launcher-inside", start + size <= len(data), target):
            continue
        ranges.append((start, start + size))
        unpacker = zlib.decompressobj(wbits=31)
        try:
            found[target] = unpacker.decompress(data[start:start + size])
            rule("launcher-gzip", unpacker.eof and not unpacker.unused_data, target)
        except zlib.error as error:
            rule("launcher-gzip", False, "%s: %s" % (target, error))
            found[target] = b""
        if len(found[target]) < 64:
            continue
        rule("launcher-without-time", data[start + 3:start + 8] == b"\0" * 5, target)
        magic, position, machine_number = MAGIC.get(target, (b"?", 0, 0))
        rule("launcher-format", found[target].startswith(magic) and
             struct.unpack_from("<H", found[target], position)[0] == machine_number, target)
        rule("launcher-digest", hashlib.sha256(found[target]).hexdigest()[:16] == digest, target)
    rule("has-launchers", found)
    ranges.sort()
    for (_, stop), (start, _) in zip(ranges, ranges[1:]):
        rule("launchers-apart", stop <= start, hex(start))
    if polyglot and ranges:
        count, = struct.unpack_from("<H", data, lfanew + 6)
        raw_end = max(sum(struct.unpack_from("<II", data, lfanew + 264 + 40 * i + 16)) for i in range(count))
        rule("launchers-behind-pe", ranges[0][0] >= raw_end, hex(raw_end))
    if payload_offset is not None and ranges:
        rule("launchers-before-payload", ranges[-1][1] <= payload_offset)
    for target, expected in launchers.items():
        if target in SYSTEMS:
            rule("launcher-equals-input", found.get(target) == expected, target)
    return errors


if __name__ == "__main__":
    inputs = dict(argument.split("=", 1) for argument in sys.argv[2:])
    violations = check(open(sys.argv[1], "rb").read(), {target: open(path, "rb").read() for target, path in inputs.items()})
    for name, text in violations:
        print("%s: %s %s" % (sys.argv[1], name, text))
    sys.exit(1 if violations else 0)
