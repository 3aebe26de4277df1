#!/usr/bin/env python3
"""bad_input.py KIND COUNT FILE: writes a module that is valid at COUNT within docs/limits.md, or wrong in the way that KIND says."""
import sys


def leb(value):
    out = bytearray()
    while True:
        byte = value & 0x7F
        value >>= 7
        out.append(byte | (0x80 if value else 0))
        if not value:
            return bytes(out)


def section(number, content):
    return bytes([number]) + leb(len(content)) + content


def vector(items):
    return leb(len(items)) + b"".join(items)


def body(code, local_runs=b"\x00"):
    content = local_runs + code + b"\x0b"
    return leb(len(content)) + content


HEAD = b"\0asm\1\0\0\0"
TYPE = section(1, vector([b"\x60\0\0"]))
START = section(7, vector([b"\x06_start\x00\x00"]))
MEMORY = section(5, vector([b"\x00\x01"]))


def module(bodies, before=b"", after=b""):
    return HEAD + TYPE + section(3, vector([b"\0"] * len(bodies))) + before + START + section(10, vector(bodies)) + after


def functions(count):
    return module([body(b"")] * count)


def locals_(count):
    return module([body(b"", leb(1) + leb(count) + b"\x7f")])


def nesting(count):
    return module([body(b"\x02\x40" * count + b"\x0b" * count)])


def br_table(count, index=b"\x41\x07", before=b""):
    targets = b"".join(leb(i * 7919 % 100) for i in range(count))
    return module([body(b"\x02\x40" * 100 + index + b"\x0e" + leb(count) + targets + b"\0" + b"\x0b" * 100)], before)


def switch(count):
    """A br_table whose index only a run can know: what memory holds."""
    return br_table(count, b"\x41\0\x28\x02\0", MEMORY)


def loops(count):
    """Loops inside of one another that all add one to the same local, and that go on if it became zero."""
    add = b"\x20\0\x41\x01\x6a\x21\0"
    again = b"\x20\0\x45\x0d\0\x0b"
    return module([body((b"\x03\x40" + add) * count + again * count, leb(1) + leb(1) + b"\x7f")])


def headers(count):
    """Loops that begin at one place, each of which goes on if memory does not hold zero."""
    end = b"\x20\0\x41\x01\x6a\x21\0" + b"\x41\0\x28\x02\0\x0d\0\x0b"
    return module([body(b"\x03\x40" * count + end * count, leb(1) + leb(1) + b"\x7f")], MEMORY)


def data(count):
    """A segment at `count` below 4 GiB, in a memory of one page."""
    value = -count  # an i32 constant, as signed LEB128
    offset = bytearray()
    while True:
        byte = value & 0x7F
        value >>= 7
        if value == -1 and byte & 0x40:
            offset.append(byte)
            break
        offset.append(byte | 0x80)
    return module([body(b"")], MEMORY, section(11, vector([b"\0\x41" + bytes(offset) + b"\x0b" + b"\x04data"])))


def order(_):
    return HEAD + section(3, vector([])) + TYPE


def twice(_):
    return HEAD + TYPE + TYPE


def name(_):
    return HEAD + TYPE + section(2, vector([b"\x02\xc3\x28\x01f\x00\x00"]))


def count(_):
    """Four billion functions, of which none is there."""
    return HEAD + TYPE + section(3, b"\xff\xff\xff\xff\x0f")


kinds = {"functions": functions, "locals": locals_, "nesting": nesting, "br_table": br_table, "switch": switch, "loops": loops,
         "headers": headers, "data": data, "order": order, "twice": twice, "name": name, "count": count}
with open(sys.argv[3], "wb") as file:
    file.write(kinds[sys.argv[1]](int(sys.argv[2])))
