#!/bin/sh
# Installs what the tests use beyond the toolchain: other shells, emulators for the other targets, zip tools. On Debian and
# Ubuntu, when this user may install packages; elsewhere it says what is missing, and the tests skip what needs it by name.
packages="zip unzip zsh bash dash busybox mksh fish yash ksh93u+m qemu-user wine64 wabt strace util-linux iproute2 redis-server python3"

missing=
need() { command -v "$1" > /dev/null 2>&1 || missing="$missing $2"; }
need zip zip; need unzip unzip; need zsh zsh; need bash bash; need dash dash; need busybox busybox; need mksh mksh
need fish fish; need yash yash; need ksh93 ksh93u+m; need wat2wasm wabt; need strace strace; need qemu-aarch64 qemu-user; need unshare util-linux
need ip iproute2; need redis-server redis-server; need python3 python3
command -v wine64 > /dev/null 2>&1 || [ -x /usr/lib/wine/wine64 ] || missing="$missing wine64"
# clang 19 for sanitizers and fuzzing; not every release has it, so its absence keeps nothing else away.
clang=
if [ "$(uname -sm)" = 'Linux x86_64' ]; then
  { command -v clang++-19 > /dev/null 2>&1 && [ -d /usr/lib/llvm-19/include/c++/v1 ] &&
    [ -f /usr/lib/llvm-19/lib/clang/19/lib/linux/libclang_rt.fuzzer-x86_64.a ]; } ||
    clang="clang-19 libclang-rt-19-dev libc++-19-dev libc++abi-19-dev"
fi
# So does LLVM's disassembler (test/compiler).
command -v llvm-mc-19 > /dev/null 2>&1 || command -v llvm-mc > /dev/null 2>&1 || clang="$clang llvm-19"
[ -n "$missing$clang" ] || exit 0

if command -v apt-get > /dev/null 2>&1; then
  sudo=
  [ "$(id -u)" = 0 ] || sudo='sudo -n'
  if $sudo true 2> /dev/null; then
    echo "installing for the tests:$missing $clang"
    $sudo apt-get update -qq < /dev/null || true
    install() { DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "$@" < /dev/null > /dev/null; }
    # shellcheck disable=SC2086 # lists of words
    [ -z "$clang" ] || install $clang || echo 'no clang 19 here: sanitizers and fuzzing are left out' >&2
    # shellcheck disable=SC2086
    [ -z "$missing" ] || install $missing && exit 0
  fi
fi
echo "missing for the tests:$missing (of: $packages); what needs them is skipped by name" >&2
