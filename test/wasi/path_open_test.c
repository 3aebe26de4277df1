// path_open.
#include "check.h"

#define READ __WASI_RIGHTS_FD_READ
#define WRITE __WASI_RIGHTS_FD_WRITE
#define BOTH (READ | WRITE)

// Opens and closes again; the errno. Without following a link at the end.
static u32 try_at(u32 directory, u32 lookup, const char* path, u32 length, u32 oflags, u64 base, u32 fdflags) {
  u32 fd = CLOSED;
  const u32 error = wasi_path_open(directory, lookup, P(path), length, oflags, base, ALL, fdflags, P(&fd));
  if (error == OK) wasi_fd_close(fd);
  return error;
}
static u32 try_open(u32 directory, const char* path, u32 oflags, u64 base) {
  return try_at(directory, FOLLOW, path, (u32)strlen(path), oflags, base, 0);
}
static bool exists(const char* path) {
  __wasi_filestat_t status;
  return status_of(dir, path, 0, &status) == OK;
}

TEST(path_open, flags) {
  EQ(try_open(dir, "f", 0, READ), NOENT);
  EQ(try_open(dir, "f", TRUNC, WRITE), NOENT);
  EQ(try_open(dir, "f", CREAT | EXCL, WRITE), OK);
  EQ(try_open(dir, "f", CREAT | EXCL, WRITE), EXIST);
  EQ(try_open(dir, "f", CREAT, WRITE), OK);
  make_file("f", "abc");
  EQ(try_open(dir, "f", CREAT, BOTH), OK);
  TRUE(content_is("f", "abc"));
  EQ(try_open(dir, "f", TRUNC, WRITE), OK);
  TRUE(content_is("f", ""));
  EQ(try_open(dir, "f", DIRECTORY, READ), NOTDIR);
  EQ(make_directory("d"), OK);
  EQ(try_open(dir, "d", 0, READ), OK);
  EQ(try_open(dir, "d", DIRECTORY, READ), OK);
  EQ(try_open(dir, "d", DIRECTORY, BOTH), ISDIR);
  EQ(try_open(dir, "d", 0, WRITE), ISDIR);
  EQ(try_open(dir, "d", TRUNC, READ), ISDIR);
  EQ(try_open(dir, "d", CREAT | EXCL, READ), EXIST);
  EQ(try_open(dir, "new", CREAT | DIRECTORY, READ), INVAL);
  TRUE(!exists("new"));
  EQ(try_open(dir, "f", 16, READ), INVAL);
  EQ(try_open(dir, "f", 0xffff, READ), INVAL);
  EQ(try_at(dir, 2, "f", 1, 0, READ, 0), INVAL);
  EQ(try_at(dir, 0xffffffff, "f", 1, 0, READ, 0), INVAL);
  EQ(try_at(dir, 0, "f", 1, 0, READ, 32), INVAL);
  EQ(try_at(dir, 0, "f", 1, 0, READ, 0xffff), INVAL);
}
TEST(path_open, rights_that_do_not_apply_are_left_out) {
  make_file("f", "abc");
  u32 fd;
  __wasi_fdstat_t stat;
  EQ(open_at(dir, "f", 0, READ | __WASI_RIGHTS_PATH_OPEN | __WASI_RIGHTS_SOCK_SHUTDOWN, 0, &fd), OK);
  EQ(wasi_fd_fdstat_get(fd, P(&stat)), OK);
  EQ(stat.fs_rights_base, READ);
  EQ(close_fd(fd), OK);
  EQ(open_at(dir, "f", 0, ALL, 0, &fd), OK);
  EQ(wasi_fd_fdstat_get(fd, P(&stat)), OK);
  EQ(stat.fs_rights_base >> 30, 0);
  EQ(close_fd(fd), OK);
}
TEST(path_open, paths) {
  EQ(make_directory("d"), OK);
  make_file("d/f", "abc");
  EQ(try_open(dir, "d/f", 0, READ), OK);
  EQ(try_open(dir, "d//f", 0, READ), OK);
  EQ(try_open(dir, "./d/./f", 0, READ), OK);
  EQ(try_open(dir, "d/../d/f", 0, READ), OK);
  EQ(try_open(dir, ".", 0, READ), OK);
  EQ(try_open(dir, "d/", 0, READ), OK);
  EQ(try_open(dir, "d/.", 0, READ), OK);
  EQ(try_open(dir, "d/f/", 0, READ), NOTDIR);
  EQ(try_open(dir, "d/f/.", 0, READ), NOTDIR);
  EQ(try_open(dir, "d/f/x", 0, READ), NOTDIR);
  EQ(try_open(dir, "d/f/..", 0, READ), NOTDIR);
  EQ(try_open(dir, "none/f", 0, READ), NOENT);
  EQ(try_open(dir, "none/../d/f", 0, READ), NOENT);
  EQ(try_open(dir, "new/", CREAT, WRITE), ISDIR);
  EQ(try_open(dir, "", 0, READ), NOENT);
  EQ(try_at(dir, 0, "d\0f", 3, 0, READ, 0), INVAL);
  EQ(try_at(dir, 0, "\0", 1, CREAT, WRITE, 0), INVAL);
}
TEST(path_open, out_of_the_grant) {
  EQ(make_directory("d"), OK);
  make_file("f", "abc");
  const u32 d = open_dir(dir, "d");
  EQ(try_open(dir, "/", 0, READ), PERM);
  EQ(try_open(dir, "/etc/passwd", 0, READ), PERM);
  EQ(try_open(dir, "..", 0, READ), PERM);
  EQ(try_open(dir, "../old", 0, READ), PERM);
  EQ(try_open(dir, "d/../../old", 0, READ), PERM);
  EQ(try_open(dir, "../new", CREAT, WRITE), PERM);
  EQ(try_open(d, "../f", 0, READ), PERM);  // a descriptor is a root of its own
  EQ(try_open(rw, "../outside/secret", 0, READ), PERM);
  EQ(try_open(embedded, "../x", 0, READ), PERM);
  EQ(try_open(embedded, "/x", 0, READ), PERM);
  EQ(close_fd(d), OK);
}
TEST(path_open, lengths) {
  static char long_path[8192];
  memset(long_path, 'a', 256);
  EQ(try_at(dir, 0, long_path, 255, CREAT, WRITE, 0), OK);
  EQ(try_at(dir, 0, long_path, 256, CREAT, WRITE, 0), NAMETOOLONG);
  for (u32 i = 0; i < sizeof long_path; i += 2) long_path[i] = '.', long_path[i + 1] = '/';
  EQ(try_at(dir, 0, long_path, 4096, 0, READ, 0), OK);
  EQ(try_at(dir, 0, long_path, 4097, 0, READ, 0), NAMETOOLONG);
  EQ(try_at(dir, 0, long_path, 8192, 0, READ, 0), NAMETOOLONG);
  EQ(try_at(dir, 0, 0, 0xffffffff, 0, READ, 0), FAULT);
}
TEST(path_open, bad_pointers_create_nothing) {
  u32 fd;
  FOR_BAD(bad, 4) {
    EQ(wasi_path_open(dir, 0, bad, 4, CREAT, WRITE, 0, 0, P(&fd)), FAULT);
    EQ(wasi_path_open(dir, 0, PATH("new"), CREAT, WRITE, 0, 0, bad), FAULT);
  }
  TRUE(!exists("new"));
  EQ(wasi_path_open(dir, 0, 16, 0xfffffff8, CREAT, WRITE, 0, 0, P(&fd)), FAULT);
  u8* const last = last_bytes(3);
  memcpy(last, "new", 3);
  EQ(wasi_path_open(dir, 0, P(last), 3, CREAT, WRITE, 0, 0, P(&fd)), OK);
  EQ(close_fd(fd), OK);
  TRUE(exists("new"));
}
TEST(path_open, what_is_no_directory) {
  const u32 fd = open_file("f", CREAT);
  EQ(try_open(fd, "x", 0, READ), NOTDIR);
  EQ(try_open(1, "x", 0, READ), NOTDIR);
  EQ(close_fd(fd), OK);
  EQ(try_open(fd, "x", 0, READ), BADF);
  EQ(try_open(CLOSED, "x", CREAT, WRITE), BADF);
  EQ(try_open(0xffffffff, "x", 0, READ), BADF);
}

