// fd_read, fd_write, fd_pread, fd_pwrite, fd_seek, fd_tell.
#include "check.h"

static u32 iovs(u32 fd, bool write, u32 buffers, u32 count, u32* size) {
  return write ? wasi_fd_write(fd, buffers, count, P(size)) : wasi_fd_read(fd, buffers, count, P(size));
}
static u64 position(u32 fd) {
  u64 result = ALL;
  EQ(wasi_fd_tell(fd, P(&result)), OK);
  return result;
}
static u32 seek(u32 fd, long long offset, u32 whence) {
  u64 result;
  return wasi_fd_seek(fd, (u64)offset, whence, P(&result));
}

TEST(fd_read, scatters) {
  make_file("f", "abcdef");
  const u32 fd = open_file("f", 0);
  char a[3] = "", b[5] = "";
  const __wasi_iovec_t buffers[] = {{(u8*)a, 2}, {(u8*)0xffffffff, 0}, {(u8*)b, 4}};
  u32 size = 0;
  EQ(wasi_fd_read(fd, P(buffers), 3, P(&size)), OK);
  EQ(size, 6);
  TRUE(memcmp(a, "ab", 3) == 0 && memcmp(b, "cdef", 5) == 0);
  EQ(wasi_fd_read(fd, P(buffers), 3, P(&size)), OK);
  EQ(size, 0);  // the end
  EQ(close_fd(fd), OK);
  EQ(wasi_fd_read(fd, P(buffers), 3, P(&size)), BADF);
}
TEST(fd_write, gathers) {
  const u32 fd = open_file("f", CREAT);
  const __wasi_ciovec_t buffers[] = {{(const u8*)"ab", 2}, {(const u8*)0, 0}, {(const u8*)"cdef", 4}};
  u32 size = 0;
  EQ(wasi_fd_write(fd, P(buffers), 3, P(&size)), OK);
  EQ(size, 6);
  TRUE(content_is("f", "abcdef"));
  EQ(close_fd(fd), OK);
  EQ(wasi_fd_write(fd, P(buffers), 3, P(&size)), BADF);
}
static void counts(bool write) {
  make_file("f", "abc");
  const u32 fd = open_file("f", 0);
  u32 size = 99;
  EQ(iovs(fd, write, 0, 0, &size), OK);  // no buffer at all
  EQ(size, 0);
  size = 99;
  EQ(iovs(fd, write, memory_size(), 0, &size), OK);
  EQ(size, 0);
  EQ(iovs(fd, write, 0, 1025, &size), INVAL);
  EQ(iovs(fd, write, 0, 0x20000000, &size), INVAL);  // times 8 this would be 0
  EQ(iovs(fd, write, 0, 0xffffffff, &size), INVAL);
  static __wasi_iovec_t many[1024];
  char text[1024];
  for (u32 i = 0; i < 1024; ++i) many[i] = (__wasi_iovec_t){(u8*)text + i, 1};
  memset(text, '.', sizeof text);
  EQ(iovs(fd, write, P(many), 1024, &size), OK);
  EQ(size, write ? 1024 : 3);
  EQ(close_fd(fd), OK);
}
TEST(fd_read, counts_of_buffers) { counts(false); }
TEST(fd_write, counts_of_buffers) { counts(true); }

