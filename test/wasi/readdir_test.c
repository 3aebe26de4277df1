// fd_readdir: thousands of entries, small buffers, changes meanwhile.
#include "check.h"

#define RECORD 24  // bytes of an entry before its name

// Lists `fd` through a buffer of `size` bytes and calls `seen` with each entry. The number of entries.
typedef void (*Seen)(const __wasi_dirent_t* entry, const char* name);
static u32 list(u32 fd, u32 size, Seen seen) {
  static u8 buffer[70000];
  u64 cookie = 0;
  u32 entries = 0;
  for (u32 rounds = 0; rounds < 5000; ++rounds) {
    u32 used = 0;
    EQ(wasi_fd_readdir(fd, P(buffer), size, cookie, P(&used)), OK);
    TRUE(used <= size);
    u32 at = 0;
    __wasi_dirent_t entry;
    while (at + RECORD <= used) {
      memcpy(&entry, buffer + at, RECORD);
      if (at + RECORD + entry.d_namlen > used) break;
      if (seen) seen(&entry, (const char*)buffer + at + RECORD);
      ++entries;
      cookie = entry.d_next;
      at += RECORD + entry.d_namlen;
    }
    if (used < size) return entries;
    if (at == 0) break;  // not even one fits
  }
  TRUE(!"the listing ends");
  return entries;
}

// Names "kN" for N < 3000, each once; other names are counted.
static u8 times[3000];
static u32 others;
static void count_name(const __wasi_dirent_t* entry, const char* name) {
  u32 number = 0;
  for (u32 i = 1; i < entry->d_namlen; ++i) number = number * 10 + (u32)(name[i] - '0');
  if (name[0] == 'k' && number < 3000) {
    ++times[number];
  } else {
    ++others;
  }
}
static void all_once(void) {
  u32 wrong = 0;
  for (u32 i = 0; i < 3000; ++i) wrong += times[i] != 1 ? 1 : 0;
  EQ(wrong, 0);
}

TEST(fd_readdir, three_thousand_entries_in_any_buffer) {
  const u32 big = open_dir(rw, "big");
  static const u32 sizes[] = {70000, 4096, 100, RECORD + 5};
  for (u32 i = 0; i < 4; ++i) {
    memset(times, 0, sizeof times);
    others = 0;
    EQ(list(big, sizes[i], count_name), 3002);
    all_once();
    EQ(others, 2);
  }
  EQ(close_fd(big), OK);
}
// Somebody else creates and removes files all the time; what stays is seen once.
TEST(fd_readdir, while_others_change_the_directory) {
  const u32 busy = open_dir(rw, "busy");
  for (u32 round = 0; round < 20; ++round) {
    memset(times, 0, sizeof times);
    list(busy, 1000, count_name);
    u32 wrong = 0;
    for (u32 i = 0; i < 200; ++i) wrong += times[i] != 1 ? 1 : 0;
    EQ(wrong, 0);
  }
  EQ(close_fd(busy), OK);
}
// The program itself removes and creates what it lists: the snapshot of cookie 0 stays.
static u32 changing, removed;
static void replace(const __wasi_dirent_t* entry, const char* name) {
  if (name[0] == '.') return;
  removed += wasi_path_unlink_file(changing, P(name), entry->d_namlen) == OK ? 1 : 0;
  char other[16];
  memcpy(other, name, entry->d_namlen);
  other[0] = 'n';
  u32 fd;
  if (wasi_path_open(changing, 0, P(other), entry->d_namlen, CREAT, 0, 0, 0, P(&fd)) == OK) wasi_fd_close(fd);
}
TEST(fd_readdir, while_the_program_changes_the_directory) {
  for (u32 i = 0; i < 100; ++i) {
    char name[4] = {'k', (char)('0' + i / 10), (char)('0' + i % 10), 0};
    make_file(name, "");
  }
  changing = dir;
  removed = 0;
  EQ(list(dir, 200, replace), 102);
  EQ(removed, 100);
  memset(times, 0, sizeof times);
  others = 0;
  EQ(list(dir, 200, count_name), 102);
  EQ(others, 102);  // all of them new
}

