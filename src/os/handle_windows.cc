// Handles on Windows are objects of our own around a HANDLE (handle_windows.h).
//
// Two standard streams are often one HANDLE (a parent gives the same file for stdout and stderr), so closing one of
// them must leave it open for the other. A closed one is also taken out of the process's own table: the system may give
// its number to the next file, and whatever the launcher writes to standard error must not land there.
#include "os/handle_windows.h"

#include "os/console_windows.h"
#include "os/socket_windows.h"

namespace hermit::os {
namespace {

constexpr DWORD kStandard[3] = {STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE};

bool is_open(HANDLE handle) {
  if (handle == nullptr || handle == INVALID_HANDLE_VALUE) return false;
  SetLastError(NO_ERROR);
  return GetFileType(handle) != FILE_TYPE_UNKNOWN || GetLastError() == NO_ERROR;
}

// GetFileType calls both pipes and sockets FILE_TYPE_PIPE; only pipes know FilePipeLocalInformation.
Kind kind_of_pipe(HANDLE handle) {
  nt::PipeLocal pipe;
  const NTSTATUS status = nt::query(handle, FilePipeLocalInformation, pipe);
  if (NT_SUCCESS(status) || status == STATUS_ACCESS_DENIED) return Kind::Pipe;
  return is_socket(handle) ? Kind::Socket : Kind::Pipe;
}

Kind kind_of(HANDLE handle) {
  DWORD mode = 0;
  switch (GetFileType(handle)) {
    case FILE_TYPE_CHAR: return GetConsoleMode(handle, &mode) != 0 ? Kind::Console : Kind::Device;
    case FILE_TYPE_PIPE: return kind_of_pipe(handle);
    case FILE_TYPE_DISK: break;
    default: return Kind::Device;
  }
  nt::AttributeTag tag = {};
  const NTSTATUS status = nt::query(handle, FileAttributeTagInformation, tag);
  return NT_SUCCESS(status) && (tag.attributes & FILE_ATTRIBUTE_DIRECTORY) != 0 ? Kind::Directory : Kind::File;
}

void close_standard_stream(const OpenFile& file) {
  SetStdHandle(kStandard[file.standard_stream], nullptr);
  for (const DWORD other : kStandard) {
    if (GetStdHandle(other) == file.handle) return;
  }
  NtClose(file.handle);
}

}  // namespace

OpenFile::OpenFile() = default;
OpenFile::~OpenFile() {
  if (handle == nullptr) return;
  if (standard_stream >= 0) {
    close_standard_stream(*this);
  } else if (kind == Kind::Socket) {
    close_socket(handle);
  } else {
    NtClose(handle);
  }
}

Handle adopt(HANDLE handle, Kind kind, FileFlags flags) {
  auto* const file = new OpenFile;
  file->handle = handle;
  file->kind = kind;
  file->flags = flags;
  if (kind == Kind::Console) file->console = std::make_unique<ConsoleText>(handle);
  return Handle(reinterpret_cast<Handle::Raw>(file));
}

Handle adopt(HANDLE handle) { return adopt(handle, kind_of(handle)); }

bool Handle::is_standard_stream(Raw raw) { return open_file(raw).standard_stream >= 0; }

void Handle::close() {
  if (raw_ != kNone) delete &open_file(std::exchange(raw_, kNone));
}

StandardStreams take_standard_streams() {
  StandardStreams result;
  for (int i = 0; i < 3; ++i) {
    const HANDLE handle = GetStdHandle(kStandard[i]);
    if (!is_open(handle)) {
      SetStdHandle(kStandard[i], nullptr);
      continue;
    }
    result.streams[i] = adopt(handle);
    open_file(result.streams[i].raw()).standard_stream = i;
  }
  return result;
}

}  // namespace hermit::os
