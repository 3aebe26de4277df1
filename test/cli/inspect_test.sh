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
