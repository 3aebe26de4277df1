#!/bin/sh
# A Go program: goroutines, maps, fmt, a file by relative path.
. "$(dirname "$0")/lib.sh"
[ -f "$EXAMPLES/wordcount.com" ] || skip 'no Go toolchain when the examples were built'
printf 'the cow and the moon\nThe cow jumped over the moon\n' > text.txt
expect 0 "$EXAMPLES/wordcount.com" text.txt
equal '      4 the
      2 cow
      2 moon
      1 and
      1 jumped
      1 over' "$out" 'the words'
expect 1 "$EXAMPLES/wordcount.com" /etc/passwd
