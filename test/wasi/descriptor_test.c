// What a descriptor is, apart from its bytes: fd_fdstat_*, fd_close, fd_renumber, fd_prestat_*.
#include "check.h"

static __wasi_fdstat_t stat_of(u32 fd) {
  __wasi_fdstat_t stat = {0};
  EQ(wasi_fd_fdstat_get(fd, P(&stat)), OK);
  return stat;
}

TEST(fd_fdstat_get, types_flags_and_rights) {
  u32 fd;
  EQ(open_at(dir, "f", CREAT, __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_WRITE, 1, &fd), OK);
  __wasi_fdstat_t stat = stat_of(fd);
  EQ(stat.fs_filetype, __WASI_FILETYPE_REGULAR_FILE);
  EQ(stat.fs_flags, __WASI_FDFLAGS_APPEND);
  EQ(stat.fs_rights_base, __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_WRITE);
  EQ(close_fd(fd), OK);
  stat = stat_of(dir);
  EQ(stat.fs_filetype, __WASI_FILETYPE_DIRECTORY);
  EQ(stat.fs_rights_base & __WASI_RIGHTS_FD_SEEK, 0);
  TRUE((stat.fs_rights_base & __WASI_RIGHTS_PATH_OPEN) != 0);
  TRUE((stat.fs_rights_inheriting & __WASI_RIGHTS_FD_WRITE) != 0);
  EQ(stat_of(embedded).fs_filetype, __WASI_FILETYPE_DIRECTORY);
}
TEST(fd_fdstat_get, errors) {
  __wasi_fdstat_t stat;
  EQ(wasi_fd_fdstat_get(CLOSED, P(&stat)), BADF);
  EQ(wasi_fd_fdstat_get(0xffffffff, P(&stat)), BADF);
  FOR_BAD(bad, 24) EQ(wasi_fd_fdstat_get(dir, bad), FAULT);
  EQ(wasi_fd_fdstat_get(dir, P(last_bytes(24))), OK);
}
TEST(fd_fdstat_set_flags, append_and_nonblock_come_and_go) {
  make_file("f", "abc");
  const u32 fd = open_file("f", 0);
  EQ(wasi_fd_fdstat_set_flags(fd, __WASI_FDFLAGS_APPEND | __WASI_FDFLAGS_NONBLOCK), OK);
  EQ(stat_of(fd).fs_flags, __WASI_FDFLAGS_APPEND | __WASI_FDFLAGS_NONBLOCK);
  EQ(write_text(fd, "de"), OK);
  TRUE(content_is("f", "abcde"));
  EQ(wasi_fd_fdstat_set_flags(fd, 0), OK);
  EQ(stat_of(fd).fs_flags, 0);
  u64 at;
  EQ(wasi_fd_seek(fd, 0, 0, P(&at)), OK);
  EQ(write_text(fd, "X"), OK);
  TRUE(content_is("f", "Xbcde"));
  for (u32 flag = __WASI_FDFLAGS_DSYNC; flag <= __WASI_FDFLAGS_SYNC; flag *= 2) {
    if (flag != __WASI_FDFLAGS_NONBLOCK) EQ(wasi_fd_fdstat_set_flags(fd, flag), INVAL);
  }
  EQ(wasi_fd_fdstat_set_flags(fd, 32), INVAL);
  EQ(wasi_fd_fdstat_set_flags(fd, 0xffffffff), INVAL);
  EQ(close_fd(fd), OK);
  EQ(wasi_fd_fdstat_set_flags(fd, 0), BADF);
}
TEST(fd_fdstat_set_flags, synchronous_files_stay_so) {
  u32 fd;
  const u32 flags = __WASI_FDFLAGS_DSYNC | __WASI_FDFLAGS_SYNC;
  EQ(open_at(dir, "f", CREAT, ALL, flags, &fd), OK);
  EQ(stat_of(fd).fs_flags & flags, flags);
  EQ(write_text(fd, "abc"), OK);
  EQ(wasi_fd_fdstat_set_flags(fd, flags | __WASI_FDFLAGS_APPEND), OK);
  EQ(stat_of(fd).fs_flags & flags, flags);
  EQ(close_fd(fd), OK);
}
TEST(fd_fdstat_set_rights, only_fewer) {
  make_file("f", "abc");
  const u32 fd = open_file("f", 0);
  const u64 both = __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_WRITE;
  EQ(wasi_fd_fdstat_set_rights(fd, ALL, 0), NOTCAPABLE);
  EQ(wasi_fd_fdstat_set_rights(fd, both, 0), OK);
  u64 at;
  EQ(wasi_fd_seek(fd, 0, 0, P(&at)), NOTCAPABLE);
  EQ(wasi_fd_seek(fd, 0, 1, P(&at)), NOTCAPABLE);  // not even asking
  EQ(wasi_fd_tell(fd, P(&at)), NOTCAPABLE);
  EQ(wasi_fd_fdstat_set_rights(fd, __WASI_RIGHTS_FD_READ, 0), OK);
  EQ(write_text(fd, "x"), BADF);
  char text[8];
  u32 count;
  EQ(read_text(fd, text, sizeof text, &count), OK);
  EQ(wasi_fd_fdstat_set_rights(fd, both, 0), NOTCAPABLE);
  EQ(wasi_fd_fdstat_set_rights(fd, __WASI_RIGHTS_FD_READ, ALL), NOTCAPABLE);
  EQ(wasi_fd_fdstat_set_rights(fd, 0, 0), OK);
  EQ(read_text(fd, text, sizeof text, &count), BADF);
  EQ(wasi_fd_sync(fd), NOTCAPABLE);
  __wasi_fdstat_t stat;
  EQ(wasi_fd_fdstat_get(fd, P(&stat)), OK);
  EQ(close_fd(fd), OK);
  EQ(wasi_fd_fdstat_set_rights(CLOSED, 0, 0), BADF);
}
TEST(fd_fdstat_set_rights, what_a_directory_passes_on) {
  make_file("f", "abc");
  EQ(make_directory("d"), OK);
  make_file("d/f", "abc");
  const u32 d = open_dir(dir, "d");
  const u64 base = stat_of(d).fs_rights_base;
  u32 fd;
  EQ(wasi_fd_fdstat_set_rights(d, base, __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_SEEK), OK);
  EQ(open_at(d, "f", 0, __WASI_RIGHTS_FD_WRITE, 0, &fd), NOTCAPABLE);
  EQ(open_at(d, "f", 0, __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_TELL, 0, &fd), OK);
  EQ(stat_of(fd).fs_rights_base, __WASI_RIGHTS_FD_READ);
  EQ(stat_of(fd).fs_rights_inheriting & ~(__WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_SEEK), 0);
  EQ(close_fd(fd), OK);
  EQ(wasi_fd_fdstat_set_rights(d, base & ~__WASI_RIGHTS_PATH_CREATE_FILE, 0), OK);
  EQ(open_at(d, "new", CREAT, 0, 0, &fd), NOTCAPABLE);
  EQ(wasi_fd_fdstat_set_rights(d, 0, 0), OK);
  EQ(open_at(d, "f", 0, 0, 0, &fd), NOTCAPABLE);
  __wasi_filestat_t status;
  EQ(status_of(d, "f", 0, &status), NOTCAPABLE);
  EQ(wasi_path_unlink_file(d, PATH("f")), NOTCAPABLE);
  EQ(wasi_path_remove_directory(d, PATH("f")), NOTCAPABLE);
  EQ(wasi_path_create_directory(d, PATH("g")), NOTCAPABLE);
  EQ(wasi_path_symlink(PATH("f"), d, PATH("g")), NOTCAPABLE);
  EQ(wasi_path_readlink(d, PATH("f"), P(&status), 8, P(&fd)), NOTCAPABLE);
  EQ(wasi_path_rename(d, PATH("f"), dir, PATH("g")), NOTCAPABLE);
  EQ(wasi_path_rename(dir, PATH("f"), d, PATH("g")), NOTCAPABLE);
  EQ(wasi_path_link(d, 0, PATH("f"), dir, PATH("g")), NOTCAPABLE);
  EQ(wasi_path_link(dir, 0, PATH("f"), d, PATH("g")), NOTCAPABLE);
  EQ(wasi_path_filestat_set_times(d, 0, PATH("f"), 0, 0, 2), NOTCAPABLE);
  EQ(wasi_fd_filestat_get(d, P(&status)), NOTCAPABLE);
  EQ(wasi_fd_filestat_set_times(d, 0, 0, 2), NOTCAPABLE);
  EQ(wasi_fd_fdstat_set_flags(d, 0), NOTCAPABLE);
  EQ(wasi_fd_datasync(d), NOTCAPABLE);
  EQ(wasi_fd_readdir(d, P(&status), 8, 0, P(&fd)), NOTCAPABLE);
  EQ(close_fd(d), OK);
}

