#!/bin/sh
# COPY: files inside the executable, read-only, one directory of the guest for each.
. "$(dirname "$0")/lib.sh"

compile list << 'C'
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
// Prints the names in a directory, or the content of a file.
int main(int argc, char **argv) {
  for (int i = 1; i < argc; ++i) {
    DIR *d = opendir(argv[i]);
    if (!d) {
      FILE *f = fopen(argv[i], "r");
      if (!f) { printf("%s: %s\n", argv[i], strerror(errno)); return 1; }
      for (int c; (c = getc(f)) != EOF;) putchar(c);
      fclose(f);
      continue;
    }
    for (struct dirent *e; (e = readdir(d));) if (strcmp(e->d_name, ".") && strcmp(e->d_name, "..")) puts(e->d_name);
    closedir(d);
  }
  return 0;
}
C
mkdir -p assets/sub assets/empty host
echo visible > assets/a.txt
echo hidden > assets/.hidden
echo deep > assets/sub/b.txt
echo single > single.txt
echo host > host/h.txt
build() {
  printf 'FROM list.wasm\n%b\n' "$2" > Hermitfile
  expect 0 "$HERMIT" -o "$1"
}
build copy.com 'COPY assets /usr/share/assets/\nCOPY single.txt /etc/app/one.txt\nCOPY single.txt /etc/app/two.txt'
rm -rf elsewhere && mkdir elsewhere && cp copy.com elsewhere && cd elsewhere || exit 1
expect 0 ./copy.com /usr/share/assets
equal '.hidden
a.txt
sub' "$out" 'a directory'
expect 0 ./copy.com /usr/share/assets/sub /usr/share/assets/sub/b.txt /usr/share/assets/.hidden /etc/app
equal 'b.txt
deep
hidden
one.txt
two.txt' "$out" 'files, and those of two COPY in one directory'
for path in /usr/share /usr /etc / /etc/passwd /usr/share/assets/../../../etc/passwd; do expect 1 ./copy.com $path; done
cd ..

compile write << 'C'
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
int main(void) {
  for (int i = 0; i < 2; ++i) {
    FILE *f = fopen(i ? "/data/new" : "/data/a.txt", i ? "w" : "r+");
    printf("%s\n", f ? "opened" : strerror(errno));
  }
  printf("%s\n", unlink("/data/a.txt") ? strerror(errno) : "removed");
  return 0;
}
C
printf 'FROM write.wasm\nCOPY assets /data\n' > Hermitfile
expect 0 "$HERMIT" -o write.com
expect 0 ./write.com
equal 'Read-only file system
Read-only file system
Read-only file system' "$out" 'writing'

# The same input gives the same bytes, whatever order the file system lists.
mkdir again && cp list.wasm single.txt again && (cd again && mkdir -p assets/sub && echo deep > assets/sub/b.txt &&
  echo hidden > assets/.hidden && echo visible > assets/a.txt)
build first.com 'COPY assets /a'
cp Hermitfile again/Hermitfile
(cd again && expect 0 "$HERMIT" -o second.com) || exit 1
cmp first.com again/second.com || fail 'two builds of the same files differ'

