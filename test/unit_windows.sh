#!/bin/sh
# The unit tests built for Windows, under Wine.
set -u
program=$(cd "$(dirname "$0")/.." && pwd)/build/windows-x86_64/bin/hermit_tests.exe
wine=$(command -v wine64 || echo /usr/lib/wine/wine64)
[ -x "$wine" ] || { echo 'wine64 is not installed'; exit 77; }
export WINEPREFIX="${HERMIT_TEST_WINEPREFIX:-/tmp/hermit-test-wine}" WINEDEBUG=-all DISPLAY=''
export LC_ALL=C.UTF-8  # Wine turns file names into bytes by the locale
export HERMIT_REQUIRE_NATIVE=1  # compiled code runs there: no test of it may skip
exec "$wine" "$program" --gtest_brief=1
