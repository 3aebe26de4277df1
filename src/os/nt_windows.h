// The part of Windows below kernel32 that os/ uses: opening relative to a directory handle, information classes,
// file-system controls. Documented in the driver kit (learn.microsoft.com: ntifs.h, wdm.h) and in MS-FSCC; the
// mingw-w64 headers lack half.
#pragma once

#define WIN32_LEAN_AND_MEAN
#define WIN32_NO_STATUS
#include <windows.h>
#undef WIN32_NO_STATUS
#include <ntstatus.h>
#include <winternl.h>

#include <string_view>
#include <utility>

#include "base/types.h"
#include "os/sys_error.h"

extern "C" {
NTSTATUS NTAPI NtReadFile(HANDLE, HANDLE, PIO_APC_ROUTINE, PVOID, PIO_STATUS_BLOCK, PVOID, ULONG, PLARGE_INTEGER,
                          PULONG);
NTSTATUS NTAPI NtWriteFile(HANDLE, HANDLE, PIO_APC_ROUTINE, PVOID, PIO_STATUS_BLOCK, PVOID, ULONG, PLARGE_INTEGER,
                           PULONG);
NTSTATUS NTAPI NtQueryDirectoryFile(HANDLE, HANDLE, PIO_APC_ROUTINE, PVOID, PIO_STATUS_BLOCK, PVOID, ULONG,
                                    FILE_INFORMATION_CLASS, BOOLEAN, PUNICODE_STRING, BOOLEAN);
NTSTATUS NTAPI NtFlushBuffersFile(HANDLE, PIO_STATUS_BLOCK);
NTSTATUS NTAPI RtlAdjustPrivilege(ULONG, BOOLEAN, BOOLEAN, PBOOLEAN);
}

namespace hermit::os {

SysError from_status(NTSTATUS status);
SysError from_windows(DWORD error);  // a GetLastError or WSAGetLastError value
inline std::unexpected<SysError> fail_status(NTSTATUS status) { return std::unexpected(from_status(status)); }
inline std::unexpected<SysError> fail_last() { return std::unexpected(from_windows(GetLastError())); }

namespace nt {

// FILE_INFORMATION_CLASS values that the headers do not name (their enumeration ends before).
inline constexpr int kFileIdInformation = 59;
inline constexpr int kFileDispositionInformationEx = 64;
inline constexpr int kFileRenameInformationEx = 65;

struct AttributeTag {  // FileAttributeTagInformation
  ULONG attributes;
  ULONG reparse_tag;
};
struct FileIdentity {  // FileIdInformation
  u64 volume;
  u64 low;
  u64 high;
};
struct RenameOrLink {  // FileRenameInformation(Ex) and FileLinkInformation; the name follows
  ULONG flags;         // FileRenameInformation and FileLinkInformation: one byte, ReplaceIfExists
  HANDLE root;
  ULONG name_size;  // in bytes
};
inline constexpr ULONG kReplaceIfExists = 1;
inline constexpr ULONG kRenamePosix = 2;
inline constexpr ULONG kRenameIgnoreReadOnly = 0x40;

inline constexpr ULONG kDispositionDelete = 1;
inline constexpr ULONG kDispositionPosix = 2;
inline constexpr ULONG kDispositionIgnoreReadOnly = 0x10;

struct PipeLocal {  // FilePipeLocalInformation
  ULONG type, configuration, maximum_instances, current_instances, inbound_quota, read_available, outbound_quota,
      write_quota, state, end;
};

// Write at the end of the file, wherever that is by then (wdm.h, FILE_WRITE_TO_END_OF_FILE).
inline constexpr LONGLONG kAtEndOfFile = -1;

// What one open asks of NtCreateFile. All sharing is allowed, as POSIX does: whoever opens a file locks nobody out.
struct Open {
  ACCESS_MASK access;       // SYNCHRONIZE is added
  ULONG disposition = FILE_OPEN;
  ULONG options = 0;        // FILE_SYNCHRONOUS_IO_NONALERT is added
  bool follow = false;      // else FILE_OPEN_REPARSE_POINT: the object itself, whatever it redirects to
};
// `name` relative to `root`, or an absolute NT path if root is null; an empty name opens `root` once more.
SysResult<HANDLE> open(HANDLE root, std::wstring_view name, const Open& what);
// The same with the plain status, for callers that tell failures apart.
NTSTATUS open(HANDLE root, std::wstring_view name, const Open& what, HANDLE& result);

// Reads or sets one information class of a file.
template <typename T>
NTSTATUS query(HANDLE file, int which, T& information) {
  IO_STATUS_BLOCK io = {};
  return NtQueryInformationFile(file, &io, &information, sizeof information,
                                static_cast<FILE_INFORMATION_CLASS>(which));
}
template <typename T>
NTSTATUS set(HANDLE file, int which, T information) {
  IO_STATUS_BLOCK io = {};
  return NtSetInformationFile(file, &io, &information, sizeof information, static_cast<FILE_INFORMATION_CLASS>(which));
}

// Whether a status says that the system or file system does not know the request (older Windows, FAT, network, Wine).
bool is_unsupported(NTSTATUS status);

// Closes a HANDLE at the end of a scope.
class Closer {
 public:
  explicit Closer(HANDLE handle) : handle_(handle) {}
  Closer(const Closer&) = delete;
  Closer& operator=(const Closer&) = delete;
  ~Closer() {
    if (handle_ != nullptr) NtClose(handle_);
  }
  HANDLE release() { return std::exchange(handle_, nullptr); }

 private:
  HANDLE handle_;
};

}  // namespace nt
}  // namespace hermit::os
