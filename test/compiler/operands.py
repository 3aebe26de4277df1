"""Are the operands of an instruction, in the words of our listing (asmjit's), those that LLVM finds in its bytes?

What the listing does not say cannot be compared: on AArch64 whether a register is shifted left, right or extended (only by how much).
"""
import functools
import re
import struct

INTEGER = re.compile(r"[+-]?(0x[0-9a-fA-F]+|\d+)$")
OUTSIDE = r",\s*(?![^\[]*\])"  # a comma that is in no brackets
# Targets are @ and the distance from the instruction; @ alone, in our listing, is one among the constants behind the function.


def split(text, comma=OUTSIDE):
    return [part.strip() for part in re.split(comma, text)] if text.strip() else []


def as_integer(text):
    return int(text, 0) if INTEGER.fullmatch(text) else text


# ---- x86-64 ----

PREDICATES = {"eq": 0, "lt": 1, "le": 2, "unord": 3, "neq": 4, "nlt": 5, "nle": 6, "ord": 7}
WIDTHS = [  # of an operand, in bits: what an immediate beside it is cut to
    (re.compile(r"(r[a-z]{2}|r\d+|qword ptr .*)$"), 64), (re.compile(r"(e[a-z]{2}|r\d+d|dword ptr .*)$"), 32),
    (re.compile(r"([abcd]x|[sd]i|[sb]p|r\d+w|word ptr .*)$"), 16),
    (re.compile(r"([abcd]l|[sd]il|[sb]pl|r\d+b|byte ptr .*|xmm\d+|xmmword ptr .*)$"), 8),
]  # fmt: skip


@functools.cache
def x86_operand(text):
    memory = re.fullmatch(r"(?:\w+ ptr )?\[(.*)\]", text)
    if not memory:
        return as_integer(text)
    terms, distance = [], 0
    for sign, term in re.findall(r"([+-]?)\s*([^\s+-]+)", memory[1]):
        if INTEGER.fullmatch(term):
            distance += -int(term, 0) if sign == "-" else int(term, 0)
        else:
            factors = sorted(term.split("*"), key=str.isdigit)  # 8*rax, rax*8
            terms.append("*".join(factors[:1] if factors[1:] == ["1"] else factors))
    return "memory", tuple(sorted(terms)), distance % 2**32


@functools.cache
def same_x86(ours, theirs, their_name):
    mine, others = split(ours), split(theirs)
    widths = [bits for text in mine for pattern, bits in WIDTHS if pattern.fullmatch(text)]
    width = widths[0] if widths else 64
    predicate = re.fullmatch(r"cmp(\w+?)(ss|sd|ps|pd)", their_name)
    if predicate and predicate[1] in PREDICATES:
        others.append(str(PREDICATES[predicate[1]]))
    if their_name in ("shl", "shr", "sar", "rol", "ror") and len(others) == 1:
        others.append("1")
    if their_name == "xchg":
        mine, others = sorted(mine), sorted(others)
    if len(mine) != len(others):
        return False
    for text, other in zip(mine, others):
        one, two = x86_operand(text), x86_operand(other)
        if isinstance(one, int) and isinstance(two, int):
            one, two = one % 2**width, two % 2**width
        unknown = one == "@" or isinstance(one, tuple) and "@" in one[1]
        if one != two and not unknown:
            return False
    return True


# ---- AArch64 ----

# As asmjit counts them.
CONDITIONS = ["al", "nv", "eq", "ne", "hs", "lo", "mi", "pl", "vs", "vc", "hi", "ls", "ge", "lt", "gt", "le"]
CONDITIONAL = {"csel", "csinc", "csinv", "csneg", "fcsel", "cset", "csetm", "cinc", "cinv", "cneg", "ccmp", "ccmn", "fccmp"}
AMOUNT = re.compile(r"(?:lsl|lsr|asr|ror|[us]xt[bhwx])(?: #?(\d+))?$")


@functools.cache
def arm_operand(text):
    memory = re.fullmatch(r"\[(.*)\](!?)", text)
    if memory and memory[1].startswith("@"):
        return memory[1]
    if memory:
        parts = [p for part in split(memory[1], ",") for p in re.sub(r" (?=[us]xt|lsl)", ",", part).split(",")]
        parts = [arm_operand(part.strip()) for part in parts]
        return "memory", tuple(parts[:-1] if len(parts) == 3 and parts[-1] == 0 else parts), memory[2]
    amount = AMOUNT.fullmatch(text)
    return int(amount[1] or 0) if amount else as_integer(text.replace("#", ""))


@functools.cache
def same_arm(ours, theirs, their_name):
    mine, others = split(ours), split(re.sub("[{}] ?", "", theirs))
    ours_shown, theirs_shown = [arm_operand(text) for text in mine], [arm_operand(text) for text in others]
    if their_name in CONDITIONAL and ours_shown and isinstance(ours_shown[-1], int):
        ours_shown[-1] = CONDITIONS[ours_shown[-1]]
    if their_name == "ret" and not theirs_shown:
        theirs_shown = ["x30"]
    if their_name == "movn":
        theirs_shown = theirs_shown[:1] + [~(theirs_shown[1] << (theirs_shown + [0])[2])]
    if their_name in ("sshll", "sshll2", "ushll", "ushll2") and len(theirs_shown) == len(ours_shown) + 1 and theirs_shown[-1] == 0:
        theirs_shown.pop()
    if their_name == "orr" and len(theirs_shown) == len(ours_shown) + 1 and theirs_shown[1] in ("wzr", "xzr"):
        theirs_shown.pop(1)
    if len(theirs_shown) == len(ours_shown) + 1 and others[-1] == "lsl #12" and isinstance(theirs_shown[-2], int):
        theirs_shown[-2:] = [theirs_shown[-2] << 12]
    if len(ours_shown) != len(theirs_shown):
        return False
    width = 32 if mine and mine[0].startswith("w") else 64
    if len(mine) == 2 and mine[0].startswith("x") and others[0] == "w" + mine[0][1:] and isinstance(theirs_shown[1], int):
        return ours_shown[1] == theirs_shown[1] % 2**32  # the upper half becomes zero
    for at, (one, two) in enumerate(zip(ours_shown, theirs_shown)):
        any_width = their_name in ("tbz", "tbnz") or at + 1 < len(others) and re.match(r"[us]xt", others[at + 1])
        if isinstance(two, str) and re.fullmatch(r"-?\d+\.\d+", two) and isinstance(one, int):
            one, two = struct.pack("<Q", one % 2**64), struct.pack("<d", float(two))  # asmjit shows the bits of a double
        elif isinstance(one, int) and isinstance(two, int):
            one, two = one % 2**width, two % 2**width
        elif any_width and isinstance(one, str) and isinstance(two, str):
            one, two = one.lstrip("wx"), two.lstrip("wx")  # a part of the lower half is read
        if one != two and one != "@":
            return False
    return True


SAME = {"x86_64": same_x86, "aarch64": same_arm}
