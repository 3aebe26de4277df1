// The path_* functions besides path_open. PATHS in each: the errors that all of them share.
#include "check.h"

#define SECOND 1000000000ull

static bool exists(const char* path) {
  __wasi_filestat_t status;
  return status_of(dir, path, 0, &status) == OK;
}
static u64 inode(const char* path) {
  __wasi_filestat_t status = {0};
  EQ(status_of(dir, path, 0, &status), OK);
  return status.ino;
}

// What every function says about a directory and a path: call(fd, path, length).
typedef u32 Call(u32 fd, u32 path, u32 length);
static void shared_errors(Call* call, bool changes) {
  make_file("file", "abc");
  EQ(call(CLOSED, PATH("x")), BADF);
  EQ(call(0xffffffff, PATH("x")), BADF);
  EQ(call(dir, PATH("")), NOENT);
  EQ(call(dir, PATH("/x")), PERM);
  EQ(call(dir, PATH("../x")), PERM);
  EQ(call(dir, PATH("x\0y")), INVAL);
  EQ(call(dir, PATH("none/x")), NOENT);
  EQ(call(dir, PATH("file/x")), NOTDIR);
  static char long_path[4097];
  memset(long_path, 'a', sizeof long_path);
  EQ(call(dir, P(long_path), 256), NAMETOOLONG);
  EQ(call(dir, P(long_path), 4097), NAMETOOLONG);
  EQ(call(dir, 0, 0xffffffff), FAULT);
  FOR_BAD(bad, 8) EQ(call(dir, bad, 8), FAULT);
  const u32 fd = open_file("file", 0);
  EQ(call(fd, PATH("x")), NOTDIR);
  EQ(close_fd(fd), OK);
  if (changes) {
    EQ(call(ro, PATH("new")), ROFS);
    EQ(call(ro, PATH("dir/new")), ROFS);
    EQ(call(embedded, PATH("new")), ROFS);
  } else {
    EQ(call(ro, PATH("none")), NOENT);
    EQ(call(embedded, PATH("none")), NOENT);
  }
  EQ(call(rw, PATH("../outside/new")), PERM);
  if (symlink_to("../..", "up") == OK) EQ(call(dir, PATH("up/outside/new")), PERM);
}

TEST(path_create_directory, success) {
  EQ(make_directory("d"), OK);
  EQ(make_directory("d/e/"), OK);
  __wasi_filestat_t status;
  EQ(status_of(dir, "d/e", 0, &status), OK);
  EQ(status.filetype, __WASI_FILETYPE_DIRECTORY);
}
TEST(path_create_directory, errors) {
  shared_errors(wasi_path_create_directory, true);
  EQ(make_directory("d"), OK);
  EQ(make_directory("d"), EXIST);
  EQ(make_directory("d/"), EXIST);
  EQ(make_directory("file"), EXIST);
  EQ(make_directory("."), EXIST);
  EQ(wasi_path_create_directory(ro, PATH("dir")), EXIST);  // what mkdir -p counts on
}
TEST(path_create_directory, where_a_link_is) {
  EQ(symlink_to("none", "dangling"), OK);
  EQ(make_directory("dangling"), EXIST);
  TRUE(!exists("none"));
}

TEST(path_remove_directory, success) {
  EQ(make_directory("d"), OK);
  EQ(make_directory("e"), OK);
  EQ(wasi_path_remove_directory(dir, PATH("d")), OK);
  EQ(wasi_path_remove_directory(dir, PATH("e/")), OK);
  TRUE(!exists("d") && !exists("e"));
}
TEST(path_remove_directory, errors) {
  shared_errors(wasi_path_remove_directory, true);
  EQ(make_directory("d"), OK);
  make_file("d/f", "abc");
  EQ(wasi_path_remove_directory(dir, PATH("d")), NOTEMPTY);
  EQ(wasi_path_remove_directory(dir, PATH("d/f")), NOTDIR);
  EQ(wasi_path_remove_directory(dir, PATH("none")), NOENT);
  EQ(wasi_path_remove_directory(dir, PATH(".")), INVAL);
  EQ(wasi_path_remove_directory(ro, PATH("dir")), ROFS);
}
TEST(path_remove_directory, links) {
  EQ(make_directory("d"), OK);
  EQ(symlink_to("d", "to_d"), OK);
  EQ(wasi_path_remove_directory(dir, PATH("to_d")), NOTDIR);
  TRUE(exists("to_d") && exists("d"));
}