// Nothing is transferred if anything about the call is wrong.
static void pointers(bool write) {
  make_file("f", "abcdef");
  const u32 fd = open_file("f", 0);
  char text[4];
  u32 size;
  __wasi_iovec_t buffers[2] = {{(u8*)text, 3}, {(u8*)text, 3}};
  FOR_BAD(bad, 8) {
    EQ(iovs(fd, write, bad, 1, &size), FAULT);
    buffers[1].buf = (u8*)(uintptr_t)bad, buffers[1].buf_len = 8;
    EQ(iovs(fd, write, P(buffers), 2, &size), FAULT);
  }
  buffers[1] = (__wasi_iovec_t){(u8*)text, 3};
  FOR_BAD(bad, 4) EQ(write ? wasi_fd_write(fd, P(buffers), 1, bad) : wasi_fd_read(fd, P(buffers), 1, bad), FAULT);
  buffers[1] = (__wasi_iovec_t){(u8*)16, 0xfffffff8};  // the sum wraps
  EQ(iovs(fd, write, P(buffers), 2, &size), FAULT);
  buffers[1] = (__wasi_iovec_t){(u8*)0, 0xffffffff};
  EQ(iovs(fd, write, P(buffers), 2, &size), FAULT);
  EQ(position(fd), 0);
  TRUE(content_is("f", "abcdef"));
  u8* const last = last_bytes(1);
  *last = 'Z';
  buffers[0] = (__wasi_iovec_t){last, 1};
  EQ(iovs(fd, write, P(buffers), 1, &size), OK);
  EQ(*last, write ? 'Z' : 'a');
  EQ(close_fd(fd), OK);
}
TEST(fd_read, bad_pointers) { pointers(false); }
TEST(fd_write, bad_pointers) { pointers(true); }

TEST(fd_read, what_is_not_open_for_it) {
  make_file("f", "abc");
  u32 fd, count;
  char text[8];
  EQ(open_at(dir, "f", 0, __WASI_RIGHTS_FD_WRITE, 0, &fd), OK);
  EQ(read_text(fd, text, sizeof text, &count), BADF);
  EQ(close_fd(fd), OK);
  EQ(read_text(dir, text, sizeof text, &count), ISDIR);
  EQ(read_text(embedded, text, sizeof text, &count), ISDIR);
  EQ(read_text(CLOSED, text, sizeof text, &count), BADF);
  EQ(read_text(0xffffffff, text, sizeof text, &count), BADF);
}
TEST(fd_write, what_is_not_open_for_it) {
  make_file("f", "abc");
  u32 fd;
  EQ(open_at(dir, "f", 0, __WASI_RIGHTS_FD_READ, 0, &fd), OK);
  EQ(write_text(fd, "x"), BADF);
  EQ(close_fd(fd), OK);
  EQ(open_at(embedded, "file", 0, __WASI_RIGHTS_FD_READ, 0, &fd), OK);
  EQ(write_text(fd, "x"), BADF);
  EQ(close_fd(fd), OK);
  EQ(write_text(dir, "x"), ISDIR);
  EQ(write_text(CLOSED, "x"), BADF);
  EQ(write_text(0xffffffff, "x"), BADF);
}
TEST(fd_write, append) {
  make_file("f", "abc");
  u32 fd, count;
  char text[16];
  EQ(open_at(dir, "f", 0, __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_WRITE | __WASI_RIGHTS_FD_SEEK, 1, &fd), OK);
  EQ(write_text(fd, "de"), OK);
  EQ(seek(fd, 0, 0), OK);
  EQ(write_text(fd, "f"), OK);
  EQ(seek(fd, 0, 0), OK);
  EQ(read_text(fd, text, sizeof text, &count), OK);
  TRUE(strcmp(text, "abcdef") == 0);
  const __wasi_ciovec_t buffer = {(const u8*)"X", 1};
  EQ(wasi_fd_pwrite(fd, P(&buffer), 1, 1, P(&count)), OK);  // POSIX: where it was told to
  EQ(close_fd(fd), OK);
  TRUE(content_is("f", "aXcdef"));
}

