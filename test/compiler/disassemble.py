"""Is all machine code what an independent disassembler (LLVM's) takes it for?

  disassemble.py HERMIT MODULE.wasm ...

Each module is compiled for both instruction sets. `--emit code` gives the bytes, `--emit asm` says where our encoder believes instructions to
begin, and what they are. LLVM decodes the bytes by itself, function by function, and must find the same lengths, mnemonics, operands
(operands.py) and targets of branches, nothing that it does not know, and nothing beyond x86-64-v2 and ARMv8.0. Calls, whose distance is
filled in later, are compared with zeros there. Exit code 1 for a difference, and if nothing was compared.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

from operands import SAME

ISAS = ("x86_64", "aarch64")
# Bytes of jump instructions as they lie in the text: the byte behind ud2 is ours (docs/compiler.md, "Traps").
LINE = re.compile(r"^(?:(?:short|long|lock|rep\w*|rex(?:\.\w+)?) )*([a-z][\w.]*)\b\s*(.*?)\s*; ([0-9A-F.]+)$")
LABEL = re.compile(r"\bL\d+\b")
DATA = re.compile(r"^\.(db|dw|dd|dq|byte|half|word|xword|hword) (.*)$")
SIZES = {"db": 1, "byte": 1, "dw": 2, "half": 2, "hword": 2, "dd": 4, "word": 4, "dq": 8, "xword": 8}

# The same instruction, by two names: ours → LLVM's.
X86_CONDITIONS = {"z": "e", "nz": "ne", "c": "b", "nc": "ae", "nb": "ae", "nae": "b", "na": "be", "nbe": "a", "nge": "l", "nl": "ge",
                  "ng": "le", "nle": "g", "pe": "p", "po": "np"}
X86_NAMES = {"movabs": "mov", "movdqa": "movdqa", "sal": "shl", "cmpsd": "cmp", "cmpss": "cmp", "cmppd": "cmp", "cmpps": "cmp"}
BEYOND_V2 = re.compile(r"^(v\w+|lzcnt|tzcnt|andn|bextr|bls\w+|bzhi|mulx|pdep|pext|rorx|sarx|shlx|shrx|movbe|xgetbv|aes\w+|pclmul\w*)$")


class Wrong(Exception):
    pass


# What fills the space in front of a loop, longest first.
NOPS = [bytes.fromhex(nop) for nop in ("660f1f840000000000", "0f1f840000000000", "0f1f8000000000", "660f1f440000", "0f1f440000", "0f1f4000",
                                       "0f1f00", "6690", "90")]  # fmt: skip


def nops(code):
    """Padding as single instructions."""
    while code:
        nop = next((nop for nop in NOPS if code.startswith(nop)), None)
        if not nop:
            raise Wrong(f"no padding: {code.hex()}")
        yield nop, "nop"
        code = code[len(nop):]


def is_safe_tzcnt(before, code):
    """Older processors take tzcnt for bsf, which leaves the register as it is for 0: right if it holds the width already."""
    value = re.fullmatch(rb"(\x41?)([\xb8-\xbf])([\x20\x40])\0\0\0", before, re.S)
    count = re.fullmatch(rb"\xf3([\x40-\x4f]?)\x0f\xbc(.)", code, re.S)
    if not value or not count:
        return False
    prefix = count[1][0] if count[1] else 0
    wanted = (count[2][0] >> 3 & 7) + (8 if prefix & 4 else 0)
    return value[2][0] - 0xB8 + (8 if value[1] else 0) == wanted and value[3][0] == (64 if prefix & 8 else 32)


def x86_name(name):
    for prefix in ("j", "set", "cmov"):
        if name.startswith(prefix) and name[len(prefix):] in X86_CONDITIONS:
            return prefix + X86_CONDITIONS[name[len(prefix):]]
    if re.fullmatch(r"cmp\w*(sd|ss|pd|ps)", name):
        return "cmp" + name[-2:]  # the predicate is an operand to one, part of the name to the other
    return X86_NAMES.get(name, name)


# What ARM's manual calls aliases of one another: LLVM prints the preferred one.
ARM_SETS = [
    {"mov", "orr", "movz", "movn", "fmov", "dup", "umov", "ins", "add", "smov"}, {"cmp", "subs"}, {"cmn", "adds"}, {"tst", "ands"},
    {"neg", "sub"}, {"negs", "subs"}, {"mvn", "orn", "not"}, {"mul", "madd"}, {"mneg", "msub"}, {"smull", "smaddl"}, {"umull", "umaddl"},
    {"lsl", "ubfm", "lslv", "ubfiz"}, {"lsr", "ubfm", "lsrv", "ubfx"}, {"asr", "sbfm", "asrv", "sbfx"}, {"ror", "extr", "rorv"},
    {"uxtb", "uxth", "ubfm", "ubfx"}, {"sxtb", "sxth", "sxtw", "sbfm", "sbfx"}, {"ubfx", "ubfm", "ubfiz"}, {"cset", "csinc", "cinc"},
    {"csetm", "csinv", "cinv"}, {"cneg", "csneg"}, {"sxtl", "sshll"}, {"sxtl2", "sshll2"}, {"uxtl", "ushll"}, {"uxtl2", "ushll2"},
    {"fcmeq", "cmeq"}, {"ldr", "ldur"}, {"str", "stur"}, {"ldrb", "ldurb"}, {"ldrh", "ldurh"}, {"strb", "sturb"}, {"strh", "sturh"},
]


def same(isa, ours, theirs):
    if isa == "x86_64":
        return x86_name(ours) == x86_name(theirs)
    ours, theirs = ours.replace("b.cc", "b.lo").replace("b.cs", "b.hs"), theirs.replace("b.cc", "b.lo").replace("b.cs", "b.hs")
    return ours == theirs or any(ours in s and theirs in s for s in ARM_SETS)


def functions_of(listing, code, isa):
    """Each function of a listing as [(bytes, mnemonic or None, operands or None)], with the bytes taken from `code`, which must agree.
    Labels among the operands are replaced by @ and the distance from the instruction, or by @ if they lie in the constants behind it."""
    at = 0
    for part in listing.split("; function ")[1:]:
        head, *lines = part.split("\n")
        index, size = int(head.split(",")[0]), int(head.split()[1])
        start, end, found, labels, places = at, at + size, [], {}, []
        for line in lines:
            line = line.strip()
            if at != end and line.endswith(":"):
                labels[line[:-1]] = at - start
            if at == end or not line or line.endswith(":") or line.startswith((".align", ".section")):
                continue
            padding = re.fullmatch(r"align (\d+)", line)
            if padding:
                length = -(at - start) % int(padding[1])
                found += [(nop, name, None) for nop, name in nops(code[at:at + length])]
                at += length
                continue
            data = DATA.match(line)
            if data:
                length = SIZES[data[1]] * (1 + data[2].count(","))
                trap = isa == "x86_64" and found and found[-1][0] == b"\x0f\x0b"
                if trap and data[1] == "db":
                    found.append((b"", "(trap)", None))
                elif isa == "x86_64" and data[1] == "db":  # its distance follows
                    found.append((code[at:at + length], {0xE8: "call", 0xE9: "jmp"}.get(code[at], "(data)"), None))
                elif isa == "x86_64":
                    found[-1] = (found[-1][0] + code[at:at + length], *found[-1][1:])
                elif "L" not in data[2]:
                    found.append((code[at:at + 4], None, None))
                at += length
                continue
            instruction = LINE.match(line)
            if not instruction:
                raise Wrong(f"function {index}: not understood: {line}")
            length = len(instruction[3]) // 2
            text = code[at:at + length].hex().upper()
            to_label = isa == "aarch64" and LABEL.search(line)  # listed before the distance is known
            listed = instruction[3]
            same_bytes = text == listed or to_label or all(shown in (byte, ".") for shown, byte in zip(listed, text))
            if len(text) != 2 * length or not same_bytes:
                raise Wrong(f"function {index}, offset {at - end + size}: the listing says {listed}, the code {text}: {line}")
            step = length if isa == "x86_64" else 4  # a constant may take several instructions
            operands = instruction[2] if step == length else None
            if operands is not None:
                places.append((len(found), at - start))
            found += [(code[i:i + step], *((instruction[1], operands) if i == at else (None, None))) for i in range(at, at + length, step)]
            at += length
        if at != end:
            raise Wrong(f"function {index}: {at - end + size} bytes are listed, {size} announced")
        for i, offset in places:
            text, name, operands = found[i]
            found[i] = text, name, LABEL.sub(lambda label: f"@{labels[label[0]] - offset}" if label[0] in labels else "@", operands)
        yield index, [f for f in found if f[0]]
    if at != len(code):
        raise Wrong(f"{len(code)} bytes of code, {at} are listed")


def disassemble(functions, isa, tools, work):
    """What LLVM finds in each function: [(length, mnemonic, operands)]; with targets as functions_of has them."""
    triple = f"--triple={isa}-linux-gnu"
    with open(f"{work}/code.s", "w") as out:
        for i, (_, _, instructions) in enumerate(functions):
            out.write(f"f{i}:\n" + "".join(
                f".byte {','.join(map(str, b))}\n" if isa == "x86_64" else f".inst {int.from_bytes(b, 'little')}\n" for b, *_ in instructions))
    subprocess.run([tools["mc"], triple, "-filetype=obj", f"{work}/code.s", "-o", f"{work}/code.o"], check=True)
    text = subprocess.run([tools["objdump"], "-d", "--x86-asm-syntax=intel", "--no-print-imm-hex", f"{work}/code.o"], check=True, capture_output=True, text=True).stdout
    found = {}
    for line in text.splitlines():
        if re.fullmatch(r"[0-9a-f]+ <f\d+>:", line):
            current = found.setdefault(int(line.split("<f")[1][:-2]), [])
            continue
        row = re.match(r"\s*([0-9a-f]+): ((?:[0-9a-f]{2} ?)+|[0-9a-f]{8})\s+(.*)$", line)
        if not row:
            continue
        address, text = int(row[1], 16), re.sub(r"\s*(# |//).*$", "", row[3])
        text = re.sub(r"0x([0-9a-f]+) <f\d+(?:\+0x[0-9a-f]+)?>$", lambda target: f"@{int(target[1], 16) - address}", text)
        words = text.split() or ["<nothing>"]
        while words[0] in ("lock", "rep", "repne") and len(words) > 1:
            words.pop(0)
        current.append((len(row[2].replace(" ", "")) // 2, words[0], " ".join(words[1:])))
    if isa == "aarch64":  # objdump knows every extension; this one only ARMv8.0
        words = "".join(" ".join(f"0x{x:02x}" for x in b) + "\n" for _, _, instructions in functions for b, *_ in instructions if b[2:] != b"\0\0")
        done = subprocess.run([tools["mc"], "--disassemble", triple, "--mattr=+neon,+fp-armv8"], input=words, capture_output=True, text=True)
        if "invalid" in done.stderr:
            raise Wrong("beyond ARMv8.0: " + done.stderr.split("\n", 2)[1].strip())
    return [found.get(i, []) for i in range(len(functions))]


def compare(functions, isa, tools, work):
    theirs = disassemble(functions, isa, tools, work)
    count = 0
    for (path, index, ours), other in zip(functions, theirs):
        where = f"{path}, {isa}, function {index}"
        for i, (code, name, operands) in enumerate(ours):
            if i == len(other):
                raise Wrong(f"{where}: LLVM finds {len(other)} instructions, we wrote {len(ours)}")
            length, mnemonic, their_operands = other[i]
            beyond = isa == "x86_64" and BEYOND_V2.match(mnemonic)
            what = ""
            if mnemonic.startswith("<") or length != len(code):
                what = f" ({length} bytes)"
            elif name is not None and not same(isa, name, mnemonic):
                what = " (another instruction)"
            elif operands is not None and not SAME[isa](operands, their_operands, mnemonic):
                what = " (other operands)"
            elif beyond and not (mnemonic == "tzcnt" and is_safe_tzcnt(ours[i - 1][0], code)):
                what = ": beyond x86-64-v2"
            if what:
                raise Wrong(f"{where}, instruction {i}, {code.hex()}: {name} {operands}, LLVM: {mnemonic} {their_operands}{what}")
            count += 1
        if len(other) != len(ours):
            raise Wrong(f"{where}: LLVM finds {len(other)} instructions, we wrote {len(ours)}")
    return count


def find_tools():
    tools = {}
    for key, names in {"mc": ["llvm-mc-19", "llvm-mc"], "objdump": ["llvm-objdump-19", "llvm-objdump"]}.items():
        tools[key] = next((path for path in map(shutil.which, names) if path), None)
        if not tools[key]:
            print(f"no {names[1]} is installed (Debian: llvm-19)")
            sys.exit(77)
    return tools


def main():
    tools, tool, modules = find_tools(), sys.argv[1], sys.argv[2:]
    mutated = os.environ.get("HERMIT_TEST_MUTATE")  # "ISA:HEX:HEX": a self-test, which must fail
    work = tempfile.mkdtemp(prefix="hermit-disassemble.")
    try:
        for isa in ISAS:
            functions, compiled, count = [], 0, 0
            for path in modules:
                emit = lambda what: subprocess.run([tool, "compile", "--isa", isa, "--emit", what, path], capture_output=True)
                code = emit("code")
                if code.returncode != 0:
                    continue  # no valid module, or one that is not compiled
                listing = emit("asm").stdout.decode()
                bytes_of_code = code.stdout
                if mutated and mutated.startswith(isa):
                    _, old, new = mutated.split(":")
                    bytes_of_code = bytes_of_code.replace(bytes.fromhex(old), bytes.fromhex(new))
                    listing = listing.replace("; " + old.upper(), "; " + new.upper())
                compiled += 1
                functions += [(path, index, instructions) for index, instructions in functions_of(listing, bytes_of_code, isa)]
                if sum(len(f[2]) for f in functions) > 200000:
                    count += compare(functions, isa, tools, work)
                    functions = []
            count += compare(functions, isa, tools, work)
            print(f"{isa}: {compiled} modules, {count} instructions")
            if compiled == 0 or count == 0:
                raise Wrong("nothing was compared")
    except Wrong as wrong:
        print("FAILED:", wrong)
        sys.exit(1)
    finally:
        shutil.rmtree(work)


main()
