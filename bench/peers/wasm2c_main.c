// Runs what wasm2c (wabt 1.0.32) made of a kernel, as module `kernel`: the few functions of WASI that printing a line
// takes.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kernel.wasm2c.h"

struct Z_wasi_snapshot_preview1_instance_t {
  Z_kernel_instance_t kernel;
};
typedef struct Z_wasi_snapshot_preview1_instance_t Wasi;

static u8* at(Wasi* wasi, u32 address, u64 size) {
  wasm_rt_memory_t* memory = Z_kernelZ_memory(&wasi->kernel);
  if (address + size > memory->size) abort();
  return memory->data + address;
}
static u32 load(Wasi* wasi, u32 address) {
  u32 value;
  memcpy(&value, at(wasi, address, 4), 4);
  return value;
}

u32 Z_wasi_snapshot_preview1Z_clock_time_get(Wasi* wasi, u32 clock, u64 precision, u32 result) {
  struct timespec t;
  clock_gettime(clock == 0 ? CLOCK_REALTIME : CLOCK_MONOTONIC, &t);
  u64 now = (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec;
  memcpy(at(wasi, result, 8), &now, 8);
  return 0 * precision;
}
u32 Z_wasi_snapshot_preview1Z_fd_write(Wasi* wasi, u32 fd, u32 vectors, u32 count, u32 result) {
  u32 written = 0;
  for (u32 i = 0; i < count; ++i) {
    u32 size = load(wasi, vectors + 8 * i + 4);
    fwrite(at(wasi, load(wasi, vectors + 8 * i), size), 1, size, fd == 1 ? stdout : stderr);
    written += size;
  }
  memcpy(at(wasi, result, 4), &written, 4);
  return 0;
}
u32 Z_wasi_snapshot_preview1Z_fd_fdstat_get(Wasi* wasi, u32 fd, u32 result) {
  memset(at(wasi, result, 24), 0, 24);
  *at(wasi, result, 1) = 2;  // a character device
  return fd > 2 ? 8 : 0;
}
u32 Z_wasi_snapshot_preview1Z_fd_close(Wasi* wasi, u32 fd) { return wasi == 0 ? fd : 0; }
u32 Z_wasi_snapshot_preview1Z_fd_seek(Wasi* wasi, u32 fd, u64 offset, u32 whence, u32 result) {
  return wasi == 0 ? (u32)(fd + offset + whence + result) : 8;
}
void Z_wasi_snapshot_preview1Z_proc_exit(Wasi* wasi, u32 code) {
  fflush(stdout);
  exit(wasi == 0 ? 1 : (int)code);
}

int main(void) {
  static Wasi wasi;
  wasm_rt_init();
  Z_kernel_init_module();
  Z_kernel_instantiate(&wasi.kernel, &wasi);
  Z_kernelZ__start(&wasi.kernel);
  return 0;
}
