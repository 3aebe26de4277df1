"""Starts a static x86-64 Linux program that may not make pages executable: deny_executable.py PROGRAM [ARGUMENT...]

What hardened systems do, as a seccomp filter: mmap and mprotect with PROT_EXEC fail with EACCES.
"""

import ctypes
import os
import struct
import sys

LOAD, TEST_BITS, EQUAL, RETURN = 0x20, 0x45, 0x15, 0x06
ALLOW, REFUSE = 0x7FFF0000, 0x00050000 | 13
NUMBER, THIRD_ARGUMENT = 0, 32
PROT_EXEC, MMAP, MPROTECT = 4, 9, 10
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2

instructions = [
    (LOAD, 0, 0, NUMBER),
    (EQUAL, 1, 0, MMAP),
    (EQUAL, 0, 2, MPROTECT),
    (LOAD, 0, 0, THIRD_ARGUMENT),
    (TEST_BITS, 1, 0, PROT_EXEC),
    (RETURN, 0, 0, ALLOW),
    (RETURN, 0, 0, REFUSE),
]
code = ctypes.create_string_buffer(b"".join(struct.pack("<HBBI", *i) for i in instructions))
program = struct.pack("<HxxxxxxQ", len(instructions), ctypes.addressof(code))
libc = ctypes.CDLL(None, use_errno=True)
if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 or libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program, 0, 0):
    sys.exit(77)
os.execv(sys.argv[1], sys.argv[1:])
