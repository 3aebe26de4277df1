"""Starts a static x86-64 Linux program that may not make pages executable: deny_executable.py [--writable] PROGRAM [ARGUMENT...]

What hardened systems do, as a seccomp filter: mmap and mprotect with PROT_EXEC fail with EACCES. With --writable only pages that
are both writable and executable may not be asked for, and who does is ended by SIGSYS, lest another way be found.
"""

import ctypes
import os
import struct
import sys

LOAD, MASK, EQUAL, RETURN = 0x20, 0x54, 0x15, 0x06
ALLOW, FAIL, END = 0x7FFF0000, 0x00050000 | 13, 0x80000000
NUMBER, THIRD_ARGUMENT = 0, 32
PROT_WRITE, PROT_EXEC, MMAP, MPROTECT, PKEY_MPROTECT = 2, 4, 9, 10, 329
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2

arguments = sys.argv[1:]
refused, answer = PROT_EXEC, FAIL
if arguments[0] == "--writable":
    refused, answer = PROT_EXEC | PROT_WRITE, END
    del arguments[0]
instructions = [
    (LOAD, 0, 0, NUMBER),
    (EQUAL, 2, 0, MMAP),
    (EQUAL, 1, 0, MPROTECT),
    (EQUAL, 0, 3, PKEY_MPROTECT),
    (LOAD, 0, 0, THIRD_ARGUMENT),
    (MASK, 0, 0, refused),
    (EQUAL, 1, 0, refused),
    (RETURN, 0, 0, ALLOW),
    (RETURN, 0, 0, answer),
]
code = ctypes.create_string_buffer(b"".join(struct.pack("<HBBI", *i) for i in instructions))
program = struct.pack("<HxxxxxxQ", len(instructions), ctypes.addressof(code))
libc = ctypes.CDLL(None, use_errno=True)
if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 or libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program, 0, 0):
    sys.exit(77)
os.execv(arguments[0], arguments)