TEST(fd_close, once) {
  const u32 fd = open_file("f", CREAT);
  EQ(close_fd(fd), OK);
  EQ(close_fd(fd), BADF);
  EQ(close_fd(CLOSED), BADF);
  EQ(close_fd(0xffffffff), BADF);
}
TEST(fd_close, the_lowest_number_is_used_again) {
  const u32 a = open_file("f", CREAT), b = open_file("f", 0), c = open_file("f", 0);
  TRUE(a < b && b < c);
  EQ(close_fd(b), OK);
  EQ(open_file("f", 0), b);
  EQ(close_fd(a), OK);
  EQ(close_fd(b), OK);
  EQ(open_file("f", 0), a);
  EQ(close_fd(a), OK);
  EQ(close_fd(c), OK);
}
TEST_WITH(last, fd_close, the_number_of_a_stream_is_not_used_again_by_the_system) {
  EQ(close_fd(0), OK);
  EQ(close_fd(0), BADF);
  char text[4];
  u32 count;
  EQ(read_text(0, text, sizeof text, &count), BADF);
  const u32 fd = open_file("f", CREAT);
  EQ(fd, 0);  // the lowest free number of the guest
  EQ(write_text(fd, "abc"), OK);
  EQ(close_fd(fd), OK);
  TRUE(content_is("f", "abc"));
}
TEST_WITH(closed, fd_close, streams_that_were_closed_at_start) {
  for (u32 fd = 0; fd < 3; ++fd) EQ(streams_at_start[fd], BADF);
}
TEST_WITH(last, fd_fdstat_get, streams_at_start) {
  for (u32 fd = 0; fd < 3; ++fd) EQ(streams_at_start[fd], OK);
}
TEST_WITH(directory, fd_readdir, a_directory_as_standard_input_is_no_grant) {
  u8 buffer[64];
  u32 count, fd;
  TRUE(wasi_fd_readdir(0, P(buffer), sizeof buffer, 0, P(&count)) != OK);
  TRUE(open_at(0, "file", 0, __WASI_RIGHTS_FD_READ, 0, &fd) != OK);
  __wasi_filestat_t status;
  TRUE(status_of(0, "file", 0, &status) != OK);
}