static __wasi_dirent_t found_entries[8];
static char found_names[8][32];
static u32 found_count;
static void keep(const __wasi_dirent_t* entry, const char* name) {
  if (found_count == 8) return;
  found_entries[found_count] = *entry;
  memcpy(found_names[found_count], name, entry->d_namlen);
  found_names[found_count++][entry->d_namlen] = 0;
}
TEST(fd_readdir, what_an_entry_says) {
  EQ(make_directory("d"), OK);
  make_file("d/file", "abc");
  const u32 d = open_dir(dir, "d");
  __wasi_filestat_t file, own;
  EQ(status_of(d, "file", 0, &file), OK);
  EQ(wasi_fd_filestat_get(d, P(&own)), OK);
  found_count = 0;
  EQ(list(d, 4096, keep), 3);
  TRUE(strcmp(found_names[0], ".") == 0 && strcmp(found_names[1], "..") == 0 && strcmp(found_names[2], "file") == 0);
  EQ(found_entries[0].d_type, __WASI_FILETYPE_DIRECTORY);
  EQ(found_entries[0].d_ino, own.ino);
  EQ(found_entries[1].d_ino, own.ino);  // what lies above is not told
  EQ(found_entries[2].d_type, __WASI_FILETYPE_REGULAR_FILE);
  EQ(found_entries[2].d_ino, file.ino);
  EQ(close_fd(d), OK);
}
TEST(fd_readdir, cookies) {
  EQ(make_directory("d"), OK);
  make_file("d/file", "");
  const u32 d = open_dir(dir, "d");
  u8 buffer[256];
  u32 used = 0;
  EQ(wasi_fd_readdir(d, P(buffer), sizeof buffer, 2, P(&used)), OK);  // without cookie 0 before
  EQ(used, RECORD + 4);
  EQ(wasi_fd_readdir(d, P(buffer), sizeof buffer, 3, P(&used)), OK);
  EQ(used, 0);
  EQ(wasi_fd_readdir(d, P(buffer), sizeof buffer, 1000, P(&used)), OK);
  EQ(used, 0);
  EQ(wasi_fd_readdir(d, P(buffer), sizeof buffer, ALL, P(&used)), OK);
  EQ(used, 0);
  make_file("d/more", "");
  EQ(wasi_fd_readdir(d, P(buffer), sizeof buffer, 3, P(&used)), OK);  // still the old snapshot
  EQ(used, 0);
  EQ(wasi_fd_readdir(d, P(buffer), sizeof buffer, 0, P(&used)), OK);
  EQ(used, 4 * RECORD + 1 + 2 + 4 + 4);
  EQ(close_fd(d), OK);
}
TEST(fd_readdir, sizes_and_pointers) {
  u8 buffer[64];
  u32 used = 9;
  memset(buffer, '~', sizeof buffer);
  EQ(wasi_fd_readdir(dir, P(buffer), 0, 0, P(&used)), OK);
  EQ(used, 0);
  EQ(wasi_fd_readdir(dir, P(buffer), 1, 0, P(&used)), OK);
  EQ(used, 1);
  EQ(buffer[1], '~');
  EQ(wasi_fd_readdir(dir, P(buffer), RECORD + 1, 0, P(&used)), OK);
  EQ(used, RECORD + 1);
  EQ(buffer[RECORD], '.');
  EQ(buffer[RECORD + 1], '~');
  EQ(wasi_fd_readdir(dir, memory_size(), 0, 0, P(&used)), OK);
  EQ(wasi_fd_readdir(dir, 0, 0xffffffff, 0, P(&used)), FAULT);
  FOR_BAD(bad, 64) EQ(wasi_fd_readdir(dir, bad, 64, 0, P(&used)), FAULT);
  FOR_BAD(bad, 4) EQ(wasi_fd_readdir(dir, P(buffer), 64, 0, bad), FAULT);
  EQ(wasi_fd_readdir(dir, P(last_bytes(64)), 64, 0, P(&used)), OK);
}
TEST(fd_readdir, errors) {
  u8 buffer[64];
  u32 used;
  const u32 fd = open_file("f", CREAT);
  EQ(wasi_fd_readdir(fd, P(buffer), 64, 0, P(&used)), NOTDIR);
  EQ(close_fd(fd), OK);
  EQ(wasi_fd_readdir(fd, P(buffer), 64, 0, P(&used)), BADF);
  EQ(wasi_fd_readdir(CLOSED, P(buffer), 64, 0, P(&used)), BADF);
}
TEST(fd_readdir, embedded_directories) {
  found_count = 0;
  EQ(list(embedded, 40, keep), 4);
  TRUE(strcmp(found_names[2], "dir") == 0 && strcmp(found_names[3], "file") == 0);
  EQ(found_entries[2].d_type, __WASI_FILETYPE_DIRECTORY);
  EQ(found_entries[3].d_type, __WASI_FILETYPE_REGULAR_FILE);
}
TEST(fd_readdir, a_directory_that_is_gone) {
  EQ(make_directory("d"), OK);
  const u32 d = open_dir(dir, "d");
  EITHER(wasi_path_remove_directory(dir, PATH("d")), OK, __WASI_ERRNO_BUSY);
  u8 buffer[128];
  u32 used = 0;
  const u32 error = wasi_fd_readdir(d, P(buffer), sizeof buffer, 0, P(&used));
  TRUE(error == OK ? used <= 2 * RECORD + 3 : error == NOENT);
  EQ(close_fd(d), OK);
}

// Names that are not UTF-8: bytes like others on POSIX systems, refused by name on Windows.
TEST(path_open, names_that_are_not_utf8) {
  static const char name[] = "caf\xe9-\xff\xc0\x80";
  u32 fd = CLOSED;
  const u32 error = wasi_path_open(dir, 0, PATH(name), CREAT, __WASI_RIGHTS_FD_WRITE, 0, 0, P(&fd));
  if (windows) {
    EQ(error, ILSEQ);
    EQ(wasi_path_create_directory(dir, PATH(name)), ILSEQ);
    return;
  }
  EQ(error, OK);
  EQ(close_fd(fd), OK);
  found_count = 0;
  EQ(list(dir, 4096, keep), 3);
  TRUE(strcmp(found_names[2], name) == 0);
  EQ(wasi_path_rename(dir, PATH(name), dir, PATH("\xff")), OK);
  EQ(wasi_path_symlink(PATH("\xfe\xff"), dir, PATH("\xfd")), OK);
  char target[8];
  u32 size;
  EQ(wasi_path_readlink(dir, PATH("\xfd"), P(target), sizeof target, P(&size)), OK);
  TRUE(size == 2 && memcmp(target, "\xfe\xff", 2) == 0);
  EQ(wasi_path_unlink_file(dir, PATH("\xff")), OK);
}
TEST(path_open, names_beyond_ascii) {
  make_file("\xe2\x82\xac \xf0\x9f\xa6\x80.txt", "abc");
  found_count = 0;
  EQ(list(dir, 4096, keep), 3);
  TRUE(strcmp(found_names[2], "\xe2\x82\xac \xf0\x9f\xa6\x80.txt") == 0);
}
