// The 46 functions of WASI preview 1 as the specification types them: numbers, so that a test can pass any address and
// any length, which the functions of wasi-libc's <wasi/api.h> do not let it do. Constants come from that header.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <wasi/api.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

#define IMPORT(name, ...) \
  __attribute__((import_module("wasi_snapshot_preview1"), import_name(#name))) u32 wasi_##name(__VA_ARGS__)

IMPORT(args_get, u32 pointers, u32 text);
IMPORT(args_sizes_get, u32 count, u32 size);
IMPORT(environ_get, u32 pointers, u32 text);
IMPORT(environ_sizes_get, u32 count, u32 size);
IMPORT(clock_res_get, u32 clock, u32 result);
IMPORT(clock_time_get, u32 clock, u64 precision, u32 result);
IMPORT(fd_advise, u32 fd, u64 offset, u64 length, u32 advice);
IMPORT(fd_allocate, u32 fd, u64 offset, u64 length);
IMPORT(fd_close, u32 fd);
IMPORT(fd_datasync, u32 fd);
IMPORT(fd_fdstat_get, u32 fd, u32 result);
IMPORT(fd_fdstat_set_flags, u32 fd, u32 flags);
IMPORT(fd_fdstat_set_rights, u32 fd, u64 base, u64 inheriting);
IMPORT(fd_filestat_get, u32 fd, u32 result);
IMPORT(fd_filestat_set_size, u32 fd, u64 size);
IMPORT(fd_filestat_set_times, u32 fd, u64 accessed, u64 modified, u32 flags);
IMPORT(fd_pread, u32 fd, u32 buffers, u32 count, u64 offset, u32 result);
IMPORT(fd_prestat_get, u32 fd, u32 result);
IMPORT(fd_prestat_dir_name, u32 fd, u32 name, u32 size);
IMPORT(fd_pwrite, u32 fd, u32 buffers, u32 count, u64 offset, u32 result);
IMPORT(fd_read, u32 fd, u32 buffers, u32 count, u32 result);
IMPORT(fd_readdir, u32 fd, u32 buffer, u32 size, u64 cookie, u32 result);
IMPORT(fd_renumber, u32 from, u32 to);
IMPORT(fd_seek, u32 fd, u64 offset, u32 whence, u32 result);
IMPORT(fd_sync, u32 fd);
IMPORT(fd_tell, u32 fd, u32 result);
IMPORT(fd_write, u32 fd, u32 buffers, u32 count, u32 result);
IMPORT(path_create_directory, u32 fd, u32 path, u32 length);
IMPORT(path_filestat_get, u32 fd, u32 lookup, u32 path, u32 length, u32 result);
IMPORT(path_filestat_set_times, u32 fd, u32 lookup, u32 path, u32 length, u64 accessed, u64 modified, u32 flags);
IMPORT(path_link, u32 fd, u32 lookup, u32 path, u32 length, u32 to_fd, u32 to, u32 to_length);
IMPORT(path_open, u32 fd, u32 lookup, u32 path, u32 length, u32 oflags, u64 base, u64 inheriting, u32 fdflags,
       u32 result);
IMPORT(path_readlink, u32 fd, u32 path, u32 length, u32 buffer, u32 size, u32 result);
IMPORT(path_remove_directory, u32 fd, u32 path, u32 length);
IMPORT(path_rename, u32 fd, u32 path, u32 length, u32 to_fd, u32 to, u32 to_length);
IMPORT(path_symlink, u32 target, u32 target_length, u32 fd, u32 path, u32 length);
IMPORT(path_unlink_file, u32 fd, u32 path, u32 length);
IMPORT(poll_oneoff, u32 subscriptions, u32 events, u32 count, u32 result);
IMPORT(proc_raise, u32 signal);
IMPORT(random_get, u32 buffer, u32 size);
IMPORT(sched_yield, void);
IMPORT(sock_accept, u32 fd, u32 flags, u32 result);
IMPORT(sock_recv, u32 fd, u32 buffers, u32 count, u32 flags, u32 size, u32 out_flags);
IMPORT(sock_send, u32 fd, u32 buffers, u32 count, u32 flags, u32 result);
IMPORT(sock_shutdown, u32 fd, u32 how);
__attribute__((import_module("wasi_snapshot_preview1"), import_name("proc_exit"), noreturn)) void wasi_proc_exit(
    u32 code);