TEST(fd_renumber, replaces) {
  const u32 a = open_file("a", CREAT), b = open_file("b", CREAT);
  EQ(wasi_fd_renumber(a, b), OK);
  EQ(write_text(b, "to a"), OK);
  TRUE(content_is("a", "to a") && content_is("b", ""));
  EQ(write_text(a, "x"), BADF);
  EQ(wasi_fd_renumber(b, b), OK);
  EQ(write_text(b, "!"), OK);
  EQ(wasi_fd_renumber(a, b), BADF);
  EQ(wasi_fd_renumber(b, a), BADF);
  EQ(wasi_fd_renumber(b, CLOSED), BADF);
  EQ(wasi_fd_renumber(CLOSED, b), BADF);
  EQ(wasi_fd_renumber(0xffffffff, 0xffffffff), BADF);
  EQ(close_fd(b), OK);
}
TEST(fd_renumber, directories) {
  EQ(make_directory("d"), OK);
  make_file("d/f", "in d");
  const u32 d = open_dir(dir, "d"), other = open_dir(dir, ".");
  EQ(wasi_fd_renumber(d, other), OK);
  __wasi_filestat_t status;
  EQ(status_of(other, "f", 0, &status), OK);
  EQ(status_of(d, "f", 0, &status), BADF);
  EQ(close_fd(other), OK);
}

TEST(fd_prestat_get, grants_from_three_on) {
  static const char* const expected[] = {"/rw", "/ro", "/embedded"};
  for (u32 i = 0; i < 3; ++i) {
    __wasi_prestat_t prestat = {.tag = 9};
    char name[16] = "";
    EQ(wasi_fd_prestat_get(3 + i, P(&prestat)), OK);
    EQ(prestat.tag, 0);
    EQ(prestat.u.dir.pr_name_len, strlen(expected[i]));
    EQ(wasi_fd_prestat_dir_name(3 + i, P(name), sizeof name), OK);
    TRUE(strcmp(name, expected[i]) == 0);
  }
}
TEST(fd_prestat_get, errors) {
  __wasi_prestat_t prestat;
  for (u32 fd = 0; fd < 3; ++fd) EQ(wasi_fd_prestat_get(fd, P(&prestat)), BADF);
  EQ(wasi_fd_prestat_get(dir, P(&prestat)), BADF);  // a directory, but not a grant
  EQ(wasi_fd_prestat_get(CLOSED, P(&prestat)), BADF);
  FOR_BAD(bad, 8) EQ(wasi_fd_prestat_get(rw, bad), FAULT);
  EQ(wasi_fd_prestat_get(rw, P(last_bytes(8))), OK);
}
TEST(fd_prestat_dir_name, errors) {
  char name[8] = "~~~~~~~";
  EQ(wasi_fd_prestat_dir_name(rw, P(name), 2), NAMETOOLONG);
  EQ(wasi_fd_prestat_dir_name(rw, P(name), 0), NAMETOOLONG);
  EQ(name[0], '~');
  EQ(wasi_fd_prestat_dir_name(rw, P(name), 3), OK);
  EQ(name[3], '~');  // no NUL
  EQ(wasi_fd_prestat_dir_name(dir, P(name), 8), BADF);
  EQ(wasi_fd_prestat_dir_name(1, P(name), 8), BADF);
  EQ(wasi_fd_prestat_dir_name(CLOSED, P(name), 8), BADF);
  FOR_BAD(bad, 3) EQ(wasi_fd_prestat_dir_name(rw, bad, 3), FAULT);
  EQ(wasi_fd_prestat_dir_name(rw, P(last_bytes(3)), 3), OK);
  EQ(wasi_fd_prestat_dir_name(rw, P(name), 0xffffffff), OK);  // more room than there is memory: only the name counts
}