TEST(path_open, links) {
  make_file("f", "abc");
  EQ(make_directory("d"), OK);
  make_file("d/inner", "inner");
  EQ(symlink_to("f", "to_f"), OK);
  EQ(symlink_to("d", "to_d"), OK);
  EQ(symlink_to("../f", "d/up"), OK);
  EQ(symlink_to("none", "dangling"), OK);
  EQ(try_open(dir, "to_f", 0, READ), OK);
  EQ(try_at(dir, 0, "to_f", 4, 0, READ, 0), LOOP);
  EQ(try_at(dir, 0, "to_d/inner", 10, 0, READ, 0), OK);  // links on the way are followed
  EQ(try_at(dir, 0, "to_d", 4, DIRECTORY, READ, 0), LOOP);
  EQ(try_at(dir, 0, "to_d/", 5, 0, READ, 0), OK);  // and so is one before a slash
  TRUE(content_is("d/up", "abc"));
  EQ(try_open(dir, "to_f/", 0, READ), NOTDIR);
  EQ(try_open(dir, "dangling", 0, READ), NOENT);
  EQ(try_open(dir, "dangling", CREAT | EXCL, WRITE), EXIST);
  TRUE(!exists("none"));
  EQ(try_open(dir, "dangling", CREAT, WRITE), OK);  // creates what it names, as on POSIX
  TRUE(exists("none"));
  EQ(try_open(dir, "to_f", TRUNC, WRITE), OK);
  TRUE(content_is("f", ""));
}
TEST(path_open, links_out_of_the_grant) {
  EQ(symlink_to("../../outside/secret", "out"), OK);
  EQ(symlink_to("../..", "up"), OK);
  EQ(symlink_to("../../new", "create"), OK);
  EQ(try_open(dir, "out", 0, READ), PERM);
  EQ(try_open(dir, "up/outside/secret", 0, READ), PERM);
  EQ(try_open(dir, "create", CREAT, WRITE), PERM);
  EQ(try_open(rw, "link_out", 0, READ), PERM);  // made outside, relative
  EQ(try_open(rw, "link_absolute", 0, READ), PERM);
  EQ(try_open(rw, "link_absolute/x", 0, READ), PERM);
  const u32 d = open_dir(dir, ".");
  EQ(symlink_to("../old", "sideways"), OK);
  EQ(try_open(d, "sideways", 0, READ), PERM);  // inside of rw, but not below this descriptor
  EQ(close_fd(d), OK);
}
TEST(path_open, link_loops) {
  EQ(symlink_to("b", "a"), OK);
  EQ(symlink_to("a", "b"), OK);
  EQ(symlink_to("self/x", "self"), OK);
  EQ(try_open(dir, "a", 0, READ), LOOP);
  EQ(try_open(dir, "a/x", 0, READ), LOOP);
  EQ(try_open(dir, "self", 0, READ), LOOP);
  EQ(try_open(dir, "a", CREAT, WRITE), LOOP);
  make_file("n0", "end");
  char from[8] = "n00", to[8] = "n0";
  for (u32 i = 1; i <= 41; ++i) {
    from[1] = (char)('0' + i / 10), from[2] = (char)('0' + i % 10);
    EQ(symlink_to(to, from), OK);
    memcpy(to, from, sizeof to);
  }
  EQ(try_open(dir, "n40", 0, READ), OK);
  EQ(try_open(dir, "n41", 0, READ), LOOP);
}

