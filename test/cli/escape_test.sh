#!/bin/sh
# Hostile guests: each way out of a grant that worked in some runtime, tried through the raw interface.
. "$(dirname "$0")/lib.sh"

compile hostile -Wno-unused-result << 'C'
#include <stdio.h>
#include <string.h>
#include <wasi/api.h>
enum { kDir = 3 };
static const __wasi_rights_t kRead = __WASI_RIGHTS_FD_READ;
static const __wasi_rights_t kWrite = __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_WRITE;
static int bad;
static void refused(const char *what, const char *path, int error) {
  if (error == 0) { printf("ESCAPED: %s %s\n", what, path); bad = 1; }
}
static int open_at(int dir, const char *path, int oflags, __wasi_rights_t rights, __wasi_fd_t *fd) {
  return __wasi_path_open(dir, __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW, path, oflags, rights, 0, 0, fd);
}
static void try_path(const char *path) {
  __wasi_fd_t fd;
  __wasi_filestat_t st;
  unsigned char buf[256];
  __wasi_size_t n;
  refused("open", path, open_at(kDir, path, 0, kRead, &fd));
  refused("open to write", path, open_at(kDir, path, 0, kWrite, &fd));
  refused("create", path, open_at(kDir, path, __WASI_OFLAGS_CREAT, kWrite, &fd));
  refused("truncate", path, open_at(kDir, path, __WASI_OFLAGS_TRUNC, kWrite, &fd));
  refused("list", path, open_at(kDir, path, __WASI_OFLAGS_DIRECTORY, __WASI_RIGHTS_FD_READDIR, &fd));
  refused("stat", path, __wasi_path_filestat_get(kDir, 1, path, &st));
  refused("times", path, __wasi_path_filestat_set_times(kDir, 1, path, 1, 1, __WASI_FSTFLAGS_MTIM));
  refused("link from", path, __wasi_path_link(kDir, 1, path, kDir, "stolen"));
  (void)buf; (void)n;
}
static void try_entry(const char *path) {  // beyond a directory that leads out
  try_path(path);
  refused("mkdir", path, __wasi_path_create_directory(kDir, path));
  refused("rmdir", path, __wasi_path_remove_directory(kDir, path));
  refused("unlink", path, __wasi_path_unlink_file(kDir, path));
  refused("symlink", path, __wasi_path_symlink("x", kDir, path));
  refused("link to", path, __wasi_path_link(kDir, 0, "file", kDir, path));
  refused("rename to", path, __wasi_path_rename(kDir, "file", kDir, path));
  refused("rename from", path, __wasi_path_rename(kDir, path, kDir, "stolen"));
}
int main(void) {
  // Links by others, and by the guest itself.
  const char *links[] = {"out", "out/", "absolute", "absolute/", "dir/", "dir/.", "twice", "twice/"};
  for (unsigned i = 0; i < sizeof links / sizeof *links; ++i) try_path(links[i]);
  const char *entries[] = {"../secret.txt", "../new", "/etc/passwd", "/tmp/hermit-new", "dir/secret.txt", "dir/new", "dir/../secret.txt",
                           "sub/../../secret.txt", "sub/../../new", "./../secret.txt", "dir/work/../secret.txt", "..", "../../x"};
  for (unsigned i = 0; i < sizeof entries / sizeof *entries; ++i) try_entry(entries[i]);
  if (__wasi_path_symlink("../../../../../../../../etc/passwd", kDir, "mine") != 0) printf("symlink failed\n");
  try_path("mine");
  refused("symlink to", "/etc/passwd", __wasi_path_symlink("/etc/passwd", kDir, "mine2"));
  __wasi_path_rename(kDir, "mine", kDir, "sub/mine");
  try_path("sub/mine");
  __wasi_path_unlink_file(kDir, "sub/mine");
  __wasi_path_unlink_file(kDir, "stolen");
  // The running file.
  __wasi_fd_t fd;
  refused("write", "app", open_at(kDir, "app", 0, kWrite, &fd));
  refused("truncate", "app", open_at(kDir, "app", __WASI_OFLAGS_TRUNC, kWrite, &fd));
  refused("write", "alias", open_at(kDir, "alias", 0, kWrite, &fd));
  refused("truncate", "alias", open_at(kDir, "alias", __WASI_OFLAGS_TRUNC, kWrite, &fd));
  refused("write", "sub/link-to-app", open_at(kDir, "sub/link-to-app", __WASI_OFLAGS_CREAT, kWrite, &fd));
  refused("link", "app", __wasi_path_link(kDir, 0, "app", kDir, "app2"));
  refused("link", "alias", __wasi_path_link(kDir, 0, "alias", kDir, "app2"));
  refused("rename", "app", __wasi_path_rename(kDir, "app", kDir, "app2"));
  refused("rename over", "app", __wasi_path_rename(kDir, "file", kDir, "app"));
  refused("rename over", "alias", __wasi_path_rename(kDir, "file", kDir, "alias"));
  refused("unlink", "app", __wasi_path_unlink_file(kDir, "app"));
  refused("unlink", "alias", __wasi_path_unlink_file(kDir, "alias"));
  if (open_at(kDir, "app", 0, kRead, &fd) == 0) {
    refused("set size", "app", __wasi_fd_filestat_set_size(fd, 0));
    refused("allocate", "app", __wasi_fd_allocate(fd, 0, 1));
    __wasi_ciovec_t iov = {(const uint8_t *)"x", 1};
    __wasi_size_t n;
    refused("write", "app", __wasi_fd_write(fd, &iov, 1, &n));
    refused("pwrite", "app", __wasi_fd_pwrite(fd, &iov, 1, 0, &n));
    __wasi_fd_close(fd);
    refused("use after close", "app", __wasi_fd_filestat_set_size(fd, 0));
  } else {
    printf("app is not readable\n");
  }
  // A read-only grant (descriptor 4), also under the number of another one.
  for (int round = 0; round < 2; ++round) {
    int dir = round == 0 ? 4 : 3;
    refused("write", "ro", open_at(dir, "file", 0, kWrite, &fd));
    refused("truncate", "ro", open_at(dir, "file", __WASI_OFLAGS_TRUNC, kRead, &fd));
    refused("create", "ro", open_at(dir, "new", __WASI_OFLAGS_CREAT, kRead, &fd));
    refused("times", "ro", __wasi_path_filestat_set_times(dir, 0, "file", 1, 1, __WASI_FSTFLAGS_MTIM));
    refused("unlink", "ro", __wasi_path_unlink_file(dir, "file"));
    refused("mkdir", "ro", __wasi_path_create_directory(dir, "d"));
    if (open_at(dir, "file", 0, kRead, &fd) == 0) {
      refused("fd times", "ro", __wasi_fd_filestat_set_times(fd, 1, 1, __WASI_FSTFLAGS_MTIM));
      refused("fd size", "ro", __wasi_fd_filestat_set_size(fd, 0));
    }
    if (round == 0) {
      refused("link out", "ro", __wasi_path_link(4, 0, "file", 3, "alias-of-ro"));
      refused("rename out", "ro", __wasi_path_rename(4, "file", 3, "taken"));
      refused("rename in", "ro", __wasi_path_rename(3, "file", 4, "file"));
      refused("link in", "ro", __wasi_path_link(3, 0, "file", 4, "in"));
      if (__wasi_fd_renumber(4, 3) != 0) printf("renumber failed\n");
    }
  }
  printf(bad ? "escaped\n" : "contained\n");
  return bad;
}
C

