#!/bin/sh
# All tests of the executable formats.
#   run.sh OUT      OUT: a folder for what they build
set -eu
here=$(dirname "$0")
"$here/build.sh" "$1"
python3 "$here/selftest.py" "$1"
bash "$here/files_test.sh" "$1"
bash "$here/script_test.sh" "$1"