TEST(path_unlink_file, success) {
  make_file("f", "abc");
  const u32 fd = open_file("f", 0);
  EQ(wasi_path_unlink_file(dir, PATH("f")), OK);
  TRUE(!exists("f"));
  char text[8];
  u32 count;
  EQ(read_text(fd, text, sizeof text, &count), OK);  // what is open stays
  EQ(count, 3);
  make_file("f", "new");  // and its name is free
  EQ(close_fd(fd), OK);
  TRUE(content_is("f", "new"));
}
TEST(path_unlink_file, errors) {
  shared_errors(wasi_path_unlink_file, true);
  EQ(make_directory("d"), OK);
  EQ(wasi_path_unlink_file(dir, PATH("d")), ISDIR);
  EQ(wasi_path_unlink_file(dir, PATH("d/")), ISDIR);
  EQ(wasi_path_unlink_file(dir, PATH("file/")), NOTDIR);
  EQ(wasi_path_unlink_file(dir, PATH("none")), NOENT);
  EQ(wasi_path_unlink_file(ro, PATH("file")), ROFS);
  EQ(wasi_path_unlink_file(embedded, PATH("file")), ROFS);
}
TEST(path_unlink_file, links) {
  make_file("f", "abc");
  EQ(make_directory("d"), OK);
  EQ(symlink_to("f", "to_f"), OK);
  EQ(symlink_to("d", "to_d"), OK);
  EQ(wasi_path_unlink_file(dir, PATH("to_f")), OK);
  EQ(wasi_path_unlink_file(dir, PATH("to_d")), OK);
  TRUE(exists("f") && exists("d"));
}

static u32 link_from(u32 fd, u32 path, u32 length) { return wasi_path_link(fd, 0, path, length, fd, PATH("target")); }
static u32 link_to(u32 fd, u32 path, u32 length) {
  make_file("source", "abc");
  u32 from = dir;
  if (fd == ro || fd == embedded) from = fd;
  return from == dir ? wasi_path_link(from, 0, PATH("source"), fd, path, length)
                     : wasi_path_link(from, 0, PATH("file"), fd, path, length);
}
TEST(path_link, success) {
  make_file("f", "abc");
  EQ(make_directory("d"), OK);
  const u32 d = open_dir(dir, "d");
  EQ(wasi_path_link(dir, 0, PATH("f"), d, PATH("g")), OK);
  EQ(inode("f"), inode("d/g"));
  make_file("f", "new");
  TRUE(content_is("d/g", "new"));
  EQ(close_fd(d), OK);
}
TEST(path_link, errors) {
  shared_errors(link_from, true);
  shared_errors(link_to, true);
  EQ(make_directory("d"), OK);
  make_file("g", "");
  EQ(wasi_path_link(dir, 0, PATH("file"), dir, PATH("g")), EXIST);
  EQ(wasi_path_link(dir, 0, PATH("file"), dir, PATH("file")), EXIST);
  EQ(wasi_path_link(dir, 0, PATH("file"), dir, PATH("d")), EXIST);
  EQ(wasi_path_link(dir, 0, PATH("d"), dir, PATH("new")), PERM);
  EQ(wasi_path_link(dir, 0, PATH("d/"), dir, PATH("new")), PERM);
  EQ(wasi_path_link(dir, 0, PATH("file/"), dir, PATH("new")), NOTDIR);
  EQ(wasi_path_link(dir, 0, PATH("file"), dir, PATH("new/")), NOENT);
  EQ(wasi_path_link(dir, 0, PATH("none"), dir, PATH("new")), NOENT);
  EQ(wasi_path_link(dir, 2, PATH("file"), dir, PATH("new")), INVAL);
  EQ(wasi_path_link(ro, 0, PATH("file"), dir, PATH("new")), XDEV);
  EQ(wasi_path_link(dir, 0, PATH("file"), ro, PATH("new")), XDEV);
  TRUE(!exists("new"));
}
TEST(path_link, links) {
  make_file("f", "abc");
  EQ(symlink_to("f", "to_f"), OK);
  EQ(symlink_to("../old", "out"), OK);
  EQ(wasi_path_link(dir, FOLLOW, PATH("to_f"), dir, PATH("followed")), OK);
  EQ(inode("followed"), inode("f"));
  EQ(wasi_path_link(dir, FOLLOW, PATH("out"), dir, PATH("new")), PERM);
  EQ(wasi_path_link(dir, 0, PATH("to_f"), dir, PATH("not_followed")), OK);
  EQ(inode("not_followed"), inode("to_f"));
}

