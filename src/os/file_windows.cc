// Reading, writing and seeking on Windows.
//
// All our file handles are synchronous: the system keeps a position, which every transfer moves, even one with an
// offset of its own; read_at and write_at put it back. (The guest has one thread; whoever shares an inherited handle
// can see the difference.) The position is left to the system because inherited files share theirs with other
// processes, as in `(a & b) > log`.
//
// Append is a property of each write (offset "end of file"), which the file system carries out under its own lock.
#include "os/file.h"

#include <algorithm>
#include <string>

#include "os/console_windows.h"
#include "os/handle_windows.h"
#include "os/socket.h"
#include "os/socket_windows.h"
#include "os/status_windows.h"

namespace hermit::os {
namespace {

constexpr size_t kMostAtOnce = size_t{1} << 30;
constexpr size_t kGatherLimit = 65536;  // lists of small buffers become one write, so that lines of a log stay whole
constexpr ULONG kPipePage = 4096;       // every pipe buffer holds at least this much

struct Transfer {
  NTSTATUS status;
  size_t size;
};

Transfer finish(HANDLE file, NTSTATUS status, IO_STATUS_BLOCK& io) {
  if (status == STATUS_PENDING) {  // an inherited handle for overlapped use
    WaitForSingleObject(file, INFINITE);
    status = io.Status;
  }
  return {status, NT_SUCCESS(status) || status == STATUS_BUFFER_OVERFLOW ? io.Information : 0};
}

ULONG clamp(size_t size) { return static_cast<ULONG>(std::min(size, kMostAtOnce)); }

Transfer read_once(HANDLE file, std::span<u8> buffer, LARGE_INTEGER* offset) {
  IO_STATUS_BLOCK io = {};
  const NTSTATUS status =
      NtReadFile(file, nullptr, nullptr, nullptr, &io, buffer.data(), clamp(buffer.size()), offset, nullptr);
  return finish(file, status, io);
}

Transfer write_once(HANDLE file, std::span<const u8> bytes, LARGE_INTEGER* offset) {
  IO_STATUS_BLOCK io = {};
  const NTSTATUS status = NtWriteFile(file, nullptr, nullptr, nullptr, &io, const_cast<u8*>(bytes.data()),
                                      clamp(bytes.size()), offset, nullptr);
  return finish(file, status, io);
}

// The end of a file or pipe, and the errors of a transfer.
SysResult<size_t> read_result(const Transfer& transfer) {
  switch (transfer.status) {
    case STATUS_END_OF_FILE:
    case STATUS_PIPE_BROKEN:
    case STATUS_PIPE_CLOSING:
    case STATUS_PIPE_DISCONNECTED: return 0;
    case STATUS_PIPE_EMPTY: return fail(SysError::Again);
    case STATUS_ACCESS_DENIED: return fail(SysError::BadDescriptor);
    case STATUS_BUFFER_OVERFLOW: return transfer.size;  // the rest of a message stays in its pipe
    default: break;
  }
  if (!NT_SUCCESS(transfer.status)) return fail_status(transfer.status);
  return transfer.size;
}

SysResult<size_t> write_result(const Transfer& transfer) {
  if (transfer.status == STATUS_ACCESS_DENIED) return fail(SysError::BadDescriptor);
  if (!NT_SUCCESS(transfer.status)) return fail_status(transfer.status);
  return transfer.size;
}

// `offset` null: at the position of the file.
SysResult<size_t> read_file(HANDLE file, ReadBuffers buffers, LARGE_INTEGER* offset) {
  size_t total = 0;
  for (const auto& buffer : buffers) {
    for (size_t done = 0; done < buffer.size();) {
      const auto part = read_result(read_once(file, buffer.subspan(done), offset));
      if (!part && total == 0) return part;
      if (!part || *part == 0) return total;
      total += *part;
      done += *part;
      if (offset != nullptr) offset->QuadPart += static_cast<i64>(*part);
    }
  }
  return total;
}

// One buffer is enough for a stream: what has come is given, and the rest is not waited for.
SysResult<size_t> read_stream(OpenFile& file, ReadBuffers buffers) {
  const auto first = std::ranges::find_if(buffers, [](const auto& buffer) { return !buffer.empty(); });
  if (first == buffers.end()) return 0;
  if (file.kind == Kind::Console) {
    if (file.flags.nonblocking && file.console->pending() == 0 && !file.console->has_key())
      return fail(SysError::Again);
    return file.console->read(*first);
  }
  for (;;) {
    DWORD available = 0;
    if (file.kind == Kind::Pipe && file.flags.nonblocking &&
        PeekNamedPipe(file.handle, nullptr, 0, nullptr, &available, nullptr) != 0 && available == 0) {
      return fail(SysError::Again);
    }
    const Transfer transfer = read_once(file.handle, *first, nullptr);
    // A writer may send an empty message; only a closed pipe is the end.
    if (file.kind == Kind::Pipe && transfer.status == STATUS_SUCCESS && transfer.size == 0) continue;
    return read_result(transfer);
  }
}

// How much of `size` a non-blocking pipe takes at once. The system's figure drops to 0 while a reader waits, so 0 says
// nothing.
size_t pipe_room(const OpenFile& file, size_t size) {
  nt::PipeLocal pipe = {};
  const bool known = NT_SUCCESS(nt::query(file.handle, FilePipeLocalInformation, pipe)) && pipe.write_quota != 0;
  return std::min<size_t>(size, known ? pipe.write_quota : kPipePage);
}

SysResult<size_t> write_bytes(OpenFile& file, std::span<const u8> bytes, LARGE_INTEGER* offset) {
  if (file.kind == Kind::Console) return file.console->write(bytes);
  if (file.kind == Kind::Pipe && file.flags.nonblocking) bytes = bytes.first(pipe_room(file, bytes.size()));
  const auto written = write_result(write_once(file.handle, bytes, offset));
  if (written && *written == 0) return fail(SysError::Again);  // a full pipe that somebody set to PIPE_NOWAIT
  return written;
}

SysResult<size_t> write_list(OpenFile& file, WriteBuffers buffers, LARGE_INTEGER* offset) {
  const bool at_end = offset != nullptr && offset->QuadPart < 0;
  size_t total = 0;
  for (const auto& buffer : buffers) {
    for (size_t done = 0; done < buffer.size();) {
      const auto part = write_bytes(file, buffer.subspan(done), offset);
      if (!part) return total == 0 ? part : SysResult<size_t>(total);
      total += *part;
      done += *part;
      if (offset != nullptr && !at_end) offset->QuadPart += static_cast<i64>(*part);
      if (file.flags.nonblocking && done < buffer.size()) return total;
    }
  }
  return total;
}

SysResult<size_t> write_all(OpenFile& file, WriteBuffers buffers, LARGE_INTEGER* offset) {
  size_t total = 0;
  for (const auto& buffer : buffers) {
    if (buffer.size() > kMostAtOnce - total) return write_list(file, buffers, offset);
    total += buffer.size();
  }
  if (buffers.size() < 2 || total > kGatherLimit) return write_list(file, buffers, offset);
  std::string gathered;
  gathered.reserve(total);
  for (const auto& buffer : buffers) gathered.append(reinterpret_cast<const char*>(buffer.data()), buffer.size());
  const std::span<const u8> one(reinterpret_cast<const u8*>(gathered.data()), gathered.size());
  return write_list(file, {&one, 1}, offset);
}

// After set_times, Windows no longer changes the modification time for writes through the same handle; POSIX does.
void note_write(OpenFile& file) {
  if (file.times_set) (void)change_times(file.handle, {}, {.kind = TimeChange::Now, .time = {}});
}

// Keeps the position of a file over a transfer that has an offset of its own.
class KeepPosition {
 public:
  explicit KeepPosition(HANDLE file) : file_(file) {
    known_ = NT_SUCCESS(nt::query(file, FilePositionInformation, position_));
  }
  KeepPosition(const KeepPosition&) = delete;
  KeepPosition& operator=(const KeepPosition&) = delete;
  ~KeepPosition() {
    if (known_) nt::set(file_, FilePositionInformation, position_);
  }

