// Status, size, times, flags and synchronisation of open files on Windows.
#include "os/console_windows.h"
#include "os/handle_windows.h"
#include "os/socket_windows.h"
#include "os/status_windows.h"

namespace hermit::os {
namespace {

FileType stream_type(const OpenFile& file) {
  switch (file.kind) {
    case Kind::Pipe: return FileType::Pipe;
    case Kind::Socket: return is_datagram(file.handle) ? FileType::SocketDatagram : FileType::SocketStream;
    case Kind::Drives: return FileType::Directory;
    default: return FileType::CharacterDevice;
  }
}

bool is_on_disk(const OpenFile& file) { return file.kind == Kind::File || file.kind == Kind::Directory; }

SysResult<void> set_end(HANDLE file, u64 size, SysError if_read_only) {
  FILE_END_OF_FILE_INFORMATION end = {};
  end.EndOfFile.QuadPart = static_cast<i64>(size);
  const NTSTATUS status = nt::set(file, FileEndOfFileInformation, end);
  if (status == STATUS_ACCESS_DENIED) return fail(if_read_only);
  if (!NT_SUCCESS(status)) return fail_status(status);
  return {};
}

}  // namespace

SysResult<FileStatus> status(const Handle& handle) {
  const OpenFile* const file = open_file(handle);
  if (file == nullptr) return fail(SysError::BadDescriptor);
  if (is_on_disk(*file)) return status_of(file->handle);
  FileStatus result;
  result.type = stream_type(*file);
  result.links = 1;
  return result;
}

bool is_process_file(const Handle&) { return false; }

bool is_terminal(const Handle& handle) {
  const OpenFile* const file = open_file(handle);
  return file != nullptr && file->kind == Kind::Console;
}

SysResult<void> set_size(const Handle& handle, u64 size) {
  const OpenFile* const file = open_file(handle);
  if (file == nullptr) return fail(SysError::BadDescriptor);
  if (file->kind != Kind::File) return fail(SysError::Invalid);
  if (size > INT64_MAX) return fail(SysError::FileTooBig);
  return set_end(file->handle, size, SysError::Invalid);
}

// Growing a file reserves its clusters unless it is sparse, and new files are not.
SysResult<void> allocate(const Handle& handle, u64 offset, u64 length) {
  const OpenFile* const file = open_file(handle);
  if (file == nullptr) return fail(SysError::BadDescriptor);
  if (file->kind != Kind::File) return fail(SysError::NoDevice);
  if (length == 0) return fail(SysError::Invalid);
  if (offset > INT64_MAX || length > INT64_MAX - offset) return fail(SysError::FileTooBig);
  FILE_STANDARD_INFORMATION standard = {};
  const NTSTATUS status = nt::query(file->handle, FileStandardInformation, standard);
  if (!NT_SUCCESS(status)) return fail_status(status);
  const u64 size = static_cast<u64>(standard.EndOfFile.QuadPart);
  return set_end(file->handle, offset + length > size ? offset + length : size, SysError::BadDescriptor);
}

SysResult<void> set_times(const Handle& handle, TimeChange accessed, TimeChange modified) {
  OpenFile* const file = open_file(handle);
  if (file == nullptr) return fail(SysError::BadDescriptor);
  if (!is_on_disk(*file)) return fail(SysError::Invalid);
  auto changed = change_times(file->handle, accessed, modified);
  if (changed) file->times_set = true;
  if (changed || changed.error() != SysError::Access) return changed;
  // Opened for reading only; POSIX lets the owner change the times all the same.
  const auto writable = nt::open(file->handle, L"", {.access = FILE_WRITE_ATTRIBUTES});
  if (!writable) return fail(writable.error());
  const nt::Closer closer(*writable);
  return change_times(*writable, accessed, modified);
}

SysResult<void> advise(const Handle& handle, u64, u64, Advice) {
  const OpenFile* const file = open_file(handle);
  if (file == nullptr) return fail(SysError::BadDescriptor);
  if (!is_on_disk(*file)) return fail(SysError::IllegalSeek);
  return {};
}

// Flushing needs the right to write. A directory or read-only file is opened once more for it; where that is not
// allowed there is nothing of ours to write either.
SysResult<void> sync(const Handle& handle) {
  const OpenFile* const file = open_file(handle);
  if (file == nullptr) return fail(SysError::BadDescriptor);
  if (!is_on_disk(*file)) return fail(SysError::Invalid);  // flushing a pipe would wait for its reader
  IO_STATUS_BLOCK io = {};
  NTSTATUS status = NtFlushBuffersFile(file->handle, &io);
  if (status == STATUS_ACCESS_DENIED) {
    const auto writable = nt::open(file->handle, L"", {.access = FILE_WRITE_DATA});
    if (!writable) return {};
    const nt::Closer closer(*writable);
    status = NtFlushBuffersFile(*writable, &io);
  }
  if (!NT_SUCCESS(status) && file->kind == Kind::File) return fail_status(status);
  return {};
}

SysResult<void> sync_data(const Handle& handle) { return sync(handle); }

SysResult<FileFlags> flags(const Handle& handle) {
  const OpenFile* const file = open_file(handle);
  if (file == nullptr) return fail(SysError::BadDescriptor);
  return file->flags;
}

SysResult<void> set_flags(const Handle& handle, FileFlags flags) {
  OpenFile* const file = open_file(handle);
  if (file == nullptr) return fail(SysError::BadDescriptor);
  const FileFlags& now = file->flags;
  if (flags.dsync != now.dsync || flags.rsync != now.rsync || flags.sync != now.sync) return fail(SysError::Invalid);
  if (file->kind == Kind::Socket) set_socket_blocking(file->handle, !flags.nonblocking);
  file->flags = flags;
  return {};
}

SysResult<void> set_executable(const Handle&) { return {}; }

}  // namespace hermit::os
