#!/bin/sh
# The second wall on Linux: a launcher that has been taken over is stopped by the kernel.
. "$(dirname "$0")/lib.sh"
[ "$(uname -s)" = Linux ] || skip 'Landlock and seccomp are Linux'
escape=$NATIVE/bin/launcher_escape
[ -x "$escape" ] || skip 'launcher_escape is not built'

# hermit.com's own parts, with the other launcher.
mkdir pack
cp -R "$(dirname "$HERMIT")/pack/." pack/
cp "$escape" "pack/launchers/$(basename "$NATIVE")"
cp "$EXAMPLES/cowsay/cowsay.wasm" .
mkdir data
echo 'FROM cowsay.wasm
MAP data:/data' > Hermitfile
expect 0 "$NATIVE/bin/hermit" build --resources pack --target "$(basename "$NATIVE")" -o escape

# Without the wall everything works, so the attempts are real.
expect 0 env HERMIT_CONFINE=0 ./escape
for way in open create socket fork code mprotect memory ptrace; do contains "$out" "$way: ok" 'without confinement'; done
contains "$out" 'execve: ok' 'without confinement'
rm -f /tmp/hermit-escaped

expect 0 ./escape moo
[ -e /proc/sys/kernel/seccomp/actions_avail ] || skip 'this kernel has no seccomp'
# The version of Landlock that the kernel offers, from landlock_create_ruleset.
landlock=$(python3 -c 'import ctypes; print(ctypes.CDLL(None).syscall(444, None, ctypes.c_size_t(0), 1))')
[ "$landlock" -ge 2 ] || skip 'this kernel has no Landlock'
for way in open create memory code mprotect; do contains "$out" "$way: Permission denied" 'with confinement'; done
for way in socket fork ptrace execve; do contains "$out" "$way: Operation not permitted" 'with confinement'; done
contains "$out" '< moo >' 'the program runs all the same'
[ ! -e /tmp/hermit-escaped ] || fail 'a file was created outside of the grant'

# Without a directory nothing can be named by a path: seccomp refuses the calls themselves.
echo 'FROM cowsay.wasm' > Hermitfile
expect 0 "$NATIVE/bin/hermit" build --resources pack --target "$(basename "$NATIVE")" -o nothing
expect 0 ./nothing moo
for way in open create socket fork ptrace execve memory; do contains "$out" "$way: Operation not permitted" 'without MAP'; done
for way in code mprotect; do contains "$out" "$way: Permission denied" 'without MAP'; done
contains "$out" '< moo >' 'the program runs all the same'
[ ! -e /tmp/hermit-escaped ] || fail 'a file was created outside of the grant'

# Nor with every grant there is: code, programs and memory of processes stay closed.
echo 'FROM cowsay.wasm
MAP /' > Hermitfile
expect 0 "$NATIVE/bin/hermit" build --resources pack --target "$(basename "$NATIVE")" -o everything
expect 0 ./everything moo
for way in socket fork ptrace execve; do contains "$out" "$way: Operation not permitted" 'with MAP /'; done
for way in code mprotect; do contains "$out" "$way: Permission denied" 'with MAP /'; done
rm -f /tmp/hermit-escaped

# Where the kernel lets nobody confine himself (an emulator, an old kernel), programs run without a word.
expect 0 "$EXAMPLES/cowsay.com" moo
equal '' "$err" 'nothing is said'
