// fd_advise, fd_allocate, fd_datasync, fd_sync, fd_filestat_*.
#include "check.h"

#define SECOND 1000000000ull

TEST(fd_advise, all_kinds) {
  make_file("f", "abc");
  const u32 fd = open_file("f", 0);
  for (u32 advice = 0; advice < 6; ++advice) EQ(wasi_fd_advise(fd, 0, 3, advice), OK);
  EQ(wasi_fd_advise(fd, 1000, 0, 0), OK);  // nothing, beyond the end
  EQ(wasi_fd_advise(fd, 0, 3, 6), INVAL);
  EQ(wasi_fd_advise(fd, 0, 3, 0xffffffff), INVAL);
  EQ(wasi_fd_advise(fd, ALL, 3, 0), INVAL);
  EQ(wasi_fd_advise(fd, 0, ALL, 0), INVAL);
  EQ(close_fd(fd), OK);
  EQ(wasi_fd_advise(fd, 0, 3, 0), BADF);
  EQ(wasi_fd_advise(dir, 0, 3, 0), ISDIR);
  u32 inside;
  EQ(open_at(embedded, "file", 0, ALL & ~(u64)__WASI_RIGHTS_FD_WRITE, 0, &inside), OK);
  EQ(wasi_fd_advise(inside, 0, 3, 3), OK);
  EQ(close_fd(inside), OK);
}

TEST(fd_allocate, grows_but_does_not_shrink) {
  make_file("f", "abc");
  const u32 fd = open_file("f", 0);
  EQ(wasi_fd_allocate(fd, 2, 8), OK);
  EQ(size_of(fd), 10);
  EQ(wasi_fd_allocate(fd, 0, 4), OK);
  EQ(size_of(fd), 10);
  char text[16];
  u32 count;
  EQ(read_text(fd, text, sizeof text, &count), OK);
  TRUE(count == 10 && memcmp(text, "abc\0\0\0\0\0\0\0", 10) == 0);
  EQ(wasi_fd_allocate(fd, 0, 0), INVAL);
  EQ(wasi_fd_allocate(fd, ALL, 1), FBIG);
  EQ(wasi_fd_allocate(fd, 1, ALL), FBIG);
  EQ(wasi_fd_allocate(fd, (u64)1 << 62, (u64)1 << 62), FBIG);
  EQ(size_of(fd), 10);
  EQ(close_fd(fd), OK);
  EQ(wasi_fd_allocate(fd, 0, 1), BADF);
  EQ(wasi_fd_allocate(dir, 0, 1), ISDIR);
  u32 reader;
  EQ(open_at(dir, "f", 0, ALL & ~(u64)(__WASI_RIGHTS_FD_WRITE | __WASI_RIGHTS_FD_READDIR), 0, &reader), OK);
  EQ(wasi_fd_allocate(reader, 0, 100), NOTCAPABLE);
  EQ(size_of(reader), 10);
  EQ(close_fd(reader), OK);
}

static void synchronise(u32 (*sync)(u32)) {
  const u32 fd = open_file("f", CREAT);
  EQ(write_text(fd, "abc"), OK);
  EQ(sync(fd), OK);
  EQ(close_fd(fd), OK);
  EQ(sync(fd), BADF);
  EQ(sync(CLOSED), BADF);
  EQ(sync(dir), OK);
  EQ(sync(embedded), OK);
  u32 reader;
  EQ(open_at(dir, "f", 0, ALL & ~(u64)__WASI_RIGHTS_FD_WRITE, 0, &reader), OK);
  EQ(sync(reader), OK);
  EQ(wasi_fd_fdstat_set_rights(reader, 0, 0), OK);
  EQ(sync(reader), NOTCAPABLE);
  EQ(close_fd(reader), OK);
}
TEST(fd_sync, files_and_directories) { synchronise(wasi_fd_sync); }
TEST(fd_datasync, files_and_directories) { synchronise(wasi_fd_datasync); }