TEST(fd_pread, leaves_the_position_alone) {
  make_file("f", "abcdef");
  const u32 fd = open_file("f", 0);
  char text[8] = "";
  const __wasi_iovec_t buffer = {(u8*)text, 3};
  u32 size;
  EQ(wasi_fd_pread(fd, P(&buffer), 1, 2, P(&size)), OK);
  EQ(size, 3);
  TRUE(memcmp(text, "cde", 3) == 0);
  EQ(position(fd), 0);
  EQ(wasi_fd_pread(fd, P(&buffer), 1, 6, P(&size)), OK);
  EQ(size, 0);
  EQ(wasi_fd_pread(fd, P(&buffer), 1, (u64)1 << 40, P(&size)), OK);
  EQ(size, 0);
  EQ(wasi_fd_pread(fd, P(&buffer), 1, (u64)1 << 63, P(&size)), INVAL);
  EQ(wasi_fd_pread(fd, P(&buffer), 1, ALL, P(&size)), INVAL);
  EQ(wasi_fd_pread(fd, P(&buffer), 0, 0, P(&size)), OK);
  EQ(size, 0);
  EQ(wasi_fd_pread(fd, P(&buffer), 1025, 0, P(&size)), INVAL);
  FOR_BAD(bad, 8) EQ(wasi_fd_pread(fd, bad, 1, 0, P(&size)), FAULT);
  FOR_BAD(bad, 4) EQ(wasi_fd_pread(fd, P(&buffer), 1, 0, bad), FAULT);
  EQ(wasi_fd_pread(dir, P(&buffer), 1, 0, P(&size)), ISDIR);
  EQ(wasi_fd_pread(CLOSED, P(&buffer), 1, 0, P(&size)), BADF);
  EQ(close_fd(fd), OK);
}
TEST(fd_pread, embedded_files) {
  u32 fd, size;
  char text[8] = "";
  const __wasi_iovec_t buffer = {(u8*)text, 7};
  EQ(open_at(embedded, "file", 0, __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_SEEK, 0, &fd), OK);
  EQ(wasi_fd_pread(fd, P(&buffer), 1, 2, P(&size)), OK);
  TRUE(size == 6 && memcmp(text, "bedded", 6) == 0);
  EQ(wasi_fd_pread(fd, P(&buffer), 1, (u64)1 << 63, P(&size)), INVAL);
  EQ(wasi_fd_pread(fd, P(&buffer), 1, (u64)1 << 40, P(&size)), OK);
  EQ(size, 0);
  EQ(close_fd(fd), OK);
}
TEST(fd_pwrite, leaves_the_position_alone) {
  make_file("f", "abcdef");
  const u32 fd = open_file("f", 0);
  const __wasi_ciovec_t buffer = {(const u8*)"XY", 2};
  u32 size;
  EQ(wasi_fd_pwrite(fd, P(&buffer), 1, 2, P(&size)), OK);
  EQ(size, 2);
  EQ(position(fd), 0);
  TRUE(content_is("f", "abXYef"));
  EQ(wasi_fd_pwrite(fd, P(&buffer), 1, 8, P(&size)), OK);  // a hole of two
  EQ(size_of(fd), 10);
  EQ(wasi_fd_pwrite(fd, P(&buffer), 1, (u64)1 << 63, P(&size)), INVAL);
  EQ(wasi_fd_pwrite(fd, P(&buffer), 1, ALL, P(&size)), INVAL);
  EQ(wasi_fd_pwrite(fd, P(&buffer), 1025, 0, P(&size)), INVAL);
  EQ(wasi_fd_pwrite(fd, P(&buffer), 0, 100, P(&size)), OK);
  EQ(size, 0);
  EQ(size_of(fd), 10);
  FOR_BAD(bad, 8) EQ(wasi_fd_pwrite(fd, bad, 1, 0, P(&size)), FAULT);
  FOR_BAD(bad, 4) EQ(wasi_fd_pwrite(fd, P(&buffer), 1, 0, bad), FAULT);
  EQ(wasi_fd_pwrite(dir, P(&buffer), 1, 0, P(&size)), ISDIR);
  EQ(wasi_fd_pwrite(CLOSED, P(&buffer), 1, 0, P(&size)), BADF);
  EQ(close_fd(fd), OK);
  EQ(open_at(dir, "f", 0, __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_SEEK, 0, &size), OK);
  const u32 reader = size;
  EQ(wasi_fd_pwrite(reader, P(&buffer), 1, 0, P(&size)), BADF);
  EQ(close_fd(reader), OK);
}

