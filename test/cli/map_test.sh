#!/bin/sh
# Directories: a program reaches what MAP grants, at the rights it grants, and nothing else.
. "$(dirname "$0")/lib.sh"

mkdir work && cd work || exit 1
echo content > file.txt
echo secret > ../secret.txt
ln -s ../secret.txt link.txt
expect 0 "$EXAMPLES/cat.com" file.txt
equal content "$out" 'a relative path below the mapped directory'
expect 0 "$EXAMPLES/cat.com" "$PWD/file.txt"
equal content "$out" 'the same file by its absolute path'
for path in ../secret.txt link.txt /etc/passwd "$PWD/../secret.txt"; do
  expect 1 "$EXAMPLES/cat.com" "$path"
  equal '' "$out" "$path must not be readable"
done

compile write << 'C'
#include <stdio.h>
int main(int argc, char **argv) {
  FILE *f = fopen(argv[1], "w");
  if (!f) { perror(argv[1]); return 1; }
  return fputs("written\n", f) < 0 || fclose(f) != 0;
}
C
printf 'FROM write.wasm\nMAP .::ro\n' > Hermitfile
expect 0 "$HERMIT" -o ro.com
expect 1 ./ro.com new.txt
[ ! -e new.txt ] || fail 'a read-only grant let a file be created'
expect 1 ./ro.com file.txt
equal content "$(cat file.txt)" 'a read-only grant let a file be truncated'
printf 'FROM write.wasm\nMAP .\n' > Hermitfile
expect 0 "$HERMIT" -o rw.com
expect 0 ./rw.com new.txt
equal written "$(cat new.txt)" 'a writable grant'
expect 1 ./rw.com rw.com
expect 0 ./rw.com new.txt

printf 'FROM write.wasm\nMAP /no/such/dir:/x\n' > Hermitfile
expect 0 "$HERMIT" -o missing.com
expect 125 ./missing.com
contains "$err" 'MAP /no/such/dir:/x' 'the error names the directive'
printf 'FROM write.wasm\nMAP /no/such/dir:/x:optional\nMAP .:/here\n' > Hermitfile
expect 0 "$HERMIT" -o optional.com
expect 0 ./optional.com /here/optional.txt
[ -f optional.txt ] || fail 'the second MAP does not work'