mkdir -p top/work/sub top/ro
cd top || exit 1
echo secret > secret.txt
echo file > work/file
echo file > ro/file
ln -s ../secret.txt work/out
ln -s "$PWD/secret.txt" work/absolute
ln -s .. work/dir
ln -s dir/secret.txt work/twice
ln -s ../app work/sub/link-to-app
printf 'FROM ../hostile.wasm\nMAP work:/work ro:/ro:ro\n' > Hermitfile
expect 0 "$HERMIT" -o work/app
ln work/app work/alias
before=$(digest work/app)
expect 0 work/app
equal contained "$out" 'the hostile guest'
equal secret "$(cat secret.txt)" 'the secret'
equal file "$(cat ro/file)" 'the read-only file'
equal "$before" "$(digest work/app)" 'the running file'
for new in new planted x d; do [ ! -e "$new" ] || fail "$new beside the grant"; done
equal 'file' "$(ls ro)" 'nothing new in the read-only grant'

# A race, from the outside: a directory that is a link now and then.
cd .. || exit 1
compile racer -Wno-unused-result << 'C'
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
int main(void) {
  int opened = 0;
  for (int i = 0; i < 20000; ++i) {
    char text[16] = "";
    int fd = open("/race/d/file", O_RDONLY);
    if (fd >= 0) {
      ++opened;
      read(fd, text, sizeof text - 1);
      close(fd);
      if (strncmp(text, "inside", 6) != 0) { printf("read %s\n", text); return 1; }
    }
    fd = open("/race/d/new", O_WRONLY | O_CREAT, 0666);
    if (fd >= 0) close(fd);
    mkdir("/race/d/made", 0777);
    if (i % 64 == 0) { unlink("/race/d/new"); rmdir("/race/d/made"); }
  }
  printf(opened > 0 ? "raced\n" : "never opened\n");
  return 0;
}
C
mkdir -p race/d outside
echo inside > race/d/file
echo OUTSIDE > outside/file
ln -s ../outside race/link
printf 'FROM racer.wasm\nMAP race:/race\n' > Hermitfile
expect 0 "$HERMIT" -o racer
(while [ ! -e stop ]; do
  mv -T race/d race/aside 2> /dev/null && mv -T race/link race/d
  mv -T race/d race/link 2> /dev/null && mv -T race/aside race/d
done) &
swapper=$!
./racer > out.txt 2> err.txt
code=$?
touch stop
wait "$swapper"
[ "$code" = 0 ] || fail "the race ended with $code: $(cat out.txt err.txt)"
equal raced "$(cat out.txt)" 'the race'
equal file "$(ls outside)" 'nothing was created through the link'
