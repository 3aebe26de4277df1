// Open files of any type: read, write, seek, status, size, times, flags, synchronisation.
//
// Names and paths are UTF-8 everywhere in os/. Offsets and sizes are bytes. Buffers are lists of spans (an iovec); a
// call transfers as much as the system gives in one operation, and 0 bytes from a read is the end of the file.
#pragma once

#include <optional>
#include <span>

#include "base/types.h"
#include "os/handle.h"
#include "os/sys_error.h"

namespace hermit::os {

enum class FileType : u8 {
  Unknown,
  BlockDevice,
  CharacterDevice,  // terminals too
  Directory,
  RegularFile,
  SocketDatagram,
  SocketStream,
  SymbolicLink,
  Pipe,
};

// A moment: seconds since 1970-01-01 00:00 UTC, negative before it, and 0 <= nanoseconds < 1e9 after that second.
struct TimeStamp {
  i64 seconds = 0;
  u32 nanoseconds = 0;
  bool operator==(const TimeStamp&) const = default;
};

// What makes a file the same file whatever its path: (device, inode), or (volume serial number, 128-bit file id).
struct FileId {
  u64 device = 0;
  u64 index = 0;
  u64 index_high = 0;  // 0 except on Windows file systems with 128-bit ids
  bool operator==(const FileId&) const = default;
};

struct FileStatus {
  FileId id;
  FileType type = FileType::Unknown;
  u64 links = 0;
  u64 size = 0;
  TimeStamp accessed;
  TimeStamp modified;
  TimeStamp changed;  // of the status; the modification time where a system has none
};

// One of the two times that set_times can change.
struct TimeChange {
  enum Kind : u8 { Keep, Now, Set } kind = Keep;
  TimeStamp time;  // if kind == Set
};

// Flags that a descriptor carries. dsync, rsync and sync are fixed when a file is opened.
struct FileFlags {
  bool append = false;
  bool nonblocking = false;
  bool dsync = false;
  bool rsync = false;
  bool sync = false;
};

enum class Advice : u8 { Normal, Sequential, Random, WillNeed, DontNeed, NoReuse };
enum class SeekFrom : u8 { Start, Current, End };

using ReadBuffers = std::span<const std::span<u8>>;
using WriteBuffers = std::span<const std::span<const u8>>;
inline constexpr size_t kMaxBuffers = 1024;  // IOV_MAX of Linux and macOS; longer lists are refused with Invalid

// Errors: BadDescriptor if the handle is not open for it, IsDirectory, Again for a non-blocking stream, BrokenPipe (a
// write to a closed pipe also raises SIGPIPE where the system has it, as in any native program).
SysResult<size_t> read(const Handle& file, ReadBuffers buffers);
// Whether a directory that was opened for reading answers read() with IsDirectory, so that nobody needs to ask before.
#ifdef _WIN32
inline constexpr bool kReadKnowsDirectories = false;
#else
inline constexpr bool kReadKnowsDirectories = true;
#endif
SysResult<size_t> write(const Handle& file, WriteBuffers buffers);
// At `offset`, leaving the position alone. IllegalSeek on streams; Invalid if offset >= 2^63.
SysResult<size_t> read_at(const Handle& file, ReadBuffers buffers, u64 offset);
// Like POSIX, and unlike Linux, writes at `offset` even if the file is in append mode; `append` says whether it is.
SysResult<size_t> write_at(const Handle& file, WriteBuffers buffers, u64 offset, bool append);
// The new position. Invalid if it would be negative, IllegalSeek on streams and terminals.
SysResult<u64> seek(const Handle& file, i64 offset, SeekFrom from);

SysResult<FileStatus> status(const Handle& file);
[[nodiscard]] bool is_terminal(const Handle& file);
// Whether it lies on the file system that shows the system's processes as files (Linux's procfs).
[[nodiscard]] bool is_process_file(const Handle& file);

// Requires for all that change a file: opened for writing (else Invalid or BadDescriptor), except set_times.
SysResult<void> set_size(const Handle& file, u64 size);
// The file is at least offset + length bytes afterwards. NotSupported where the file system cannot.
SysResult<void> allocate(const Handle& file, u64 offset, u64 length);
SysResult<void> set_times(const Handle& file, TimeChange accessed, TimeChange modified);
SysResult<void> advise(const Handle& file, u64 offset, u64 length, Advice advice);
SysResult<void> sync(const Handle& file);
SysResult<void> sync_data(const Handle& file);

// `append` is reported as the system knows it; a Windows implementation may report what it opened the file with.
SysResult<FileFlags> flags(const Handle& file);
// Changes append and nonblocking; Invalid if dsync, rsync or sync differ from what the file has.
SysResult<void> set_flags(const Handle& file, FileFlags flags);

// Sets the executable bits of a regular file for everyone who may read it; succeeds and does nothing on Windows.
SysResult<void> set_executable(const Handle& file);

}  // namespace hermit::os
