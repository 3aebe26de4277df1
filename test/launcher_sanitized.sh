# The launcher of the preset sanitize runs what hermit.com packed: files, arguments, streams, traps, a Go program. hermit.com itself
# would take minutes in it, so packing is left to the plain one.
. "$(cd "$(dirname "$0")" && pwd)/cli/lib.sh"
[ "$(uname -s)" = Linux ] || skip 'only Linux has this launcher'
launcher="$HERMIT_TEST_LAUNCHER"
run() { file=$1 && shift && "$launcher" --hermit-exec "$file" "$file" "$@"; }
equal 'three bytes' "$(printf 'three bytes' | run "$EXAMPLES/cat.com")" 'standard input'
contains "$(run "$EXAMPLES/cowsay.com" hello)" '< hello >' 'an argument'
printf 'a file' > file
printf 'FROM cat.wasm\nMAP .\n' > Hermitfile
cp "$EXAMPLES/cat.wasm" .
HERMIT_TEST_LAUNCHER='' HERMIT_CACHE="$SCRATCH/plain" "$HERMIT" -o mapped.com || fail 'cannot pack'
equal 'a file' "$(run ./mapped.com file)" 'a mapped directory'
expect 1 run "$EXAMPLES/cat.com" /etc/passwd
contains "$err" passwd 'what no grant covers'
printf '(module (memory 1) (func (export "_start") (drop (i32.load (i32.const -1)))))' | assemble trap
printf 'FROM trap.wasm\n' > Hermitfile
HERMIT_CACHE="$SCRATCH/plain" "$HERMIT" -o trap.com || fail 'cannot pack'
expect 134 run ./trap.com
contains "$err" 'out of bounds memory access' 'a trap'
if [ -f "$EXAMPLES/wordcount.com" ]; then
  contains "$(echo a b a | run "$EXAMPLES/wordcount.com")" 'a' 'a Go program'
fi
