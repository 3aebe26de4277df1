#!/usr/bin/env python3
"""Checks a Windows executable against the rules of docs/formats/executable.md. Shares no code with the writer.

    check_pe.py [--any-time] [--version-info] FILE   prints each violation, exits 1 if there is one
"""
import struct
import sys


def check(data, deterministic=True):
    """All violations in the PE file `data`, as (rule, text)."""
    errors = []

    def rule(name, ok, text=""):
        if not ok:
            errors.append((name, text))
        return ok

    if not rule("dos-magic", data[:2] == b"MZ" and len(data) >= 64):
        return errors
    lfanew = struct.unpack_from("<I", data, 0x3C)[0]
    rule("lfanew-aligned", lfanew % 8 == 0, hex(lfanew))
    if not rule("lfanew-inside", 64 <= lfanew and lfanew + 24 + 240 <= len(data), hex(lfanew)):
        return errors
    if not rule("pe-signature", data[lfanew:lfanew + 4] == b"PE\0\0"):
        return errors
    machine, count, stamp, symbols, symbol_count, optional_size, flags = struct.unpack_from("<HHIIIHH", data, lfanew + 4)
    rule("machine", machine in (0x8664, 0xAA64), hex(machine))
    rule("executable-image", flags & 0x2 and not flags & 0x2000)
    rule("stripped", symbols == 0 and symbol_count == 0)
    if deterministic:
        rule("no-time-stamp", stamp == 0, hex(stamp))
    optional = lfanew + 24
    if not rule("pe32-plus", struct.unpack_from("<H", data, optional)[0] == 0x20B):
        return errors
    if not rule("optional-size", optional_size == 240, str(optional_size)):
        return errors
    entry, = struct.unpack_from("<I", data, optional + 16)
    image_base, section_alignment, file_alignment = struct.unpack_from("<QII", data, optional + 24)
    image_size, headers_size, checksum, subsystem, dll_flags = struct.unpack_from("<IIIHH", data, optional + 56)
    rule("file-alignment", 512 <= file_alignment <= 65536 and file_alignment & (file_alignment - 1) == 0, str(file_alignment))
    rule("section-alignment", section_alignment >= max(4096, file_alignment) and section_alignment & (section_alignment - 1) == 0)
    rule("image-base", image_base % 65536 == 0)
    rule("nx-aslr", dll_flags & 0x140 == 0x140, hex(dll_flags))
    rule("subsystem", subsystem == 3, str(subsystem))
    rule("checksum", checksum == 0 or checksum == pe_checksum(data, optional + 64))
    if errors and any(name.endswith("alignment") for name, _ in errors):
        return errors
    table = optional + optional_size
    rule("section-count", 1 <= count <= 96, str(count))
    rule("headers-aligned", headers_size % file_alignment == 0, hex(headers_size))
    rule("headers-cover-table", table + 40 * count <= headers_size <= len(data), hex(headers_size))
    if table + 40 * count > len(data):
        return errors

    up = lambda value, alignment: -(-value // alignment) * alignment
    address, offset = up(headers_size, section_alignment), headers_size
    sections = []
    for index in range(count):
        at = table + 40 * index
        name = data[at:at + 8].rstrip(b"\0").decode("latin-1")
        v_size, v_addr, raw_size, raw, relocs, lines, n_relocs, n_lines, kind = struct.unpack_from("<IIIIIIHHI", data, at + 8)
        sections.append((v_addr, v_size, raw, raw_size))
        if index == 0:
            rule("headers-below-first-section", headers_size <= v_addr, name)
        rule("sections-contiguous", v_addr == address, "%s at %#x, expected %#x" % (name, v_addr, address))
        rule("section-not-empty", v_size > 0, name)
        rule("raw-size-aligned", raw_size % file_alignment == 0, name)
        rule("raw-pointer-aligned", raw % file_alignment == 0, name)
        if raw_size:
            rule("raw-ascending", raw >= offset, name)
            rule("raw-inside", raw + raw_size <= len(data), name)
            offset = raw + raw_size
        rule("not-writable-and-executable", not (kind & 0x20000000 and kind & 0x80000000), name)
        rule("no-coff-relocations", relocs == 0 and lines == 0 and n_relocs == 0 and n_lines == 0, name)
        address = v_addr + up(v_size, section_alignment)
    rule("image-size", image_size == address, hex(image_size))
    rule("entry-in-section", any(a <= entry < a + s for a, s, _, _ in sections), hex(entry))

    directories = [struct.unpack_from("<II", data, optional + 112 + 8 * i) for i in range(16)]
    for index, (where, size) in enumerate(directories):
        if index == 4:
            rule("no-certificate", size == 0)
        elif size:
            rule("directory-inside", any(a <= where and where + size <= a + max(s, r) for a, s, _, r in sections), str(index))
    where, size = directories[6]
    for index in range(size // 28):
        for v_addr, _, raw, raw_size in sections:
            if v_addr <= where < v_addr + raw_size:
                _, stamp, _, _, _, length, rva, pointer = struct.unpack_from("<IIHHIIII", data, raw + where - v_addr + 28 * index)
                if deterministic:
                    rule("no-debug-time-stamp", stamp == 0)
                home = [s for s in sections if s[0] <= rva < s[0] + s[3]]
                rule("debug-pointer", pointer == (home[0][2] + rva - home[0][0] if home else 0), hex(pointer))
    return errors


def version_info(data):
    """The strings of the version resource of a PE file that check() passes, or None: the type 16 of the resource
    directory, its first name and language, then VS_VERSIONINFO's StringFileInfo."""
    lfanew = struct.unpack_from("<I", data, 0x3C)[0]
    count, = struct.unpack_from("<H", data, lfanew + 6)
    root_rva, root_size = struct.unpack_from("<II", data, lfanew + 24 + 112 + 8 * 2)
    sections = [struct.unpack_from("<IIII", data, lfanew + 24 + 240 + 40 * i + 8) for i in range(count)]

    def offset(rva, size):
        for v_size, v_addr, raw_size, raw in sections:
            if v_addr <= rva and rva + size <= v_addr + min(v_size, raw_size):
                return raw + rva - v_addr
        return None

    root = offset(root_rva, root_size) if root_size else None
    if root is None:
        return None
    at, wanted = root, 16
    for level in range(3):
        named, ids = struct.unpack_from("<HH", data, at + 12)
        entries = [struct.unpack_from("<II", data, at + 16 + 8 * (named + i)) for i in range(ids)]
        child = [where for name, where in entries if wanted in (None, name)]
        if not child or (level < 2) != bool(child[0] >> 31):
            return None
        at, wanted = root + (child[0] & 0x7FFFFFFF), None
    rva, size = struct.unpack_from("<II", data, at)
    begin = offset(rva, size)
    if begin is None:
        return None

    strings = {}

    def block(at, end, path):
        length, value_length, is_text = struct.unpack_from("<HHH", data, at)
        if length < 6 or at + length > end:
            raise ValueError("block of %d bytes at %d" % (length, at))
        stop = at + length
        key_end = at + 6
        while data[key_end:key_end + 2] != b"\0\0":
            key_end += 2
        key = data[at + 6:key_end].decode("utf-16-le")
        up = lambda p: begin + (p - begin + 3) // 4 * 4
        value = up(key_end + 2)
        value_end = value + value_length * (2 if is_text else 1)
        if len(path) == 3:
            strings[key] = data[value:value_end].decode("utf-16-le").rstrip("\0")
            return stop
        if not path and (key != "VS_VERSION_INFO" or struct.unpack_from("<I", data, value)[0] != 0xFEEF04BD):
            raise ValueError("no VS_FIXEDFILEINFO")
        child = up(value_end)
        while key != "Translation" and child < stop:
            child = up(block(child, stop, path + [key]))
        return stop

    try:
        if block(begin, begin + size, []) != begin + size:
            return None
    except (ValueError, struct.error, UnicodeDecodeError):
        return None
    return strings


def pe_checksum(data, at):
    """The checksum of imagehlp: 16-bit words with the carry added back, the field itself as zero, plus the length."""
    data = data[:at] + b"\0\0\0\0" + data[at + 4:]
    total = sum(struct.unpack("<%dH" % ((len(data) + 1) // 2), data + b"\0" * (len(data) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total + len(data)


if __name__ == "__main__":
    contents = open(sys.argv[-1], "rb").read()
    found = check(contents, deterministic="--any-time" not in sys.argv)
    if not found and "--version-info" in sys.argv and not (version_info(contents) or {}).get("FileVersion"):
        found.append(("version-info", "no version resource with a FileVersion"))
    for name, text in found:
        print("%s: %s %s" % (sys.argv[-1], name, text))
    sys.exit(1 if found else 0)
