#!/bin/sh
# A full disk is an error, the old output stays, and no half-written file is left. Needs a mount namespace (root).
. "$(dirname "$0")/lib.sh"
need unshare mount
unshare -m true 2> /dev/null || skip 'mount namespaces are not allowed here'

mkdir small
cp "$EXAMPLES/cowsay/cowsay.wasm" "$EXAMPLES/cowsay/Hermitfile" .
cat > inside.sh << 'S'
mount -t tmpfs -o size=256k tmpfs small || exit 77
echo old > small/out.com
"$HERMIT" -o small/out.com
code=$?
[ "$(cat small/out.com)" = old ] || exit 3
[ "$(ls -A small)" = out.com ] || exit 4
exit $code
S
expect 1 unshare -m sh inside.sh
contains "$err" 'small/out.com' 'the error names the file'