TEST(fd_filestat_get, what_a_file_is) {
  make_file("f", "abc");
  EQ(wasi_path_link(dir, 0, PATH("f"), dir, PATH("g")), OK);
  const u32 f = open_file("f", 0), g = open_file("g", 0), d = open_dir(dir, ".");
  __wasi_filestat_t a, b, c;
  EQ(wasi_fd_filestat_get(f, P(&a)), OK);
  EQ(wasi_fd_filestat_get(g, P(&b)), OK);
  EQ(wasi_fd_filestat_get(d, P(&c)), OK);
  EQ(a.filetype, __WASI_FILETYPE_REGULAR_FILE);
  EQ(c.filetype, __WASI_FILETYPE_DIRECTORY);
  EQ(a.size, 3);
  EQ(a.nlink, 2);
  TRUE(a.ino == b.ino && a.dev == b.dev);
  TRUE(a.ino != c.ino);
  TRUE(a.mtim + 3600 * SECOND > now(0) && a.mtim < now(0) + 3600 * SECOND);
  EQ(close_fd(f), OK);
  EQ(close_fd(g), OK);
  EQ(close_fd(d), OK);
  EQ(wasi_fd_filestat_get(f, P(&a)), BADF);
  FOR_BAD(bad, 64) EQ(wasi_fd_filestat_get(dir, bad), FAULT);
  EQ(wasi_fd_filestat_get(dir, P(last_bytes(64))), OK);
}
TEST(fd_filestat_get, embedded_files) {
  u32 fd;
  __wasi_filestat_t status;
  EQ(open_at(embedded, "file", 0, ALL & ~(u64)__WASI_RIGHTS_FD_WRITE, 0, &fd), OK);
  EQ(wasi_fd_filestat_get(fd, P(&status)), OK);
  EQ(status.dev, 0x6865726d6974);
  EQ(status.size, 8);
  EQ(status.mtim, 0);
  EQ(status.filetype, __WASI_FILETYPE_REGULAR_FILE);
  EQ(close_fd(fd), OK);
}
TEST(fd_filestat_get, a_time_before_1970_reads_as_0) {
  u32 fd;
  __wasi_filestat_t status;
  EQ(open_at(rw, "old", 0, __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_FILESTAT_GET, 0, &fd), OK);
  EQ(wasi_fd_filestat_get(fd, P(&status)), OK);
  EQ(status.mtim, 0);
  EQ(close_fd(fd), OK);
}
TEST_WITH(pipes, fd_filestat_get, pipes) {
  __wasi_filestat_t status;
  EQ(wasi_fd_filestat_get(0, P(&status)), OK);
  EQ(status.filetype, __WASI_FILETYPE_UNKNOWN);
}

TEST(fd_filestat_set_size, longer_and_shorter) {
  make_file("f", "abcdef");
  const u32 fd = open_file("f", 0);
  char text[16];
  u32 count;
  EQ(wasi_fd_filestat_set_size(fd, 2), OK);
  EQ(wasi_fd_filestat_set_size(fd, 5), OK);
  EQ(read_text(fd, text, sizeof text, &count), OK);
  TRUE(count == 5 && memcmp(text, "ab\0\0\0", 5) == 0);
  EQ(wasi_fd_filestat_set_size(fd, 0), OK);
  EQ(size_of(fd), 0);
  u64 at;
  EQ(wasi_fd_tell(fd, P(&at)), OK);
  EQ(at, 5);
  EQ(wasi_fd_filestat_set_size(fd, (u64)1 << 63), FBIG);
  EQ(wasi_fd_filestat_set_size(fd, ALL), FBIG);
  EQ(size_of(fd), 0);
  EQ(close_fd(fd), OK);
  EQ(wasi_fd_filestat_set_size(fd, 0), BADF);
  EQ(wasi_fd_filestat_set_size(dir, 0), ISDIR);
  make_file("f", "abc");
  u32 reader;
  EQ(open_at(dir, "f", 0, ALL & ~(u64)(__WASI_RIGHTS_FD_WRITE | __WASI_RIGHTS_FD_READDIR), 0, &reader), OK);
  EQ(wasi_fd_filestat_set_size(reader, 0), NOTCAPABLE);
  EQ(size_of(reader), 3);
  EQ(close_fd(reader), OK);
}

