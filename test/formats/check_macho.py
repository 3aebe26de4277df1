#!/usr/bin/env python3
"""Checks a macOS executable against the rules of docs/formats/executable.md: structure, load commands, and every page
hash, with the page size that the CodeDirectory names. Shares no code with the writer.

    check_macho.py FILE      prints each violation, exits 1 if there is one
"""
import hashlib
import struct
import sys

PAGE = 16384
LINKEDIT_TABLES = {  # command: positions of (offset, size in units, unit) within it
    0x2: [(8, 12, 16), (16, 20, 1)],
    0x22: [(8, 12, 1), (16, 20, 1), (24, 28, 1), (32, 36, 1), (40, 44, 1)],
    0x80000022: [(8, 12, 1), (16, 20, 1), (24, 28, 1), (32, 36, 1), (40, 44, 1)],
    0xB: [(32, 36, 8), (40, 44, 52), (48, 52, 4), (56, 60, 4), (64, 68, 8), (72, 76, 8)],
    0x1D: [(8, 12, 1)], 0x1E: [(8, 12, 1)], 0x26: [(8, 12, 1)], 0x29: [(8, 12, 1)], 0x2B: [(8, 12, 1)], 0x2E: [(8, 12, 1)],
    0x80000033: [(8, 12, 1)], 0x80000034: [(8, 12, 1)],
}
WITHOUT_OFFSETS = {0xC, 0xE, 0x1B, 0x24, 0x2A, 0x32, 0x80000018, 0x8000001C, 0x80000028}


def check(data, payload=None):
    """All violations in the Mach-O file `data`, as (rule, text). `payload`: what the segment __HERMIT must hold."""
    errors = []

    def rule(name, ok, text=""):
        if not ok:
            errors.append((name, text))
        return ok

    if not rule("magic", len(data) >= 32 and data[:4] == b"\xcf\xfa\xed\xfe"):
        return errors
    cpu, _, kind, count, size, flags, _ = struct.unpack_from("<7I", data, 4)
    rule("cpu", cpu in (0x01000007, 0x0100000C), hex(cpu))
    rule("executable", kind == 2, str(kind))
    rule("position-independent", flags & 0x200000)
    end = 32 + size
    if not rule("commands-inside", end <= len(data)):
        return errors
    at, segments, tables, signature, room = 32, [], [], None, len(data)
    symtab = dysymtab = None
    for _ in range(count):
        if not rule("commands-fill-size", at + 8 <= end, hex(at)):
            return errors
        command, length = struct.unpack_from("<II", data, at)
        if not rule("command-size", length >= 8 and length % 8 == 0 and at + length <= end, hex(at)):
            return errors
        if command == 0x19:
            name = data[at + 8:at + 24].rstrip(b"\0").decode("latin-1")
            address, vm_size, offset, file_size, most, first, sections, _ = struct.unpack_from("<QQQQIIII", data, at + 24)
            segments.append((name, address, vm_size, offset, file_size, most, first, sections))
            for index in range(sections):
                section = at + 72 + 80 * index
                s_address, s_size, s_offset = struct.unpack_from("<QQI", data, section + 32)
                rule("section-in-segment", address <= s_address and s_address + s_size <= address + vm_size, hex(section))
                if s_offset:
                    room = min(room, s_offset)
                    rule("section-offset", s_offset - offset == s_address - address, hex(section))
        elif command in LINKEDIT_TABLES:
            for position, size_position, unit in LINKEDIT_TABLES[command]:
                offset, number = struct.unpack_from("<I", data, at + position)[0], struct.unpack_from("<I", data, at + size_position)[0]
                if offset:
                    tables.append((hex(command), offset, number * unit))
            if command == 0x2:
                symtab = struct.unpack_from("<4I", data, at + 8)
            if command == 0xB:
                dysymtab = struct.unpack_from("<18I", data, at + 8)
            if command == 0x1D:
                rule("one-signature", signature is None)
                signature = struct.unpack_from("<II", data, at + 8)
        else:
            rule("known-command", command in WITHOUT_OFFSETS, hex(command))
        at += length
    rule("commands-fill-size", at == end)
    rule("commands-below-first-section", end <= room)

    names = [s[0] for s in segments]
    if not rule("segments", names[:2] == ["__PAGEZERO", "__TEXT"] and names[-2:] == ["__HERMIT", "__LINKEDIT"], " ".join(names)):
        return errors
    address = offset = 0
    for name, v_address, v_size, f_offset, f_size, most, first, _ in segments:
        rule("addresses-ascend", v_address >= address, name)
        rule("offsets-ascend", f_size == 0 or f_offset >= offset, name)
        rule("segment-inside", f_offset + f_size <= len(data), name)
        rule("memory-holds-file", v_size >= f_size, name)
        rule("page-aligned", v_address % 4096 == 0 and f_offset % 4096 == 0, name)
        rule("not-writable-and-executable", not (first & 2 and first & 4), name)
        address = v_address + v_size
        offset = max(offset, f_offset + f_size)
    text, hermit, linkedit = segments[1], segments[-2], segments[-1]
    rule("text-starts-file", text[3] == 0)
    for name, v_address, v_size, f_offset, _, most, first, sections in (hermit, linkedit):
        rule("page-aligned", v_address % PAGE == 0 and f_offset % PAGE == 0 and v_size % PAGE == 0, name)
        rule("read-only", most == 1 and first == 1 or name == "__LINKEDIT" and first == 1, name)
        rule("no-sections", sections == 0, name)
    rule("payload-not-empty", hermit[4] > 0)
    if payload is not None:
        rule("payload-bytes", data[hermit[3]:hermit[3] + hermit[4]] == payload)
    rule("linkedit-ends-file", linkedit[3] + linkedit[4] == len(data))
    tables.sort(key=lambda t: (t[1], t[1] + t[2]))
    position = linkedit[3]
    for name, where, length in tables:
        rule("tables-in-linkedit", linkedit[3] <= where and where + length <= len(data), name)
        if length:
            rule("tables-apart", where >= position, name)
            position = where + length
    if symtab and dysymtab:
        check_symbols(data, symtab, dysymtab, rule)
    if rule("signed", signature is not None):
        check_signature(data, signature, text, rule)
    return errors