static u32 symlink_call(u32 fd, u32 path, u32 length) { return wasi_path_symlink(PATH("target"), fd, path, length); }
TEST(path_symlink, success) {
  EQ(symlink_to("none/./x", "l"), OK);
  char target[16];
  u32 size;
  EQ(wasi_path_readlink(dir, PATH("l"), P(target), sizeof target, P(&size)), OK);
  TRUE(size == 8 && memcmp(target, "none/./x", 8) == 0);  // as it was given
  __wasi_filestat_t status;
  EQ(status_of(dir, "l", 0, &status), OK);
  EQ(status.filetype, __WASI_FILETYPE_SYMBOLIC_LINK);
  EQ(status.size, 8);
}
TEST(path_symlink, errors) {
  shared_errors(symlink_call, true);
  make_file("g", "");
  EQ(make_directory("d"), OK);
  EQ(symlink_to("x", "g"), EXIST);
  EQ(symlink_to("x", "d"), EXIST);
  EQ(symlink_to("x", "g/"), NOTDIR);
  EQ(symlink_to("x", "d/"), EXIST);
  EQ(symlink_to("x", "new/"), NOENT);
  EQ(symlink_to("/etc/passwd", "new"), PERM);
  EQ(symlink_to("", "new"), NOENT);
  EQ(wasi_path_symlink(PATH("a\0b"), dir, PATH("new")), INVAL);
  static char long_target[4097];
  memset(long_target, 'a', sizeof long_target);
  EQ(wasi_path_symlink(P(long_target), 4097, dir, PATH("new")), NAMETOOLONG);
  FOR_BAD(bad, 4) EQ(wasi_path_symlink(bad, 4, dir, PATH("new")), FAULT);
  TRUE(!exists("new"));
}

static u32 readlink_call(u32 fd, u32 path, u32 length) {
  char buffer[16];
  u32 size;
  return wasi_path_readlink(fd, path, length, P(buffer), sizeof buffer, P(&size));
}
TEST(path_readlink, success) {
  EQ(symlink_to("target", "l"), OK);
  char target[8] = "~~~~~~~";
  u32 size = 9;
  EQ(wasi_path_readlink(dir, PATH("l"), P(target), 3, P(&size)), OK);  // cut
  EQ(size, 3);
  TRUE(memcmp(target, "tar~", 4) == 0);
  EQ(wasi_path_readlink(dir, PATH("l"), P(target), 0, P(&size)), OK);
  EQ(size, 0);
  EQ(wasi_path_readlink(dir, PATH("l"), P(last_bytes(6)), 6, P(&size)), OK);
  EQ(size, 6);
  FOR_BAD(bad, 6) EQ(wasi_path_readlink(dir, PATH("l"), bad, 6, P(&size)), FAULT);
  FOR_BAD(bad, 4) EQ(wasi_path_readlink(dir, PATH("l"), P(target), 6, bad), FAULT);
  EQ(wasi_path_readlink(dir, PATH("l"), P(target), 0xffffffff, P(&size)), FAULT);
}
TEST(path_readlink, a_link_that_leads_out_may_be_read) {
  char target[64];
  u32 size;
  EQ(wasi_path_readlink(rw, PATH("link_out"), P(target), sizeof target, P(&size)), OK);
  TRUE(size == 17 && memcmp(target, "../outside/secret", 17) == 0);
}
TEST(path_readlink, errors) {
  shared_errors(readlink_call, false);
  EQ(make_directory("d"), OK);
  EQ(readlink_call(dir, PATH("file")), INVAL);
  EQ(readlink_call(dir, PATH("d")), INVAL);
  EQ(readlink_call(dir, PATH("d/")), INVAL);
  EQ(readlink_call(dir, PATH("file/")), NOTDIR);
  EQ(readlink_call(dir, PATH("none")), NOENT);
  EQ(readlink_call(embedded, PATH("file")), INVAL);
}

