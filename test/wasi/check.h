// What the tests of WASI's functions are written with. A test is TEST(function, case) { ... }; it begins with an empty
// directory of its own, `dir`, and fails if one of its expectations does.
//
// Addresses are numbers here: P(pointer), PATH("text") for an address and a length. The program is packed with the
// grants that run.sh writes: `rw` writable, `ro` read-only, `embedded` a COPY.
#pragma once

#include "imports.h"

enum {
  OK = 0,
  ACCES = __WASI_ERRNO_ACCES,
  AGAIN = __WASI_ERRNO_AGAIN,
  BADF = __WASI_ERRNO_BADF,
  EXIST = __WASI_ERRNO_EXIST,
  FAULT = __WASI_ERRNO_FAULT,
  FBIG = __WASI_ERRNO_FBIG,
  ILSEQ = __WASI_ERRNO_ILSEQ,
  INVAL = __WASI_ERRNO_INVAL,
  ISDIR = __WASI_ERRNO_ISDIR,
  LOOP = __WASI_ERRNO_LOOP,
  MFILE = __WASI_ERRNO_MFILE,
  NAMETOOLONG = __WASI_ERRNO_NAMETOOLONG,
  NOENT = __WASI_ERRNO_NOENT,
  NOTCAPABLE = __WASI_ERRNO_NOTCAPABLE,
  NOTDIR = __WASI_ERRNO_NOTDIR,
  NOTEMPTY = __WASI_ERRNO_NOTEMPTY,
  NOTSOCK = __WASI_ERRNO_NOTSOCK,
  NOTSUP = __WASI_ERRNO_NOTSUP,
  OVERFLOWED = __WASI_ERRNO_OVERFLOW,
  PERM = __WASI_ERRNO_PERM,
  PIPE = __WASI_ERRNO_PIPE,
  ROFS = __WASI_ERRNO_ROFS,
  SPIPE = __WASI_ERRNO_SPIPE,
  TXTBSY = __WASI_ERRNO_TXTBSY,
  XDEV = __WASI_ERRNO_XDEV,
};

extern u32 rw, ro, embedded;  // directories that were granted
extern u32 dir;               // this test's own, below rw
extern u32 streams_at_start[3];  // what fd_fdstat_get said of descriptors 0, 1, 2 before anything was opened
extern bool windows;          // what run.sh says the system is

#define P(pointer) ((u32)(uintptr_t)(pointer))
#define PATH(text) P(text), (u32)(sizeof(text) - 1)
#define ALL (~(u64)0)
#define CLOSED 777u  // never an open descriptor
#define FOLLOW 1u
#define CREAT 1u
#define DIRECTORY 2u
#define EXCL 4u
#define TRUNC 8u

// Expectations.
void check(bool good, const char* file, int line, const char* text, u64 got, u64 want);
#define EQ(got_, want_)                                       \
  do {                                                        \
    const u64 got = (got_), want = (want_);                   \
    check(got == want, __FILE__, __LINE__, #got_, got, want); \
  } while (0)
#define TRUE(condition) EQ((condition) ? 1 : 0, 1)
// One of two: where systems differ and docs/wasi.md promises neither.
#define EITHER(got_, first_, second_)                                                     \
  do {                                                                                    \
    const u64 got = (got_);                                                               \
    check(got == (first_) || got == (second_), __FILE__, __LINE__, #got_, got, (first_)); \
  } while (0)

// Tests.
typedef struct Test Test;
struct Test {
  const char* name;
  void (*run)(void);
  const char* streams;  // what run.sh connects the standard streams to for this test
  Test* next;
};
void add_test(Test* test);
#define TEST_WITH(streams, function, situation)                                         \
  static void function##_##situation(void);                                             \
  __attribute__((constructor)) static void add_##function##_##situation(void) {         \
    static Test test = {#function "/" #situation, function##_##situation, #streams, 0}; \
    add_test(&test);                                                                    \
  }                                                                                     \
  static void function##_##situation(void)
#define TEST(function, situation) TEST_WITH(plain, function, situation)

// The end of memory: addresses of which the first byte, or one a little further on, lies outside.
u32 memory_size(void);
#define BAD_COUNT 5
u32 bad_address(int i, u32 size);  // i < BAD_COUNT; a record of `size` > 0 bytes does not fit there
u8* last_bytes(u32 size);          // the last bytes of memory, which do
#define FOR_BAD(address, size) \
  for (u32 i_ = 0, address = 0; i_ < BAD_COUNT && (address = bad_address((int)i_, size), true); ++i_)

// Short forms. Those that return a value fail the test if the call fails.
u32 open_at(u32 directory, const char* path, u32 oflags, u64 base, u32 fdflags, u32* fd);  // follows links; the errno
u32 open_file(const char* path, u32 oflags);  // in dir, all rights
u32 open_dir(u32 directory, const char* path);
u32 write_text(u32 fd, const char* text);  // the errno
u32 read_text(u32 fd, char* text, u32 size, u32* count);
void make_file(const char* path, const char* text);
u32 close_fd(u32 fd);
u64 size_of(u32 fd);
u32 status_of(u32 directory, const char* path, u32 lookup, __wasi_filestat_t* status);
bool content_is(const char* path, const char* text);
u32 make_directory(const char* path);
u32 symlink_to(const char* target, const char* path);
u64 now(u32 clock);