def check_symbols(data, symtab, dysymtab, rule):
    """The symbol table holds exported and undefined symbols only, and indirect symbols name those."""
    symbols, count, strings, strings_size = symtab
    first_local, locals_, first_external, externals, first_undefined, undefined = dysymtab[:6]
    indirect, indirect_count = dysymtab[12:14]
    rule("no-local-symbols", locals_ == 0, str(locals_))
    rule("symbol-groups", first_local == 0 and first_external == locals_ and first_undefined == locals_ + externals
         and count == locals_ + externals + undefined)
    if symbols + 16 * count > len(data) or strings + strings_size > len(data) or indirect + 4 * indirect_count > len(data):
        return
    for index in range(count):
        name, kind = struct.unpack_from("<IB", data, symbols + 16 * index)
        text = data[strings + name:strings + strings_size].split(b"\0")[0] if name < strings_size else b""
        if not rule("symbol-names", text.startswith((b"_", b"dyld_stub_binder")) and strings + name + len(text) < strings + strings_size,
             "%d %r" % (index, text)):
            break
        rule("symbol-kinds", bool(kind & 1) and (kind & 0x0E == 0) == (index >= first_undefined), "%d %#x" % (index, kind))
    for index in range(indirect_count):
        symbol, = struct.unpack_from("<I", data, indirect + 4 * index)
        rule("indirect-symbols", symbol & 0xC0000000 or symbol < count, str(symbol))


def check_signature(data, signature, text, rule):
    start, size = signature
    rule("signature-aligned", start % 16 == 0, hex(start))
    rule("signature-ends-file", start + size == len(data))
    if not rule("signature-inside", start + size <= len(data) and size >= 20 + 88):
        return
    magic, length, blobs, slot, where = struct.unpack_from(">5I", data, start)
    if not rule("super-blob", magic == 0xFADE0CC0 and blobs == 1 and slot == 0 and 20 <= where <= size - 88):
        return
    rule("nothing-behind-blob", length == size, "%d of %d" % (length, size))
    base = start + where
    (magic, length, version, flags, hashes, identifier, special, slots, limit) = struct.unpack_from(">9I", data, base)
    hash_size, hash_type, _, page_log2 = data[base + 36:base + 40]
    limit64, exec_base, exec_limit, exec_flags = struct.unpack_from(">4Q", data, base + 56)
    if not rule("code-directory", magic == 0xFADE0C02 and where + length == size and version >= 0x20400 and special == 0):
        return
    rule("adhoc", flags & 0x2 and not flags & ~0x20002, hex(flags))
    rule("sha256", hash_size == 32 and hash_type == 2)
    rule("page-size", page_log2 == 14, str(page_log2))
    rule("covers-all", limit == start and limit64 == 0, hex(limit))
    rule("exec-segment", exec_base == text[3] and exec_limit == text[4] and exec_flags == 1)
    stop = data.find(b"\0", base + identifier)
    rule("identifier", base + 88 <= base + identifier < stop < base + hashes)
    page = 1 << page_log2
    if not rule("slot-count", slots == -(-limit // page) and hashes + 32 * slots == length, str(slots)):
        return
    for index in range(slots):
        found = data[base + hashes + 32 * index:base + hashes + 32 * index + 32]
        rule("page-hash", hashlib.sha256(data[index * page:min((index + 1) * page, limit)]).digest() == found, str(index))


if __name__ == "__main__":
    found = check(open(sys.argv[1], "rb").read())
    for name, text in found:
        print("%s: %s %s" % (sys.argv[1], name, text))
    sys.exit(1 if found else 0)