static void seeks(u32 fd, u64 size) {
  u64 at = 0;
  EQ(wasi_fd_seek(fd, 2, 0, P(&at)), OK);
  EQ(at, 2);
  EQ(wasi_fd_seek(fd, 3, 1, P(&at)), OK);
  EQ(at, 5);
  EQ(wasi_fd_seek(fd, (u64)-1, 2, P(&at)), OK);
  EQ(at, size - 1);
  EQ(wasi_fd_seek(fd, 100, 2, P(&at)), OK);  // beyond the end
  EQ(at, size + 100);
  EQ(seek(fd, -1, 0), INVAL);
  EQ(seek(fd, -1000, 1), INVAL);
  EQ(seek(fd, -1000, 2), INVAL);
  EQ(seek(fd, INT64_MIN, 1), INVAL);
  EITHER(seek(fd, INT64_MAX, 1), OVERFLOWED, INVAL);
  EITHER(seek(fd, INT64_MAX, 2), OVERFLOWED, INVAL);
  EQ(seek(fd, 0, 3), INVAL);
  EQ(seek(fd, 0, 0x100), INVAL);
  EQ(position(fd), size + 100);
  FOR_BAD(bad, 8) EQ(wasi_fd_seek(fd, 0, 0, bad), FAULT);
  EQ(position(fd), size + 100);
  FOR_BAD(bad, 8) EQ(wasi_fd_tell(fd, bad), FAULT);
  u64* const last = (u64*)(uintptr_t)P(last_bytes(8));
  EQ(wasi_fd_tell(fd, P(last)), OK);
  EQ(*last, size + 100);
}
TEST(fd_seek, files) {
  make_file("f", "abcdef");
  const u32 fd = open_file("f", 0);
  seeks(fd, 6);
  EQ(close_fd(fd), OK);
  EQ(seek(fd, 0, 0), BADF);
  EQ(seek(dir, 0, 0), ISDIR);
  EQ(seek(embedded, 0, 0), ISDIR);
}
TEST(fd_seek, embedded_files) {
  u32 fd;
  EQ(open_at(embedded, "file", 0, __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_SEEK | __WASI_RIGHTS_FD_TELL, 0, &fd), OK);
  seeks(fd, 8);
  char text[4];
  u32 count = 9;
  EQ(read_text(fd, text, sizeof text, &count), OK);
  EQ(count, 0);
  EQ(close_fd(fd), OK);
}
TEST(fd_tell, errors) {
  u64 at;
  EQ(wasi_fd_tell(CLOSED, P(&at)), BADF);
  EQ(wasi_fd_tell(dir, P(&at)), ISDIR);
}
TEST_WITH(pipes, fd_seek, pipes) {
  u64 at;
  EQ(wasi_fd_seek(0, 0, 0, P(&at)), SPIPE);
  EQ(wasi_fd_tell(0, P(&at)), SPIPE);
  char text[4];
  u32 size;
  const __wasi_iovec_t buffer = {(u8*)text, 4};
  EQ(wasi_fd_pread(0, P(&buffer), 1, 0, P(&size)), SPIPE);
  EQ(wasi_fd_pwrite(1, P(&buffer), 1, 0, P(&size)), SPIPE);
  EQ(wasi_fd_advise(0, 0, 0, 0), SPIPE);
}
// Standard output is the null device there. 1024 buffers of 4 MiB are more than a call moves.
TEST_WITH(last, fd_write, at_most_two_gibibytes_a_call) {
  const u32 pages = 64;
  const u32 start = (u32)__builtin_wasm_memory_grow(0, pages) * 65536u;
  static __wasi_ciovec_t buffers[1024];
  for (u32 i = 0; i < 1024; ++i) buffers[i] = (__wasi_ciovec_t){(const u8*)(uintptr_t)start, pages * 65536u};
  u32 size = 0;
  EQ(wasi_fd_write(1, P(buffers), 1024, P(&size)), OK);
  TRUE(size > 0 && size <= 0x7ffff000);
}
