// Runs the tests: main SYSTEM STREAMS [argument...]. Results go to rw/results-STREAMS.txt, since the standard streams
// belong to the tests: a line "ok NAME" or "FAILED NAME" each, what failed behind it, and "end" last.
#include <stdlib.h>

#include "check.h"

u32 rw, ro, embedded, dir;
u32 streams_at_start[3];
bool windows;

static Test* first_test;
static Test** last_link = &first_test;
static u32 results;
static bool failed;

void add_test(Test* test) {
  *last_link = test;
  last_link = &test->next;
}

static char messages[4096];
static u32 message_size;

static void say(const char* text) {
  for (; *text != 0 && message_size < sizeof messages; ++text) messages[message_size++] = *text;
}
static void say_number(u64 value) {
  char digits[21];
  u32 at = sizeof digits - 1;
  digits[at] = 0;
  do digits[--at] = (char)('0' + value % 10);
  while ((value /= 10) != 0);
  say(digits + at);
}
static void flush(void) {
  const __wasi_ciovec_t buffer = {(const u8*)messages, message_size};
  u32 written;
  wasi_fd_write(results, P(&buffer), 1, P(&written));
  message_size = 0;
}

void check(bool good, const char* file, int line, const char* text, u64 got, u64 want) {
  if (good) return;
  failed = true;
  const char* const slash = strrchr(file, '/');
  say("  "), say(slash ? slash + 1 : file), say(":"), say_number((u64)line), say(": "), say(text), say(": ");
  say_number(got), say(", expected "), say_number(want), say("\n");
}

// The directory that was granted under this guest path.
static u32 preopen(const char* path) {
  for (u32 fd = 3; fd < 16; ++fd) {
    char name[32];
    __wasi_prestat_t prestat;
    if (wasi_fd_prestat_get(fd, P(&prestat)) != OK || prestat.u.dir.pr_name_len != strlen(path)) continue;
    if (wasi_fd_prestat_dir_name(fd, P(name), sizeof name) == OK && memcmp(name, path, strlen(path)) == 0) return fd;
  }
  return CLOSED;
}

static void run(const Test* test) {
  char folder[64];
  u32 length = 0;
  for (const char* c = test->name; *c != 0; ++c) folder[length++] = *c == '/' ? '.' : *c;
  folder[length] = 0;
  failed = false;
  check(wasi_path_create_directory(rw, P(folder), length) == OK, "main.c", __LINE__, "create a directory", 1, 0);
  dir = open_dir(rw, folder);
  test->run();
  wasi_fd_close(dir);
  char details[sizeof messages];
  const u32 size = message_size;
  memcpy(details, messages, size);
  message_size = 0;
  say(failed ? "FAILED " : "ok "), say(test->name), say("\n");
  for (u32 i = 0; i < size && message_size < sizeof messages; ++i) messages[message_size++] = details[i];
  if (messages[message_size - 1] != '\n') messages[message_size - 1] = '\n';  // cut
  flush();
}

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  for (u32 fd = 0; fd < 3; ++fd) {
    __wasi_fdstat_t stat;
    streams_at_start[fd] = wasi_fd_fdstat_get(fd, P(&stat));
  }
  windows = strcmp(argv[1], "windows") == 0;
  rw = preopen("/rw"), ro = preopen("/ro"), embedded = preopen("/embedded");
  const char* const streams = argv[2];
  if (strcmp(streams, "exit") == 0) wasi_proc_exit((u32)strtoul(argv[3], 0, 10));
  if (strcmp(streams, "raise") == 0) return (int)wasi_proc_raise((u32)strtoul(argv[3], 0, 10));
  char name[32] = "results-";
  strcat(strcat(name, streams), ".txt");
  if (open_at(rw, name, CREAT | TRUNC, __WASI_RIGHTS_FD_WRITE, 0, &results) != OK) return 3;
  for (const Test* test = first_test; test != 0; test = test->next) {
    if (strcmp(test->streams, streams) == 0) run(test);
  }
  say("end\n");
  flush();
  return 0;
}

u32 memory_size(void) { return (u32)__builtin_wasm_memory_size(0) * 65536u; }
u32 bad_address(int i, u32 size) {
  const u32 addresses[BAD_COUNT] = {memory_size() - size + 1, memory_size(), 0xffffffff, 0u - size, 0x80000000};
  return addresses[i];
}
u8* last_bytes(u32 size) { return (u8*)(uintptr_t)(memory_size() - size); }

u32 open_at(u32 directory, const char* path, u32 oflags, u64 base, u32 fdflags, u32* fd) {
  return wasi_path_open(directory, FOLLOW, P(path), (u32)strlen(path), oflags, base, ALL, fdflags, P(fd));
}
u32 open_file(const char* path, u32 oflags) {
  u32 fd = CLOSED;
  check(open_at(dir, path, oflags, ALL & ~(u64)__WASI_RIGHTS_FD_READDIR, 0, &fd) == OK, "main.c", __LINE__, path, 1, 0);
  return fd;
}
u32 open_dir(u32 directory, const char* path) {
  u32 fd = CLOSED;
  const u64 base = ALL & ~(u64)(__WASI_RIGHTS_FD_WRITE | __WASI_RIGHTS_FD_READ);
  check(open_at(directory, path, DIRECTORY, base, 0, &fd) == OK, "main.c", __LINE__, path, 1, 0);
  return fd;
}
u32 write_text(u32 fd, const char* text) {
  const __wasi_ciovec_t buffer = {(const u8*)text, strlen(text)};
  u32 written = 0;
  const u32 error = wasi_fd_write(fd, P(&buffer), 1, P(&written));
  if (error == OK) check(written == buffer.buf_len, "main.c", __LINE__, text, written, buffer.buf_len);
  return error;
}
u32 read_text(u32 fd, char* text, u32 size, u32* count) {
  const __wasi_iovec_t buffer = {(u8*)text, size - 1};
  const u32 error = wasi_fd_read(fd, P(&buffer), 1, P(count));
  text[error == OK ? *count : 0] = 0;
  return error;
}
void make_file(const char* path, const char* text) {
  const u32 fd = open_file(path, CREAT | TRUNC);
  check(write_text(fd, text) == OK, "main.c", __LINE__, path, 1, 0);
  wasi_fd_close(fd);
}
u32 close_fd(u32 fd) { return wasi_fd_close(fd); }
u64 size_of(u32 fd) {
  __wasi_filestat_t status = {0};
  check(wasi_fd_filestat_get(fd, P(&status)) == OK, "main.c", __LINE__, "size", 1, 0);
  return status.size;
}
u32 status_of(u32 directory, const char* path, u32 lookup, __wasi_filestat_t* status) {
  return wasi_path_filestat_get(directory, lookup, P(path), (u32)strlen(path), P(status));
}
bool content_is(const char* path, const char* text) {
  u32 fd = CLOSED, count = 0;
  char found[256] = "";
  if (open_at(dir, path, 0, __WASI_RIGHTS_FD_READ, 0, &fd) != OK) return false;
  const bool same = read_text(fd, found, sizeof found, &count) == OK && strcmp(found, text) == 0;
  wasi_fd_close(fd);
  return same;
}
u32 make_directory(const char* path) { return wasi_path_create_directory(dir, P(path), (u32)strlen(path)); }
u32 symlink_to(const char* target, const char* path) {
  return wasi_path_symlink(P(target), (u32)strlen(target), dir, P(path), (u32)strlen(path));
}
u64 now(u32 clock) {
  u64 time = 0;
  check(wasi_clock_time_get(clock, 0, P(&time)) == OK, "main.c", __LINE__, "clock", 1, 0);
  return time;
}