# Nested with MAP: the longest guest path wins, in both directions. Equal ones are refused.
build nested.com 'MAP host:/data\nCOPY assets /data/assets'
expect 0 ./nested.com /data /data/assets/a.txt
equal 'h.txt
visible' "$out" 'COPY below MAP'
build nested.com 'COPY assets /data\nMAP host:/data/sub'
expect 0 ./nested.com /data/a.txt /data/sub
equal 'visible
h.txt' "$out" 'MAP below COPY'
refuse() {
  printf 'FROM list.wasm\n%b\n' "$1" > Hermitfile
  expect 1 "$HERMIT" -o refused.com
  contains "$err" "$2" "$1"
}
refuse 'MAP host:/data\nCOPY assets /data' 'Hermitfile:3:13: error: the guest path /data is already taken in line 2'
refuse 'MAP host:/data\nCOPY single.txt /data/one.txt' 'the guest path /data is that of the MAP in line 2'
refuse 'COPY assets /a\nCOPY single.txt /a/a.txt' 'two COPY directives give /a/a.txt'
refuse 'COPY missing /a' 'Hermitfile:2:6: error: missing: cannot open'
refuse 'COPY assets/empty /a' 'holds no file'
refuse 'COPY single.txt /a\nMAP .' 'beside a file at /'
refuse 'COPY assets a' 'a guest path is absolute'
build root.com 'COPY single.txt /one.txt'
expect 0 ./root.com /one.txt /
equal 'single
one.txt' "$out" 'a file at the root'
mkdir tree && cp -r assets tree/opt
build tree.com 'COPY tree /\nMAP host'
expect 0 ./tree.com /opt/a.txt /
equal 'visible
opt' "$out" 'a whole tree'
build tree.com 'COPY tree /\nMAP .'
expect 0 ./tree.com /opt/a.txt single.txt
equal 'visible
single' "$out" 'a whole tree beside a working directory'

# Symbolic links below a copied directory could be anybody's file; the source itself is the author's choice.
ln -s /etc/passwd assets/sub/link
refuse 'COPY assets /a' 'assets/sub/link: is a symbolic link'
rm assets/sub/link && mkfifo assets/pipe
refuse 'COPY assets /a' 'assets/pipe: is a symbolic link or no regular file'
rm assets/pipe && ln -s assets link
build link.com 'COPY link /a'
expect 0 ./link.com /a/a.txt

# Other tools replace embedded files, also with ones of another size and compression.
need zip python3
build edit.com 'COPY assets /data'
mkdir -p files/data
i=0; while [ $i -lt 2000 ]; do echo "line $i"; i=$((i + 1)); done > files/data/a.txt
zip -q edit.com files/data/a.txt || fail 'zip'
expect 0 ./edit.com /data/a.txt
equal "$(cat files/data/a.txt)" "$out" 'after zip'
echo added > files/data/new.txt
zip -q0 edit.com files/data/new.txt
expect 0 ./edit.com /data/new.txt
equal added "$out" 'a file that zip added'
zip -qd edit.com files/data/a.txt
expect 1 ./edit.com /data/a.txt
expect 0 python3 - << 'P'
import zipfile
with zipfile.ZipFile("edit.com", "a", zipfile.ZIP_DEFLATED) as z:
    z.writestr("files/data/python.txt", "from python\n" * 100)
    z.writestr("files/elsewhere.txt", "not granted\n")
P
expect 0 ./edit.com /data/python.txt
contains "$out" 'from python' 'a file that Python added'
expect 1 ./edit.com /elsewhere.txt
for name in .hidden sub/b.txt new.txt python.txt; do zip -qd edit.com "files/data/$name"; done
expect 125 ./edit.com
contains "$err" 'COPY /data' 'a directory without any file'

# Large files are read from the mapped executable: no copy of them is made. (With `dd` for /dev/urandom, and once compressible.)
if [ "$(uname -s)" = Linux ]; then
  compile memory << 'C'
#include <stdio.h>
int main(void) {
  static char block[65536];
  unsigned long long sum = 0, size = 0;
  FILE *f = fopen("/big/file", "r");
  for (size_t n; (n = fread(block, 1, sizeof block, f)) > 0; size += n) for (size_t i = 0; i < n; ++i) sum += (unsigned char)block[i];
  printf("%llu\n", size);
  FILE *status = fopen("/proc/self/status", "r");
  for (char line[256]; status && fgets(line, sizeof line, status);) {
    int kb;
    if (sscanf(line, "RssAnon: %d", &kb) == 1) printf("%s\n", kb < 30000 ? "small" : line);
  }
  return 0;
}
C
  for source in /dev/urandom /dev/zero; do
    dd if=$source of=big bs=1048576 count=64 2> /dev/null
    printf 'FROM memory.wasm\nCOPY big /big/file\nMAP /proc::ro\n' > Hermitfile
    expect 0 "$HERMIT" -o big.com
    expect 0 ./big.com
    equal '67108864
small' "$out" "64 MiB of $source"
  done
fi