TEST(fd_filestat_set_times, each_alone_and_both) {
  const u32 fd = open_file("f", CREAT);
  __wasi_filestat_t s;
  EQ(wasi_fd_filestat_set_times(fd, 1000 * SECOND + 700, 2000 * SECOND + 900, 1 | 4), OK);
  EQ(wasi_fd_filestat_get(fd, P(&s)), OK);
  EQ(s.atim, 1000 * SECOND + 700);
  EQ(s.mtim, 2000 * SECOND + 900);
  EQ(wasi_fd_filestat_set_times(fd, 3000 * SECOND, 9, 1), OK);
  EQ(wasi_fd_filestat_get(fd, P(&s)), OK);
  EQ(s.atim, 3000 * SECOND);
  EQ(s.mtim, 2000 * SECOND + 900);
  EQ(wasi_fd_filestat_set_times(fd, 9, 4000 * SECOND, 4), OK);
  EQ(wasi_fd_filestat_get(fd, P(&s)), OK);
  EQ(s.atim, 3000 * SECOND);
  EQ(s.mtim, 4000 * SECOND);
  EQ(wasi_fd_filestat_set_times(fd, 0, 0, 0), OK);  // nothing
  EQ(wasi_fd_filestat_get(fd, P(&s)), OK);
  EQ(s.mtim, 4000 * SECOND);
  EQ(wasi_fd_filestat_set_times(fd, 0, 0, 2 | 8), OK);
  EQ(wasi_fd_filestat_get(fd, P(&s)), OK);
  TRUE(s.atim > 1700000000 * SECOND && s.mtim > 1700000000 * SECOND);
  EQ(wasi_fd_filestat_set_times(fd, 0, 0, 1 | 4), OK);  // 1970
  EQ(wasi_fd_filestat_get(fd, P(&s)), OK);
  EQ(s.mtim, 0);
  EQ(close_fd(fd), OK);
}
// 1 << 62 is in the year 2116, the greatest number in 2554: file systems may end before that, but no time wraps.
TEST(fd_filestat_set_times, far_future) {
  const u32 fd = open_file("f", CREAT);
  __wasi_filestat_t s;
  EQ(wasi_fd_filestat_set_times(fd, 0, (u64)1 << 62, 4), OK);
  EQ(wasi_fd_filestat_get(fd, P(&s)), OK);
  TRUE(s.mtim >= ((u64)1 << 62) - 100 && s.mtim <= (u64)1 << 62);
  const u32 error = wasi_fd_filestat_set_times(fd, 0, ALL, 4);
  EITHER(error, OK, INVAL);
  EQ(wasi_fd_filestat_get(fd, P(&s)), OK);
  TRUE(s.mtim >= ((u64)1 << 62) - 100);
  EQ(close_fd(fd), OK);
}
TEST(fd_filestat_set_times, errors) {
  const u32 fd = open_file("f", CREAT);
  EQ(wasi_fd_filestat_set_times(fd, 0, 0, 1 | 2), INVAL);
  EQ(wasi_fd_filestat_set_times(fd, 0, 0, 4 | 8), INVAL);
  EQ(wasi_fd_filestat_set_times(fd, 0, 0, 16), INVAL);
  EQ(wasi_fd_filestat_set_times(fd, 0, 0, 0xffffffff), INVAL);
  EQ(close_fd(fd), OK);
  EQ(wasi_fd_filestat_set_times(fd, 0, 0, 2), BADF);
  EQ(wasi_fd_filestat_set_times(dir, 1000 * SECOND, 2000 * SECOND, 1 | 4), OK);
  EQ(wasi_fd_filestat_set_times(ro, 0, 0, 2 | 8), ROFS);
  EQ(wasi_fd_filestat_set_times(embedded, 0, 0, 2 | 8), ROFS);
  u32 inside;
  EQ(open_at(ro, "file", 0, ALL & ~(u64)__WASI_RIGHTS_FD_WRITE, 0, &inside), OK);
  EQ(wasi_fd_filestat_set_times(inside, 0, 0, 2 | 8), ROFS);
  EQ(close_fd(inside), OK);
}