 private:
  HANDLE file_;
  FILE_POSITION_INFORMATION position_ = {};
  bool known_;
};

SysResult<OpenFile*> usable(const Handle& handle, size_t buffers) {
  OpenFile* const file = open_file(handle);
  if (file == nullptr) return fail(SysError::BadDescriptor);
  if (buffers > kMaxBuffers) return fail(SysError::Invalid);
  return file;
}

SysResult<u64> seek_base(HANDLE file, SeekFrom from) {
  if (from == SeekFrom::Start) return 0;
  FILE_POSITION_INFORMATION position = {};
  FILE_STANDARD_INFORMATION standard = {};
  const NTSTATUS status = from == SeekFrom::Current ? nt::query(file, FilePositionInformation, position)
                                                    : nt::query(file, FileStandardInformation, standard);
  if (!NT_SUCCESS(status)) return fail_status(status);
  return static_cast<u64>(from == SeekFrom::Current ? position.CurrentByteOffset.QuadPart
                                                    : standard.EndOfFile.QuadPart);
}

}  // namespace

SysResult<size_t> read(const Handle& handle, ReadBuffers buffers) {
  const auto file = usable(handle, buffers.size());
  if (!file) return fail(file.error());
  switch ((*file)->kind) {
    case Kind::File: return read_file((*file)->handle, buffers, nullptr);
    case Kind::Directory:
    case Kind::Drives: return fail(SysError::IsDirectory);
    case Kind::Socket:
      return receive(handle, buffers, {}).transform([](const Received& received) { return received.size; });
    default: return read_stream(**file, buffers);
  }
}

SysResult<size_t> write(const Handle& handle, WriteBuffers buffers) {
  const auto found = usable(handle, buffers.size());
  if (!found) return fail(found.error());
  OpenFile& file = **found;
  if (file.kind == Kind::Directory || file.kind == Kind::Drives) return fail(SysError::BadDescriptor);
  if (file.kind == Kind::Socket) return send(handle, buffers);
  LARGE_INTEGER end;
  end.QuadPart = nt::kAtEndOfFile;
  const auto written = write_all(file, buffers, file.kind == Kind::File && file.flags.append ? &end : nullptr);
  if (written) note_write(file);
  return written;
}

SysResult<size_t> read_at(const Handle& handle, ReadBuffers buffers, u64 offset) {
  const auto file = usable(handle, buffers.size());
  if (!file) return fail(file.error());
  if ((*file)->kind == Kind::Directory || (*file)->kind == Kind::Drives) return fail(SysError::IsDirectory);
  if ((*file)->kind != Kind::File) return fail(SysError::IllegalSeek);
  if (offset > INT64_MAX) return fail(SysError::Invalid);
  const KeepPosition keep((*file)->handle);
  LARGE_INTEGER at;
  at.QuadPart = static_cast<i64>(offset);
  return read_file((*file)->handle, buffers, &at);
}

SysResult<size_t> write_at(const Handle& handle, WriteBuffers buffers, u64 offset, bool) {
  const auto file = usable(handle, buffers.size());
  if (!file) return fail(file.error());
  if ((*file)->kind == Kind::Directory || (*file)->kind == Kind::Drives) return fail(SysError::BadDescriptor);
  if ((*file)->kind != Kind::File) return fail(SysError::IllegalSeek);
  if (offset > INT64_MAX) return fail(SysError::Invalid);
  const KeepPosition keep((*file)->handle);
  LARGE_INTEGER at;
  at.QuadPart = static_cast<i64>(offset);
  const auto written = write_all(**file, buffers, &at);
  if (written) note_write(**file);
  return written;
}

SysResult<u64> seek(const Handle& handle, i64 offset, SeekFrom from) {
  const OpenFile* const file = open_file(handle);
  if (file == nullptr) return fail(SysError::BadDescriptor);
  if (file->kind != Kind::File && file->kind != Kind::Directory) return fail(SysError::IllegalSeek);
  const auto base = seek_base(file->handle, from);
  if (!base) return base;
  FILE_POSITION_INFORMATION position = {};
  i64& target = position.CurrentByteOffset.QuadPart;
  if (__builtin_add_overflow(static_cast<i64>(*base), offset, &target) || target < 0) return fail(SysError::Invalid);
  if (offset == 0 && from == SeekFrom::Current) return static_cast<u64>(target);
  const NTSTATUS status = nt::set(file->handle, FilePositionInformation, position);
  if (!NT_SUCCESS(status)) return fail_status(status);
  return static_cast<u64>(target);
}

}  // namespace hermit::os
