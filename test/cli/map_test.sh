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

# The running file stays what its path names: neither it nor a directory above it can be replaced, nor the cache.
compile replace << 'C'
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
int main(void) {
  printf("%s\n", rename("bin", "bin2") == 0 ? "renamed" : strerror(errno));
  printf("%s\n", rename("bin/app.com", "bin/x") == 0 ? "renamed" : strerror(errno));
  printf("%s\n", remove("bin/app.com") == 0 ? "removed" : strerror(errno));
  FILE *f = fopen("cache/new", "w");
  printf("%s\n", f ? "written" : strerror(errno));
  return mkdir("other", 0777) || rename("other", "other2");
}
C
mkdir bin
printf 'FROM replace.wasm\nMAP .\n' > Hermitfile
expect 0 "$HERMIT" -o bin/app.com
# The launcher in a cache below the mapped directory, whatever other caches hold one already.
mkdir cache
offset=$(expect 0 "$HERMIT" inspect bin/app.com && sed -n "s/.*)_n=\\(hermit-[0-9a-f]*-$(basename "$NATIVE")\\) _b=\\([0-9]*\\) _z=\\([0-9]*\\).*/\\1 \\2 \\3/p" bin/app.com)
name=${offset%% *} && offset=${offset#* }
dd if=bin/app.com bs=4096 skip="${offset% *}" 2> /dev/null | head -c "${offset#* }" | gzip -dc > "cache/$name" && chmod 700 "cache/$name"
HERMIT_CACHE=$PWD/cache
expect 0 ./bin/app.com
equal 'Text file busy
Text file busy
Text file busy
Text file busy' "$out" 'replacing the running file'
[ -d other2 ] || fail 'another directory could not be renamed'

# "." however it is written, and absolute paths beside a mapped "/".
printf 'FROM write.wasm\nMAP ./\n' > Hermitfile
expect 0 "$HERMIT" -o dot.com
expect 0 ./dot.com dot.txt
[ -f dot.txt ] || fail 'MAP ./ is not the working directory'
printf 'FROM write.wasm\nMAP /\nENV_PWD_IS_HOST_CWD\n' > Hermitfile
expect 0 "$HERMIT" -o all.com
expect 0 ./all.com "$PWD/absolute.txt"
[ -f absolute.txt ] || fail 'an absolute path below a mapped /'

cp "$EXAMPLES/cat/cat.wasm" .
printf 'FROM cat.wasm\nMAP C:\\data:/data\n' > Hermitfile
expect 0 "$HERMIT" -o drive.com
expect 125 ./drive.com
contains "$err" 'Windows path' 'a drive on another system'

# A MAP of a file is an error at start; so is one guest path twice, as soon as it is known.
printf 'FROM cat.wasm\nMAP ./file.txt:/f\n' > Hermitfile
expect 0 "$HERMIT" -o file.com
expect 125 ./file.com
contains "$err" 'MAP ./file.txt:/f: ' 'MAP of a file'
printf 'FROM cat.wasm\nMAP /tmp:/x\nMAP /usr:/x\n' > Hermitfile
expect 1 "$HERMIT" -o twice.com
contains "$err" 'Hermitfile:3:5: error: the guest path /x is already taken in line 2' 'one guest path twice'
printf 'FROM cat.wasm\nMAP .\nMAP /usr:%s\n' "$PWD" > Hermitfile
expect 0 "$HERMIT" -o twice.com
expect 125 ./twice.com
contains "$err" 'is that of MAP .' 'one guest path twice, known at start'

# Several MAPs add up; relative ones count from the directory in which the program is started, "~" from HOME.
mkdir -p home/notes here/sub
printf 'FROM write.wasm\nMAP ["~/notes", "sub:/sub"]\nMAP ["./other:/other:optional"]\nMAP ../:/above:ro\n' > Hermitfile
expect 0 "$HERMIT" -o many.com
cd here || exit 1
expect 0 env HOME="${PWD%/here}/home" ../many.com "${PWD%/here}/home/notes/n.txt"
[ -f ../home/notes/n.txt ] || fail 'MAP ~/notes'
expect 0 env HOME="${PWD%/here}/home" ../many.com /sub/s.txt
[ -f sub/s.txt ] || fail 'MAP sub is relative to where the program starts'
expect 1 env HOME="${PWD%/here}/home" ../many.com /above/a.txt
[ ! -e ../a.txt ] || fail 'MAP ../ is read-only'
expect 125 env -u HOME ../many.com /sub/s.txt
contains "$err" 'HOME is not set' 'no home directory'
cd ..
expect 125 env HOME="$PWD/home" ./many.com /sub/s.txt
contains "$err" 'MAP sub:/sub' 'started elsewhere, sub is missing'

# Absolute links below a mapped "/", and the memory of processes.
mkdir store && echo stored > store/file && ln -s "$PWD/store" result
printf 'FROM cat.wasm\nMAP /:/:ro\n' > Hermitfile
expect 0 "$HERMIT" -o read.com
expect 0 ./read.com "$PWD/result/file"
equal stored "$out" 'an absolute link below /'
printf 'FROM cat.wasm\nMAP .\n' > Hermitfile
expect 0 "$HERMIT" -o near.com
expect 1 ./near.com result/file
if [ -e /proc/self/mem ]; then
  printf 'FROM write.wasm\nMAP /\n' > Hermitfile
  expect 0 "$HERMIT" -o everything.com
  for file in mem comm; do
    expect 1 ./everything.com /proc/self/$file
    [ "$(uname -s)" != Linux ] || contains "$err" 'Permission denied' "/proc/self/$file for writing"
  done
fi
