#!/usr/bin/env python3
"""Random valid modules: generate.py FIRST LAST FOLDER writes FOLDER/m.SEED.wasm for FIRST <= SEED < LAST.

The same seed gives the same module. Every instruction of src/wasm/opcodes.def with a plain signature can occur (relaxed SIMD
aside: it may differ between engines), and besides these locals, globals, blocks, loops, branches, br_table, direct, indirect,
reference and tail calls, exceptions, two memories and bulk operations, and two idioms that the compiler looks for. What engines may do differently is taken out: a NaN
that a float instruction gives becomes the canonical one, and a counter of fuel ends loops and recursion.

A module exports main (i32 i64 f64 -> i64), sum (-> i64: over memories and globals) and fuel (fills the counter).
"""
import pathlib
import random
import re
import struct
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CODES = {"i": 0x7F, "I": 0x7E, "f": 0x7D, "F": 0x7C, "V": 0x7B}
TYPES = list(CODES)
FUEL = 300
FUEL_GLOBAL = 5  # globals 0 to 4 are one of each type, in the order of TYPES
ROW = re.compile(r'HERMIT_OPCODE\((\w+), 0x(\w\w), 0x(\w+),\s+"([^"]+)", (\w+), "([^"]+)", (\w+)\)')
LANES = {"Lane2": 2, "Lane4": 4, "Lane8": 8, "Lane16": 16,
         "Memarg8Lane": 16, "Memarg16Lane": 8, "Memarg32Lane": 4, "Memarg64Lane": 2}  # fmt: skip
FLOATS = [0.0, -0.0, 1.0, -1.5, 2.5, 0.5, 3.999, 1e-40, 1e9, -1e9, 4294967296.0, -2147483649.0, 1e20, float("inf"), float("-inf")]


def unsigned(n):
    out = bytearray()
    while n >= 0x80:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    return bytes(out) + bytes([n])


def signed(n):
    out = bytearray()
    while True:
        byte, n = n & 0x7F, n >> 7
        if n == (-1 if byte & 0x40 else 0):
            return bytes(out) + bytes([byte])
        out.append(byte | 0x80)


def opcode(prefix, code):
    return bytes([code]) if prefix == 0 else bytes([prefix]) + unsigned(code)


def read_instructions():
    """Rows with a plain signature: by result type, and those without result."""
    by_result, without = {t: [] for t in TYPES}, []
    for _, prefix, code, text, immediate, signature, feature in ROW.findall((ROOT / "src/wasm/opcodes.def").read_text()):
        is_constant = immediate in ("I32", "I64", "F32", "F64", "V128")
        if signature in ("*", ":") or is_constant or immediate in ("Data", "Element") or feature == "RelaxedSimd":
            continue
        operands, result = signature.split(":")
        row = (opcode(int(prefix, 16), int(code, 16)), immediate, operands, text)
        (by_result[result] if result else without).append(row)
    return by_result, without


BY_RESULT, WITHOUT_RESULT = read_instructions()
END, ELSE, DROP, UNREACHABLE = b"\x0b", b"\x05", b"\x1a", b"\x00"


def op(code, *indices):
    return bytes([code]) + b"".join(map(unsigned, indices))


def i32(value):
    return b"\x41" + signed(value)


def block(code, result):
    return bytes([code, CODES[result] if result else 0x40])


# if (fuel == 0) unreachable; --fuel
BURN = op(0x23, FUEL_GLOBAL) + b"\x45\x04\x40\x00\x0b" + op(0x23, FUEL_GLOBAL) + i32(1) + b"\x6b" + op(0x24, FUEL_GLOBAL)