static u32 rename_from(u32 fd, u32 path, u32 length) { return wasi_path_rename(fd, path, length, fd, PATH("target")); }
static u32 rename_to(u32 fd, u32 path, u32 length) {
  make_file("source", "abc");
  if (fd == ro || fd == embedded) return wasi_path_rename(fd, PATH("file"), fd, path, length);
  return wasi_path_rename(dir, PATH("source"), fd, path, length);
}
TEST(path_rename, success) {
  make_file("f", "abc");
  make_file("g", "old");
  EQ(make_directory("d"), OK);
  EQ(make_directory("empty"), OK);
  EQ(wasi_path_rename(dir, PATH("f"), dir, PATH("g")), OK);  // replaces
  TRUE(content_is("g", "abc") && !exists("f"));
  const u32 d = open_dir(dir, "d");
  EQ(wasi_path_rename(dir, PATH("g"), d, PATH("h")), OK);
  TRUE(content_is("d/h", "abc"));
  EQ(close_fd(d), OK);
  EQ(wasi_path_rename(dir, PATH("d"), dir, PATH("empty")), OK);  // an empty directory
  TRUE(content_is("empty/h", "abc") && !exists("d"));
  EQ(wasi_path_rename(dir, PATH("empty/"), dir, PATH("e/")), OK);
  TRUE(exists("e/h"));
  EQ(wasi_path_rename(dir, PATH("e/h"), dir, PATH("e/h")), OK);  // onto itself
  TRUE(exists("e/h"));
}
TEST(path_rename, while_both_are_open) {
  make_file("f", "new");
  make_file("g", "old");
  const u32 f = open_file("f", 0), g = open_file("g", 0);
  EQ(wasi_path_rename(dir, PATH("f"), dir, PATH("g")), OK);
  char text[8];
  u32 count;
  EQ(read_text(g, text, sizeof text, &count), OK);
  TRUE(strcmp(text, "old") == 0);
  EQ(close_fd(f), OK);
  EQ(close_fd(g), OK);
  TRUE(content_is("g", "new"));
}
TEST(path_rename, errors) {
  shared_errors(rename_from, true);
  shared_errors(rename_to, true);
  EQ(make_directory("d"), OK);
  EQ(make_directory("full"), OK);
  make_file("full/f", "");
  EQ(wasi_path_rename(dir, PATH("none"), dir, PATH("x")), NOENT);
  EQ(wasi_path_rename(dir, PATH("file"), dir, PATH("d")), ISDIR);
  EQ(wasi_path_rename(dir, PATH("d"), dir, PATH("file")), NOTDIR);
  EITHER(wasi_path_rename(dir, PATH("d"), dir, PATH("full")), NOTEMPTY, EXIST);
  EQ(wasi_path_rename(dir, PATH("d"), dir, PATH("d/inside")), INVAL);
  EQ(wasi_path_rename(dir, PATH("file/"), dir, PATH("x")), NOTDIR);
  EQ(wasi_path_rename(dir, PATH("file"), dir, PATH("x/")), NOTDIR);
  EQ(wasi_path_rename(ro, PATH("file"), dir, PATH("x")), XDEV);
  EQ(wasi_path_rename(dir, PATH("file"), ro, PATH("x")), XDEV);
  EQ(wasi_path_rename(ro, PATH("file"), ro, PATH("x")), ROFS);
  TRUE(exists("file") && exists("full/f") && !exists("x"));
}
TEST(path_rename, links) {
  make_file("f", "abc");
  EQ(symlink_to("f", "l"), OK);
  EQ(wasi_path_rename(dir, PATH("l"), dir, PATH("m")), OK);  // the link itself
  TRUE(exists("m") && exists("f") && !exists("l"));
  make_file("g", "new");
  EQ(wasi_path_rename(dir, PATH("g"), dir, PATH("m")), OK);  // replaced, not followed
  TRUE(content_is("f", "abc") && content_is("m", "new"));
}

static u32 status_call(u32 fd, u32 path, u32 length) {
  __wasi_filestat_t status;
  return wasi_path_filestat_get(fd, 0, path, length, P(&status));
}
static u32 status_follow_call(u32 fd, u32 path, u32 length) {
  __wasi_filestat_t status;
  return wasi_path_filestat_get(fd, FOLLOW, path, length, P(&status));
}
TEST(path_filestat_get, success) {
  make_file("f", "abc");
  __wasi_filestat_t status;
  EQ(status_of(dir, "f", 0, &status), OK);
  EQ(status.size, 3);
  EQ(status.nlink, 1);
  EQ(status.filetype, __WASI_FILETYPE_REGULAR_FILE);
  EQ(status_of(dir, ".", FOLLOW, &status), OK);
  EQ(status.filetype, __WASI_FILETYPE_DIRECTORY);
  EQ(status_of(ro, "dir/inner", 0, &status), OK);
  EQ(status_of(embedded, "dir/inner", FOLLOW, &status), OK);
  EQ(status.filetype, __WASI_FILETYPE_REGULAR_FILE);
  EQ(status_of(rw, "old", 0, &status), OK);
  EQ(status.mtim, 0);  // it is from 1969
  EQ(wasi_path_filestat_get(dir, 0, PATH("f"), P(last_bytes(64))), OK);
}
TEST(path_filestat_get, errors) {
  shared_errors(status_call, false);
  shared_errors(status_follow_call, false);
  __wasi_filestat_t status;
  EQ(status_of(dir, "none", 0, &status), NOENT);
  EQ(status_of(dir, "file/", 0, &status), NOTDIR);
  EQ(status_of(dir, "..", 0, &status), PERM);
  EQ(status_of(dir, "file", 2, &status), INVAL);
  FOR_BAD(bad, 64) EQ(wasi_path_filestat_get(dir, 0, PATH("file"), bad), FAULT);
}
TEST(path_filestat_get, links) {
  make_file("f", "abc");
  EQ(make_directory("d"), OK);
  EQ(symlink_to("f", "to_f"), OK);
  EQ(symlink_to("d", "to_d"), OK);
  __wasi_filestat_t status;
  EQ(status_of(dir, "to_f", 0, &status), OK);
  EQ(status.filetype, __WASI_FILETYPE_SYMBOLIC_LINK);
  EQ(status_of(dir, "to_f", FOLLOW, &status), OK);
  EQ(status.size, 3);
  EQ(status.filetype, __WASI_FILETYPE_REGULAR_FILE);
  EQ(status_of(dir, "to_d/", 0, &status), OK);  // a slash follows
  EQ(status.filetype, __WASI_FILETYPE_DIRECTORY);
  EQ(status_of(rw, "link_out", 0, &status), OK);
  EQ(status_of(rw, "link_out", FOLLOW, &status), PERM);
}

