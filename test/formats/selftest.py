#!/usr/bin/env python3
"""Packs files of every kind, wants the checkers to accept them, then breaks each rule once and wants exactly that to be
noticed. A rule that no mutation here breaks is a failure too.

    selftest.py OUT      OUT: made by build.sh
"""
import gzip
import os
import re
import struct
import subprocess
import sys
import tempfile

import check_macho
import check_pe
import check_polyglot

OUT = sys.argv[1]
TARGETS = ["linux-x86_64", "linux-aarch64", "macos-x86_64", "macos-aarch64", "windows-x86_64", "windows-aarch64"]
PAYLOAD = bytes(range(256)) * 300  # several pages, the last one not full
LAUNCHERS = {target: open(os.path.join(OUT, target), "rb").read() for target in TARGETS}
failures = 0


def pack(kind, alignment=4096):
    with tempfile.TemporaryDirectory() as folder:
        payload, result = os.path.join(folder, "payload"), os.path.join(folder, "result")
        open(payload, "wb").write(PAYLOAD)
        arguments = ["%s=%s" % (target, os.path.join(OUT, target)) for target in TARGETS]
        offset = subprocess.run([os.path.join(OUT, "pack_file"), kind, result, payload, str(alignment)] + arguments,
                                check=True, stdout=subprocess.PIPE).stdout
        return open(result, "rb").read(), int(offset)


def fail(text):
    global failures
    failures += 1
    print("FAIL", text)


def want_good(name, errors):
    if errors:
        fail("%s is rejected: %s" % (name, errors[:5]))


class Mutations:
    """Breaks one rule at a time in a good file."""

    def __init__(self, name, good, check, module):
        self.name, self.good, self.check, self.seen = name, good, check, set()
        want_good(name, check(good))
        self.rules = set(re.findall(r'rule\("([a-z0-9-]+)"', open(module.__file__).read()))

    def put(self, rule, *changes):
        """changes: (offset, format, value), or (offset, bytes)."""
        data = bytearray(self.good)
        for change in changes:
            if len(change) == 3:
                struct.pack_into(change[1], data, change[0], change[2])
            else:
                data[change[0]:change[0] + len(change[1])] = change[1]
        self.whole(rule, bytes(data))

    def whole(self, rule, data):
        assert data != self.good, rule
        try:
            found = {name for name, _ in self.check(data)}
        except Exception as error:  # a checker must not fall over either
            return fail("%s: %s raised %r" % (self.name, rule, error))
        if rule in found:
            self.seen.add(rule)
        else:
            fail("%s: breaking %s is not noticed (%s)" % (self.name, rule, sorted(found)))

    def finish(self, elsewhere=()):
        for rule in sorted(self.rules - self.seen - set(elsewhere)):
            fail("%s: nothing here breaks the rule %s" % (self.name, rule))


def u32(data, at):
    return struct.unpack_from("<I", data, at)[0]


