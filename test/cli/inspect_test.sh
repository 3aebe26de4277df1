#!/bin/sh
# inspect shows grants, modules, targets and sizes without running anything.
. "$(dirname "$0")/lib.sh"
need python3
expect 0 "$HERMIT" inspect "$EXAMPLES/cat.com"
for part in cat.wasm '.::ro' linux-x86_64 linux-aarch64 macos-x86_64 macos-aarch64 windows-x86_64; do
  contains "$out" "$part" 'inspect'
done
expect 0 "$HERMIT" inspect --json "$EXAMPLES/cat.com"
cp out.txt facts.json
expect 0 python3 -c "
import json
facts = json.load(open('facts.json'))
assert facts['config']['FROM'] == 'cat.wasm', facts
assert facts['config']['MAP'] == ['.::ro'], facts
assert len(facts['targets']) == 5, facts
assert {'hermit.json', 'main.wasm'} <= {e['name'] for e in facts['entries']}, facts
"
expect 0 "$HERMIT" inspect "$HERMIT"
contains "$out" 'set-executable' 'the host extension of hermit.com'
# A module by itself: its features by name, and a refused one is an error that names it.
printf '\0asm\1\0\0\0\1\5\1\140\0\1\173\3\2\1\0\12\26\1\24\0\375\14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\13' > simd.wasm
expect 0 "$HERMIT" inspect simd.wasm
contains "$out" 'simd128' 'the features of a module'
expect 0 "$HERMIT" inspect --json simd.wasm
contains "$out" '"simd128"' 'the features of a module as JSON'
printf '\0asm\1\0\0\0\1\4\1\140\0\0\3\2\1\0\12\11\1\7\0\320\156\373\16\32\13' > gc.wasm
expect 1 "$HERMIT" inspect gc.wasm
contains "$err" 'GC' 'a feature that is refused is named'
printf 'FROM gc.wasm\n' > Hermitfile.gc
expect 1 "$HERMIT" build -f Hermitfile.gc -o gc.com
contains "$err" 'GC' 'and building it is an error that names it'
echo nonsense > file
expect 1 "$HERMIT" inspect file
expect 1 "$HERMIT" inspect missing
expect 2 "$HERMIT" inspect

# The second wall in words, by the file's grants.
expect 0 "$HERMIT" inspect --confinement "$EXAMPLES/cat.com"
for part in Landlock 'reads below .' seccomp 'no sockets' HERMIT_CONFINE=1 macos windows; do contains "$out" "$part" 'confinement'; done
expect 0 "$HERMIT" inspect --confinement "$HERMIT"
contains "$out" 'reads and changes below /' 'hermit.com'
contains "$out" 'file modes may change' 'hermit.com'
expect 2 "$HERMIT" inspect --json --confinement "$HERMIT"