class Generator:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.types = []
        count = self.random.randint(3, 6)
        self.signatures = [("".join(self.some(TYPES, 0, 5)), self.random.choice(TYPES)) for _ in range(count)]
        self.first = 4  # functions 0 to 3 make NaN canonical

    def some(self, choices, least, most):
        return [self.random.choice(choices) for _ in range(self.random.randint(least, most))]

    def type_index(self, params, result):
        if (params, result) not in self.types:
            self.types.append((params, result))
        return self.types.index((params, result))

    # --- leaves ---

    def constant(self, type_):
        rand = self.random
        if type_ in "iI":
            half = 2 ** (31 if type_ == "i" else 63)
            values = [0, 1, -1, 31, 32, 63, 64, 127, 128, 255, 256, -128, -32768, 65535, half - 1, -half,
                      rand.randrange(-half, half), rand.randint(-100, 100)]  # fmt: skip
            return (b"\x41" if type_ == "i" else b"\x42") + signed(rand.choice(values))
        if type_ == "f":
            return b"\x43" + struct.pack("<f", rand.choice(FLOATS))
        if type_ == "F":
            return b"\x44" + struct.pack("<d", rand.choice(FLOATS + [1e300, 9.2e18]))
        kind = rand.random()
        if kind < 0.3:
            lanes = struct.pack("<4f", *(rand.choice(FLOATS) for _ in range(4)))
        elif kind < 0.5:
            lanes = struct.pack("<2d", *(rand.choice(FLOATS) for _ in range(2)))
        else:
            lanes = bytes(rand.choice([0, 1, 127, 128, 255, rand.getrandbits(8)]) for _ in range(16))
        return b"\xfd\x0c" + lanes

    def local(self, type_):
        return self.random.choice([i for i, t in enumerate(self.locals) if t == type_])

    def canonical(self, type_, text):
        """Makes NaN canonical behind an instruction that may give another one."""
        if type_ in "fF":
            return op(0x10, "fF".index(type_))
        if type_ == "V" and text.startswith(("f32x4", "f64x2")):
            return op(0x10, 2 if text.startswith("f32x4") else 3)
        return b""

    def immediates(self, kind):
        rand, out = self.random, b""
        access = re.match(r"Memarg(\d+)", kind)
        if access:
            alignment = rand.randint(0, {8: 0, 16: 1, 32: 2, 64: 3, 128: 4}[int(access.group(1))])
            out += unsigned(alignment | 0x40) + unsigned(1) if rand.random() < 0.25 else unsigned(alignment)
            near_end = rand.random() >= 0.97
            out += unsigned(2**32 - rand.randint(1, 20) if near_end else rand.choice([0, 0, 1, 4, 7, 100, 65520, 65535]))
        if kind in LANES:
            out += bytes([rand.randrange(LANES[kind])])
        if kind == "Shuffle":
            out += bytes(rand.randrange(32) for _ in range(16))
        return out

    # --- expressions ---

    def address(self, depth):
        value = self.expression("i", depth - 1)
        if self.random.random() < 0.9:
            value += i32(self.random.choice([255, 1023, 65535])) + b"\x71"
        return value

    def instruction(self, row, type_, depth):
        code, immediate, operands, text = row
        out = b""
        for i, operand in enumerate(operands):
            is_address = i == 0 and immediate.startswith("Memarg")
            out += self.address(depth) if is_address else self.expression(operand, depth - 1)
        return out + code + self.immediates(immediate) + (self.canonical(type_, text) if type_ else b"")

    def call(self, type_, depth):
        fitting = [i for i, (_, result) in enumerate(self.signatures) if result == type_]
        if not fitting:
            return self.constant(type_)
        callee = self.random.choice(fitting)
        arguments = b"".join(self.expression(t, depth - 2) for t in self.signatures[callee][0])
        kind = self.random.randrange(5)
        if kind < 2:
            return arguments + op(0x10, self.first + callee)
        signature = self.type_index(*self.signatures[callee])
        if kind < 4:
            index = self.expression("i", 1) + i32(self.random.choice([1, 3])) + b"\x71"
            return arguments + index + op(0x11, signature, 0)
        return arguments + op(0xD2, self.first + callee) + op(0x14, signature)

    def try_(self, type_, depth):
        """block (result T): block (result i32): try_table (catch 0 0): ... br 2 end unreachable end; drop; T end"""
        self.labels += [type_, "i", ""]
        body = self.statements(depth - 2) + self.expression(type_, depth - 1) + op(0x0C, 2)
        del self.labels[-2:]
        other = self.expression(type_, depth - 2)
        self.labels.pop()
        caught = block(2, "i") + b"\x1f\x40\x01\x00\x00\x00" + body + END + UNREACHABLE + END
        return block(2, type_) + caught + op(0x21, self.local("i")) + other + END

    def expression(self, type_, depth):
        rand = self.random
        self.budget -= 1
        if depth <= 0 or self.budget < 0:
            return op(0x20, self.local(type_)) if rand.random() < 0.6 else self.constant(type_)
        kind = rand.random()
        if kind < 0.6:
            return self.instruction(rand.choice(BY_RESULT[type_]), type_, depth)
        if kind < 0.66:
            return self.expression(type_, depth - 1) + op(0x22, self.local(type_))
        if kind < 0.71:
            return op(0x23, TYPES.index(type_))
        if kind < 0.76:
            choices = self.expression(type_, depth - 1) + self.expression(type_, depth - 1)
            return choices + self.expression("i", depth - 1) + bytes([0x1C, 1, CODES[type_]])
        if kind < 0.81:
            self.labels.append(type_)
            body = self.statements(depth - 1) + self.expression(type_, depth - 1)
            self.labels.pop()
            return block(2, type_) + body + END
        if kind < 0.87:
            condition = self.expression("i", depth - 1)
            self.labels.append(type_)
            then = self.statements(depth - 2) + self.expression(type_, depth - 1)
            otherwise = self.expression(type_, depth - 1)
            self.labels.pop()
            return condition + block(4, type_) + then + ELSE + otherwise + END
        if kind < 0.93:
            return self.call(type_, depth)
        return self.try_(type_, depth)

    # --- statements ---

    def same_labels(self, depth):
        """The labels that carry what the label of this depth carries, as depths."""
        backwards = self.labels[::-1]
        return [i for i, t in enumerate(backwards) if t == backwards[depth]]

    def br_table(self, depth):
        condition = self.expression("i", depth - 1)
        self.labels.append("")  # of an `if`, so that it is not always taken
        first = self.random.randrange(len(self.labels))
        carried = self.labels[-1 - first]
        value = self.expression(carried, depth - 1) if carried else b""
        index = self.expression("i", depth - 1)
        targets = self.some(self.same_labels(first), 0, self.random.choice((5, 12)))  # few become tests, many a table
        table = op(0x0E, len(targets), *targets, self.random.choice(self.same_labels(first)))
        self.labels.pop()
        return condition + block(4, "") + value + index + table + END

    def bulk(self):
        def bounded():
            return self.expression("i", 1) + i32(1023) + b"\x71"

        operands = bounded() + bounded() + bounded()
        memories = self.some([0, 1], 2, 2)
        return operands + (b"\xfc\x0a" + bytes(memories) if self.random.random() < 0.5 else b"\xfc\x0b" + bytes(memories[:1]))

    def wide_sum(self, depth):
        """Two words of a sum, as compilers write it: s = a + b; what else is to be done; h = x + y + (s < a)."""
        rand = self.random
        low, high = rand.choice("iI"), rand.choice("iI")
        total, part = self.local(low), self.local(low)
        add, less, more, bits = {"i": (b"\x6a", b"\x49", b"\x4b", b"\x76"), "I": (b"\x7c", b"\x54", b"\x56", b"\x88")}[low]
        out = self.expression(low, depth - 2) + op(0x22, part) + self.expression(low, depth - 2) + add + op(0x21, total)
        if rand.random() < 0.5:
            out += op(0x20, total) + self.constant(low) + bits + op(0x21, self.local(low))
        if rand.random() < 0.5:
            out += self.statements(depth - 2)
        carry = op(0x20, part) + op(0x20, total) + more if rand.random() < 0.5 else op(0x20, total) + op(0x20, part) + less
        carry += b"\xad" if high == "I" else b""
        add = b"\x6a" if high == "i" else b"\x7c"
        value = self.expression(high, depth - 2)
        if rand.random() < 0.5:
            value += self.expression(high, depth - 2) + add
        return out + (value + carry if rand.random() < 0.5 else carry + value) + add + op(0x21, self.local(high))

    def neighbours(self, depth):
        """Accesses at known distances from one address, up and down, now and then at the end of memory."""
        rand, base = self.random, self.local("i")
        out = self.address(depth) + (i32(65500) + b"\x72" if rand.random() < 0.1 else b"") + op(0x21, base)
        for _ in range(rand.randint(2, 5)):
            out += op(0x20, base)
            if rand.random() < 0.8:
                out += i32(rand.choice([-16, -8, -1, 1, 4, 8, 12, 16, 4000])) + b"\x6a"
            type_ = rand.choice("iI")
            where = b"\0" + unsigned(rand.choice([0, 0, 4, 8, 100]))
            if rand.random() < 0.5:
                out += bytes([rand.choice({"i": b"\x28\x2d", "I": b"\x29\x31"}[type_])]) + where + op(0x21, self.local(type_))
            else:
                code = rand.choice({"i": b"\x36\x3a", "I": b"\x37\x3c"}[type_])
                out += self.expression(type_, 1) + bytes([code]) + where
        return out

    def statement(self, depth):
        rand = self.random
        self.budget -= 1
        if depth <= 0 or self.budget < 0:
            return b"\x01"
        kind, type_ = rand.random(), rand.choice(TYPES)
        if kind < 0.3:
            return self.expression(type_, depth - 1) + op(0x21, self.local(type_))
        if kind < 0.5:
            return self.instruction(rand.choice(WITHOUT_RESULT), None, depth)
        if kind < 0.57:
            return self.expression(type_, depth - 1) + op(0x24, TYPES.index(type_))
        if kind < 0.67:
            self.labels.append("")
            body = self.statements(depth - 1) + self.expression("i", depth - 1)
            self.labels.pop()
            return block(3, "") + BURN + body + op(0x0D, 0) + END
        if kind < 0.75:
            condition = self.expression("i", depth - 1)
            self.labels.append("")
            parts = self.statements(depth - 1) + ELSE + self.statements(depth - 1)
            self.labels.pop()
            return condition + block(4, "") + parts + END
        if kind < 0.83:
            carried = self.labels[-1]
            value = self.expression(carried, depth - 1) if carried else b""
            target = rand.choice(self.same_labels(0))
            return value + self.expression("i", depth - 1) + op(0x0D, target) + (DROP if carried else b"")
        if kind < 0.88:
            return self.br_table(depth)
        if kind < 0.93:
            condition = self.expression("i", depth - 1)
            self.labels.append("")
            thrown = self.expression("i", depth - 1)
            self.labels.pop()
            return condition + block(4, "") + thrown + op(0x08, 0) + END
        if kind < 0.94:
            return self.bulk()
        if kind < 0.97:
            return self.wide_sum(depth)
        if kind < 0.99:
            return self.neighbours(depth)
        return self.expression(type_, depth - 1) + DROP

    def statements(self, depth):
        return b"".join(self.statement(depth) for _ in range(self.random.randint(0, 3)))

    # --- functions and the module ---

    def function(self, params, result, may_tail_call):
        declared = self.some(TYPES, 0, 6) + TYPES
        self.locals = list(params) + declared
        self.labels = [result]
        self.budget = self.random.choice([60, 200, 500])
        body = BURN + self.statements(5)
        fitting = [i for i, (_, r) in enumerate(self.signatures) if r == result]
        if may_tail_call and fitting and self.random.random() < 0.4:
            callee = self.random.choice(fitting)
            body += b"".join(self.expression(t, 2) for t in self.signatures[callee][0]) + op(0x12, self.first + callee)
        else:
            body += self.expression(result, 5)
        return unsigned(len(declared)) + b"".join(bytes([1, CODES[t]]) for t in declared) + body + END

    def functions(self):
        x = op(0x20, 0)
        v128_nan32 = b"\xfd\x0c" + struct.pack("<4I", *[0x7FC00000] * 4)
        v128_nan64 = b"\xfd\x0c" + struct.pack("<2Q", *[0x7FF8 << 48] * 2)
        yield ("f", "f"), b"\0" + x + b"\x43" + struct.pack("<I", 0x7FC00000) + x + x + b"\x5b\x1b" + END
        yield ("F", "F"), b"\0" + x + b"\x44" + struct.pack("<Q", 0x7FF8 << 48) + x + x + b"\x61\x1b" + END
        yield ("V", "V"), b"\0" + x + v128_nan32 + x + x + b"\xfd\x41\xfd\x52" + END
        yield ("V", "V"), b"\0" + x + v128_nan64 + x + x + b"\xfd\x47\xfd\x52" + END
        for params, result in self.signatures:
            yield (params, result), self.function(params, result, True)
        yield ("iIF", "I"), self.function("iIF", "I", False)
        # sum: rotates and mixes both memories by words, then the globals
        load = x + b"\x29\x03\x00" + b"\x85" + x + b"\x29\x43\x01\x00" + b"\x85"
        step = op(0x20, 1) + b"\x42\x05\x89" + load + op(0x21, 1)
        count = x + i32(8) + b"\x6a" + op(0x22, 0) + i32(65536) + b"\x49" + op(0x0D, 0)
        bits = [b"\xad", b"", b"\xbc\xad", b"\xbd", b"\xfd\x1d\x00", b"\xfd\x1d\x01"]
        mixed = b"".join(op(0x23, min(i, 4)) + to_i64 + b"\x85" for i, to_i64 in enumerate(bits))
        yield ("", "I"), b"\x02\x01\x7f\x01\x7e" + block(3, "") + step + count + END + op(0x20, 1) + mixed + END
        yield ("", ""), b"\0" + i32(FUEL) + op(0x24, FUEL_GLOBAL) + END

    def build(self):
        functions = list(self.functions())
        indices = [self.type_index(*signature) for signature, _ in functions]
        tag = self.type_index("i", "")

        def values(types):
            return unsigned(len(types)) + bytes(CODES[t] for t in types)

        def vector(items):
            items = list(items)
            return unsigned(len(items)) + b"".join(items)

        def section(number, content):
            return bytes([number]) + unsigned(len(content)) + content

        own = range(self.first, self.first + len(self.signatures))
        exports = zip((b"main", b"sum", b"fuel"), range(own.stop, own.stop + 3))
        data = bytes(self.random.getrandbits(8) for _ in range(400))
        globals_ = [bytes([CODES[t], 1]) + self.constant(t) + END for t in TYPES] + [b"\x7f\x01" + i32(FUEL) + END]
        active = b"\0" + i32(0) + END + vector(unsigned(self.random.choice(own)) for _ in range(7))
        return b"".join([
            b"\0asm\1\0\0\0",
            section(1, vector(b"\x60" + values(p) + values(r) for p, r in self.types)),
            section(3, vector(map(unsigned, indices))),
            section(4, b"\x01\x70\x00\x08"),
            section(5, b"\x02\x00\x01\x00\x01"),
            section(13, b"\x01\x00" + unsigned(tag)),
            section(6, vector(globals_)),
            section(7, vector(unsigned(len(name)) + name + b"\0" + unsigned(i) for name, i in exports)),
            section(9, vector([active, b"\x03\x00" + vector(map(unsigned, own))])),
            section(10, vector(unsigned(len(body)) + body for _, body in functions)),
            section(11, vector([b"\x00" + i32(0) + END + unsigned(400) + data,
                                b"\x02\x01" + i32(16) + END + unsigned(400) + data[::-1]])),
        ])  # fmt: skip


def main():
    first, last, folder = int(sys.argv[1]), int(sys.argv[2]), pathlib.Path(sys.argv[3])
    folder.mkdir(parents=True, exist_ok=True)
    for seed in range(first, last):
        (folder / f"m.{seed}.wasm").write_bytes(Generator(seed).build())


if __name__ == "__main__":
    main()