TEST(path_open, read_only_grants) {
  EQ(try_open(ro, "file", 0, READ), OK);
  EQ(try_open(ro, "file", CREAT, READ), OK);  // exists: nothing to create
  EQ(try_open(ro, "file", 0, WRITE), ROFS);
  EQ(try_open(ro, "file", 0, BOTH), ROFS);
  EQ(try_open(ro, "file", TRUNC, READ), ROFS);
  EQ(try_open(ro, "file", CREAT | EXCL, READ), EXIST);
  EQ(try_open(ro, "new", CREAT, READ), ROFS);
  EQ(try_open(ro, "new", CREAT | EXCL, WRITE), ROFS);
  EQ(try_open(ro, "new", 0, READ), NOENT);
  EQ(try_open(ro, "dir", DIRECTORY, BOTH), ISDIR);
  const u32 d = open_dir(ro, "dir");
  EQ(try_open(d, "inner", 0, WRITE), ROFS);
  EQ(try_open(d, "new", CREAT, WRITE), ROFS);
  EQ(close_fd(d), OK);
}
TEST(path_open, embedded_files) {
  EQ(try_open(embedded, "file", 0, READ), OK);
  EQ(try_open(embedded, "dir/inner", CREAT, READ), OK);
  EQ(try_open(embedded, "file", 0, WRITE), ROFS);
  EQ(try_open(embedded, "file", TRUNC, READ), ROFS);
  EQ(try_open(embedded, "new", CREAT, READ), ROFS);
  EQ(try_open(embedded, "new", 0, READ), NOENT);
  EQ(try_open(embedded, "file", CREAT | EXCL, READ), EXIST);
  EQ(try_open(embedded, "file", DIRECTORY, READ), NOTDIR);
  EQ(try_open(embedded, "file/", 0, READ), NOTDIR);
  EQ(try_open(embedded, "file/x", 0, READ), NOTDIR);
  EQ(try_open(embedded, "dir", DIRECTORY, READ), OK);
  EQ(try_open(embedded, "dir", 0, WRITE), ISDIR);
  EQ(try_open(embedded, "dir/../file", 0, READ), OK);
}
// The running file, by its name, by a hard link and by a link.
TEST(path_open, the_running_file_is_busy) {
  const char* const self = windows ? "self.exe" : "self";
  EQ(try_open(rw, self, 0, READ), OK);
  EQ(try_open(rw, self, 0, WRITE), TXTBSY);
  EQ(try_open(rw, self, TRUNC, READ), TXTBSY);
  EQ(try_open(rw, "link_to_self", 0, WRITE), TXTBSY);
  EQ(try_open(rw, "hard_link_to_self", 0, WRITE), TXTBSY);
  EQ(wasi_path_unlink_file(rw, P(self), (u32)strlen(self)), TXTBSY);
  EQ(wasi_path_rename(rw, P(self), (u32)strlen(self), rw, PATH("moved")), TXTBSY);
  make_file("f", "abc");
  EQ(wasi_path_rename(dir, PATH("f"), rw, P(self), (u32)strlen(self)), TXTBSY);
  EQ(wasi_path_link(rw, 0, P(self), (u32)strlen(self), rw, PATH("linked")), TXTBSY);
}
TEST(path_open, the_limit_of_open_files) {
  static u32 fds[1100];
  u32 count = 0, error = OK;
  make_file("f", "abc");
  while (count < 1100 && (error = open_at(dir, "f", 0, READ, 0, &fds[count])) == OK) ++count;
  EQ(error, MFILE);
  EQ(fds[count - 1], 1023);
  EQ(try_open(dir, "new", CREAT, WRITE), MFILE);
  EQ(try_open(dir, "f", TRUNC, WRITE), MFILE);
  EQ(try_open(embedded, "file", 0, READ), MFILE);
  TRUE(!exists("new"));
  for (u32 i = 0; i < count; ++i) EQ(close_fd(fds[i]), OK);
  TRUE(content_is("f", "abc"));
}
TEST_WITH(pipes, path_open, unusual_files) {
  if (windows) return;  // no FIFO there
  EQ(try_open(rw, "fifo", DIRECTORY, READ), NOTDIR);
  EQ(try_at(rw, 0, "fifo", 4, 0, WRITE, __WASI_FDFLAGS_NONBLOCK), __WASI_ERRNO_NXIO);  // nobody reads
  EQ(try_at(rw, 0, "fifo", 4, 0, READ, __WASI_FDFLAGS_NONBLOCK), OK);
}
TEST(path_open, names_that_windows_takes_for_others) {
  static const char* const devices[] = {"CON", "nul", "aux.txt", "COM1", "lpt9.", "CONIN$", "prn "};
  static const char* const others[] = {"a:b", "a\\b", "a*", "a?", "a<b", "a|b", "a\"b", "a\001", "a.", "a "};
  for (u32 i = 0; i < 7; ++i) {
    EQ(try_open(dir, devices[i], CREAT, WRITE), windows ? ACCES : OK);
    EQ(make_directory(devices[i]), windows ? ACCES : EXIST);
  }
  for (u32 i = 0; i < 10; ++i) {
    EQ(try_open(dir, others[i], CREAT, WRITE), windows ? NOENT : OK);
    EQ(make_directory(others[i]), windows ? NOENT : EXIST);
  }
  make_file("Name", "abc");
  EQ(try_open(dir, "nAME", 0, READ), windows ? OK : NOENT);
}