static u32 times_call(u32 fd, u32 path, u32 length) {
  return wasi_path_filestat_set_times(fd, FOLLOW, path, length, 0, 0, 2 | 8);
}
TEST(path_filestat_set_times, success) {
  make_file("f", "abc");
  __wasi_filestat_t status;
  EQ(wasi_path_filestat_set_times(dir, 0, PATH("f"), 1000 * SECOND + 100, 2000 * SECOND + 200, 1 | 4), OK);
  EQ(status_of(dir, "f", 0, &status), OK);
  EQ(status.atim, 1000 * SECOND + 100);
  EQ(status.mtim, 2000 * SECOND + 200);
  EQ(wasi_path_filestat_set_times(dir, 0, PATH("."), 1000 * SECOND, 2000 * SECOND, 1 | 4), OK);
  EQ(status_of(dir, ".", 0, &status), OK);
  EQ(status.mtim, 2000 * SECOND);
  EQ(wasi_path_filestat_set_times(dir, 0, PATH("f"), 0, 0, 8), OK);
  EQ(status_of(dir, "f", 0, &status), OK);
  TRUE(status.mtim > 1700000000 * SECOND);
}
TEST(path_filestat_set_times, errors) {
  shared_errors(times_call, true);
  EQ(wasi_path_filestat_set_times(dir, 0, PATH("none"), 0, 0, 2), NOENT);
  EQ(wasi_path_filestat_set_times(dir, 0, PATH("file"), 0, 0, 1 | 2), INVAL);
  EQ(wasi_path_filestat_set_times(dir, 0, PATH("file"), 0, 0, 4 | 8), INVAL);
  EQ(wasi_path_filestat_set_times(dir, 0, PATH("file"), 0, 0, 16), INVAL);
  EQ(wasi_path_filestat_set_times(dir, 2, PATH("file"), 0, 0, 2), INVAL);
  EQ(wasi_path_filestat_set_times(dir, 0, PATH("file/"), 0, 0, 2), NOTDIR);
  EQ(wasi_path_filestat_set_times(ro, 0, PATH("file"), 0, 0, 2), ROFS);
  EQ(wasi_path_filestat_set_times(embedded, 0, PATH("file"), 0, 0, 2), ROFS);
}
TEST(path_filestat_set_times, links) {
  make_file("f", "abc");
  EQ(symlink_to("f", "l"), OK);
  __wasi_filestat_t link, file;
  EQ(wasi_path_filestat_set_times(dir, 0, PATH("f"), 0, 1000 * SECOND, 4), OK);
  EQ(wasi_path_filestat_set_times(dir, 0, PATH("l"), 0, 2000 * SECOND, 4), OK);
  EQ(status_of(dir, "l", 0, &link), OK);
  EQ(status_of(dir, "f", 0, &file), OK);
  EQ(link.mtim, 2000 * SECOND);
  EQ(file.mtim, 1000 * SECOND);
  EQ(wasi_path_filestat_set_times(dir, FOLLOW, PATH("l"), 0, 3000 * SECOND, 4), OK);
  EQ(status_of(dir, "f", 0, &file), OK);
  EQ(file.mtim, 3000 * SECOND);
  EQ(wasi_path_filestat_set_times(rw, FOLLOW, PATH("link_out"), 0, 0, 8), PERM);
}
