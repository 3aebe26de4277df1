#!/bin/sh
# Runs a program or a test with what the build with AddressSanitizer and UndefinedBehaviorSanitizer (preset sanitize) wants of its
# environment: test/sanitized.sh COMMAND...
#
# Leaks are not looked for: processes end without tidying up. glibc registers each thread for restartable sequences, which the
# call filter of a confined launcher (static, musl) has no need to allow.
set -eu
build=$(cd "$(dirname "$0")/.." && pwd)/build/sanitize
export ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 UBSAN_OPTIONS=print_stacktrace=1
export GLIBC_TUNABLES=glibc.pthread.rseq=0
# Scripts of test/cli: packed files find this launcher where they look for theirs (lib.sh). It stays outside of the second wall:
# the runtime of the sanitizers makes calls that no launcher makes.
export HERMIT_TEST_LAUNCHER="$build/bin/launcher" HERMIT_CONFINE=0
exec "$@"