def mutate_pe(name, good):
    m = Mutations(name, good, check_pe.check, check_pe)
    pe = u32(good, 0x3C)
    opt, table = pe + 24, pe + 264
    count = struct.unpack_from("<H", good, pe + 6)[0]
    section = lambda i: table + 40 * i
    flags = struct.unpack_from("<H", good, pe + 22)[0]
    m.put("dos-magic", (0, b"ZM"))
    m.put("lfanew-aligned", (0x3C, "<I", pe + 1))
    m.put("lfanew-inside", (0x3C, "<I", len(good)))
    m.put("lfanew-inside", (0x3C, "<I", 8))
    m.put("pe-signature", (pe, b"NE"))
    m.put("machine", (pe + 4, "<H", 0x14C))
    m.put("executable-image", (pe + 22, "<H", flags & ~2))
    m.put("executable-image", (pe + 22, "<H", flags | 0x2000))
    m.put("stripped", (pe + 12, "<I", 512))
    m.put("no-time-stamp", (pe + 8, "<I", 1))
    m.put("pe32-plus", (opt, "<H", 0x10B))
    m.put("optional-size", (pe + 20, "<H", 224))
    for value in (256, 131072, 513):
        m.put("file-alignment", (opt + 36, "<I", value))
    m.put("section-alignment", (opt + 32, "<I", 512))
    m.put("image-base", (opt + 24, "<Q", 0x140001000))
    m.put("nx-aslr", (opt + 70, "<H", 0))
    m.put("subsystem", (opt + 68, "<H", 2))
    m.put("checksum", (opt + 64, "<I", 12345))
    m.put("section-count", (pe + 6, "<H", 0))
    m.put("headers-aligned", (opt + 60, "<I", u32(good, opt + 60) + 8))
    m.put("headers-cover-table", (opt + 60, "<I", 0))
    m.put("headers-below-first-section", (opt + 60, "<I", 0x2000))
    m.put("sections-contiguous", (section(1) + 12, "<I", u32(good, section(1) + 12) + 0x1000))
    m.put("sections-contiguous", (opt + 60, "<I", 0x1200))
    m.put("section-not-empty", (section(1) + 8, "<I", 0))
    m.put("raw-size-aligned", (section(0) + 16, "<I", u32(good, section(0) + 16) - 8))
    m.put("raw-pointer-aligned", (section(0) + 20, "<I", u32(good, section(0) + 20) + 8))
    m.put("raw-ascending", (section(1) + 20, "<I", u32(good, section(0) + 20)))
    m.put("raw-inside", (section(count - 1) + 20, "<I", len(good) // 512 * 512))
    m.put("not-writable-and-executable", (section(0) + 36, "<I", 0xE0000020))
    m.put("no-coff-relocations", (section(0) + 24, "<I", 4))
    m.put("image-size", (opt + 56, "<I", u32(good, opt + 56) + 0x1000))
    m.put("entry-in-section", (opt + 16, "<I", 0x10))
    m.put("no-certificate", (opt + 112 + 32, "<I", 512), (opt + 112 + 36, "<I", 8))
    m.put("directory-inside", (opt + 112 + 12, "<I", 0x7FFFFFF))
    where = u32(good, opt + 112 + 48)
    for i in range(count):
        start, raw = u32(good, section(i) + 12), u32(good, section(i) + 20)
        if where and start <= where < start + u32(good, section(i) + 16):
            debug = raw + where - start
            m.put("no-debug-time-stamp", (debug + 4, "<I", 1))
            m.put("debug-pointer", (debug + 24, "<I", u32(good, debug + 24) + 512))
    return m


def mutate_macho(name, good):
    m = Mutations(name, good, lambda data: check_macho.check(data, PAYLOAD), check_macho)
    at, commands, segments = 32, {}, {}
    for _ in range(u32(good, 16)):
        kind, size = struct.unpack_from("<II", good, at)
        commands[kind] = at
        if kind == 0x19:
            segments[good[at + 8:at + 24].rstrip(b"\0")] = at
        at += size
    text, data_segment, hermit, linkedit = (segments[s] for s in (b"__TEXT", b"__DATA_CONST", b"__HERMIT", b"__LINKEDIT"))
    signature = commands[0x1D]
    blob = u32(good, signature + 8)
    directory = blob + 20
    q = lambda where: struct.unpack_from("<Q", good, where)[0]
    m.put("magic", (0, b"\xce"))
    m.put("cpu", (4, "<I", 7))
    m.put("executable", (12, "<I", 6))
    m.put("position-independent", (24, "<I", 0x85))
    m.put("commands-inside", (20, "<I", len(good)))
    m.put("commands-fill-size", (20, "<I", u32(good, 20) + 8))
    m.put("commands-fill-size", (16, "<I", u32(good, 16) + 1))
    m.put("command-size", (linkedit + 4, "<I", 0))
    m.put("command-size", (linkedit + 4, "<I", 0x7FFFFFF8))
    m.put("known-command", (commands[0x1B], "<I", 0x7777))
    m.put("section-in-segment", (text + 72 + 40, "<Q", 1 << 40))
    m.put("section-offset", (text + 72 + 48, "<I", u32(good, text + 72 + 48) + 16))
    m.put("one-signature", (commands[0x26], "<I", 0x1D))
    m.put("commands-below-first-section", (text + 72 + 48, "<I", 64))
    m.put("segments", (hermit + 8, b"__OTHER"))
    m.put("segments", (hermit, good[linkedit:linkedit + 72]), (linkedit, good[hermit:hermit + 72]))
    m.put("addresses-ascend", (hermit + 24, "<Q", q(text + 24)))
    m.put("offsets-ascend", (hermit + 40, "<Q", 0))
    m.put("segment-inside", (hermit + 48, "<Q", len(good)))
    m.put("memory-holds-file", (hermit + 32, "<Q", PAYLOAD.__len__() // 16384 * 16384))
    m.put("page-aligned", (hermit + 40, "<Q", q(hermit + 40) + 4096))
    m.put("page-aligned", (data_segment + 40, "<Q", q(data_segment + 40) + 16))
    m.put("not-writable-and-executable", (text + 60, "<I", 7))
    m.put("text-starts-file", (text + 40, "<Q", 4096))
    m.put("read-only", (hermit + 60, "<I", 5))
    m.put("read-only", (hermit + 56, "<I", 3))
    m.put("no-sections", (hermit + 64, "<I", 1))
    m.put("payload-not-empty", (hermit + 48, "<Q", 0))
    m.put("payload-bytes", (q(hermit + 40), b"x"))
    m.whole("linkedit-ends-file", good + b"\0")
    symbols, strings, dysymtab = u32(good, commands[2] + 8), u32(good, commands[2] + 16), commands[0xB]
    m.put("no-local-symbols", (dysymtab + 12, "<I", 1))
    m.put("symbol-groups", (dysymtab + 28, "<I", u32(good, dysymtab + 28) + 1))
    m.put("symbol-names", (symbols, "<I", u32(good, commands[2] + 20) + 1))
    m.put("symbol-names", (strings + u32(good, symbols), b"\0"))
    m.put("symbol-kinds", (symbols + 4, "<B", 0x0E))
    m.put("indirect-symbols", (u32(good, dysymtab + 56), "<I", u32(good, commands[2] + 12)))
    m.put("tables-in-linkedit", (commands[2] + 8, "<I", 4096))
    m.put("tables-apart", (commands[2] + 16, "<I", u32(good, commands[2] + 8)))
    m.put("signed", (signature, "<I", 0x26))
    m.put("signature-aligned", (signature + 8, "<I", blob + 4), (signature + 12, "<I", len(good) - blob - 4))
    m.put("signature-ends-file", (signature + 12, "<I", u32(good, signature + 12) - 16))
    m.put("signature-inside", (signature + 12, "<I", len(good)))
    m.put("super-blob", (blob, b"\0"))
    m.put("nothing-behind-blob", (blob + 4, ">I", u32(good, signature + 12) - 16))
    m.put("code-directory", (directory, b"\0"))
    m.put("code-directory", (directory + 8, ">I", 0x20100))
    m.put("adhoc", (directory + 12, ">I", 0))
    m.put("adhoc", (directory + 12, ">I", 0x10002))
    m.put("sha256", (directory + 37, b"\1"))
    m.put("page-size", (directory + 39, b"\x0c"))
    m.put("covers-all", (directory + 32, ">I", blob - 16384))
    m.put("exec-segment", (directory + 80, ">Q", 0))
    m.put("identifier", (directory + 20, ">I", 8))
    m.put("slot-count", (directory + 28, ">I", 1))
    pages = -(-blob // 16384)
    for page in range(pages):  # one byte in each page, in the last one its last byte
        where = min((page + 1) * 16384, blob) - 1
        m.put("page-hash", (where, bytes([good[where] ^ 1])))
    m.finish()


def mutate_polyglot(name, good, offset):
    m = Mutations(name, good, lambda data: check_polyglot.check(data, LAUNCHERS, offset), check_polyglot)
    def row_of(system):
        start = good.index(system + b")_n=")
        return good[start:good.index(b"\n", start)]

    def edit(rule, old, new, data=good):  # in the script, whose spare line breaks take up the difference
        end = data.index(b"\nexit 126\n\n") + 10
        script = data[:end].replace(old, new, 1)
        spare = len(data[end:]) - len(data[end:].lstrip(b"\n"))
        assert len(script) - end <= spare
        m.whole(rule, script + b"\n" * (end + spare - len(script)) + data[end + spare:])

    def change_launcher(rule, at, value):  # in the first launcher, unpacked; it is packed again
        raw = bytearray(gzip.decompress(good[start:start + size]))
        raw[at:at + len(value)] = value
        packed = gzip.compress(bytes(raw), mtime=0)
        data = good[:start] + packed.ljust(size, b"\0") + good[start + max(size, len(packed)):]
        edit(rule, x64, x64.replace(b"_z=%d" % size, b"_z=%d" % len(packed)), data)

    x64, arm = row_of(b"Linux\\ x86_64"), row_of(b"Linux\\ aarch64")
    block = lambda row: re.search(rb"_b=\d+", row).group()
    start = int(block(x64)[3:]) * 4096
    size = int(re.search(rb"_z=(\d+)", x64).group(1))
    raw = gzip.decompress(good[start:start + size])
    m.put("first-line", (5, b"M"))
    if good[:2] == b"MZ":
        m.put("comment", (20, b"\n"))
        m.put("lfanew-in-comment", (0x3D, b"\n"))
        m.put("lfanew-in-comment", (0x3C, b"\x80"))
        m.put("comment-ends", (0x40, b" "))
        edit("launchers-behind-pe", block(x64), b"_b=1")
    edit("script-ascii", b"esac", b"esa\xc3")
    m.put("script-exits", (good.index(b"\nexit 126\n\n") + 1, b"echo"))
    edit("script-never-reads-stdin", b"_m </proc/sys/kernel/arch", b"_m")
    edit("table-row", block(x64), b"_b=x")
    edit("table-row", block(x64), b"_b=0" + block(x64)[3:])
    edit("row-system", b"Linux\\ x86_64)", b"Darwin\\ x86_64)")
    edit("row-once", arm, x64)
    edit("launcher-inside", block(arm), b"_b=9999")
    edit("launchers-apart", block(arm), block(x64))
    change_launcher("launcher-format", 0, b"\x7fELG")
    change_launcher("launcher-digest", 5000, bytes([raw[5000] ^ 1]))
    change_launcher("launcher-equals-input", 5000, bytes([raw[5000] ^ 1]))
    m.put("launcher-gzip", (start + size - 8, bytes([good[start + size - 8] ^ 1])))
    m.put("launcher-without-time", (start + 4, b"\x01"))
    m.whole("has-launchers", good.replace(b"_n=hermit-", b"_n=hermet-"))
    m.finish(["launchers-before-payload"] + ([] if good[:2] == b"MZ" else
             ["comment", "lfanew-in-comment", "comment-ends", "launchers-behind-pe"]))
    if not any(n == "launchers-before-payload" for n, _ in check_polyglot.check(good, LAUNCHERS, start + 4096)):
        fail(name + ": a payload inside of the launchers is not noticed")


for kind in ("all", "unix"):
    for alignment in (4096, 65536):
        data, offset = pack(kind, alignment)
        want_good(kind, check_polyglot.check(data, LAUNCHERS, offset))
        if offset % alignment or data[offset:] != PAYLOAD:
            fail("%s: payload is not at a multiple of %d" % (kind, alignment))
    mutate_polyglot(kind, data, offset)
all_file, _ = pack("all")
seen = mutate_pe("all", all_file)
for target in ("windows-x86_64", "windows-aarch64"):
    data, offset = pack(target)
    if data[offset:] != PAYLOAD:
        fail(target + ": payload is not where it should be")
    seen.seen |= mutate_pe(target, data).seen
seen.finish(() if "no-debug-time-stamp" in seen.seen else ("no-debug-time-stamp", "debug-pointer"))
for target in ("macos-x86_64", "macos-aarch64"):
    for alignment in (4096, 65536):
        data, offset = pack(target, alignment)
        if data[offset:offset + len(PAYLOAD)] != PAYLOAD or offset % max(alignment, 16384):
            fail(target + ": payload is not where it should be")
        want_good(target, check_macho.check(data, PAYLOAD))
    mutate_macho(target, data)
for target in ("linux-x86_64", "linux-aarch64"):
    data, offset = pack(target, 65536)
    launcher = LAUNCHERS[target]
    marked = launcher[:48] + b"hrmt" + launcher[52:]  # e_flags
    if launcher[48:52] != bytes(4) or data[:offset] != marked.ljust(offset, b"\0") or data[offset:] != PAYLOAD or offset % 65536:
        fail(target + ": not marked launcher + padding + payload")
print("selftest: %s" % ("passed" if not failures else "%d failures" % failures))
sys.exit(1 if failures else 0)
