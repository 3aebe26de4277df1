// Opening by NtCreateFile, and the meaning of Windows' errors.
//
// NtCreateFile takes a directory handle and a name relative to it, as openat does; kernel32 has nothing of the kind. A
// name given there is used as it is: no current directory, no device names, no trimming, no `/`, no limit of 260
// characters.
#include "os/nt_windows.h"

#include <winsock2.h>

namespace hermit::os {
namespace nt {

NTSTATUS open(HANDLE root, std::wstring_view name, const Open& what, HANDLE& result) {
  if (name.size() > 0x7fff) return STATUS_NAME_TOO_LONG;  // UNICODE_STRING counts bytes in 16 bits
  UNICODE_STRING text;
  text.Buffer = const_cast<wchar_t*>(name.data());
  text.Length = text.MaximumLength = static_cast<USHORT>(name.size() * sizeof(wchar_t));
  OBJECT_ATTRIBUTES object = {};
  object.Length = sizeof object;
  object.RootDirectory = root;
  object.ObjectName = &text;
  object.Attributes = OBJ_CASE_INSENSITIVE;
  IO_STATUS_BLOCK io = {};
  const ULONG options = what.options | FILE_SYNCHRONOUS_IO_NONALERT | (what.follow ? 0 : FILE_OPEN_REPARSE_POINT);
  return NtCreateFile(&result, what.access | SYNCHRONIZE, &object, &io, nullptr, FILE_ATTRIBUTE_NORMAL,
                      FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, what.disposition, options, nullptr, 0);
}

SysResult<HANDLE> open(HANDLE root, std::wstring_view name, const Open& what) {
  HANDLE handle = nullptr;
  const NTSTATUS status = open(root, name, what, handle);
  if (!NT_SUCCESS(status)) return fail_status(status);
  return handle;
}

bool is_unsupported(NTSTATUS status) {
  switch (status) {
    case STATUS_INVALID_INFO_CLASS:
    case STATUS_INVALID_PARAMETER:
    case STATUS_INVALID_DEVICE_REQUEST:
    case STATUS_NOT_SUPPORTED:
    case STATUS_NOT_IMPLEMENTED: return true;
    default: return false;
  }
}

}  // namespace nt

SysError from_windows(DWORD error) {
  switch (error) {
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
    case ERROR_INVALID_DRIVE:
    case ERROR_INVALID_NAME:
    case ERROR_BAD_PATHNAME:
    case ERROR_BAD_NETPATH:
    case ERROR_BAD_NET_NAME:
    case ERROR_NOT_READY: return SysError::NotFound;
    case ERROR_ACCESS_DENIED:
    case ERROR_NETWORK_ACCESS_DENIED:
    case ERROR_CANT_ACCESS_FILE:
    case ERROR_VIRUS_INFECTED:
    case WSAEACCES: return SysError::Access;
    case ERROR_INVALID_HANDLE:
    case WSAEBADF: return SysError::BadDescriptor;
    case ERROR_NOT_ENOUGH_MEMORY:
    case ERROR_OUTOFMEMORY:
    case ERROR_NO_SYSTEM_RESOURCES:
    case ERROR_COMMITMENT_LIMIT: return SysError::OutOfMemory;
    case ERROR_WRITE_PROTECT: return SysError::ReadOnlyFileSystem;
    case ERROR_SHARING_VIOLATION:
    case ERROR_DELETE_PENDING:
    case ERROR_BUSY: return SysError::Busy;
    case ERROR_USER_MAPPED_FILE: return SysError::FileBusy;
    case ERROR_LOCK_VIOLATION:
    case ERROR_PIPE_BUSY:
    case WSAEWOULDBLOCK: return SysError::Again;
    case ERROR_FILE_EXISTS:
    case ERROR_ALREADY_EXISTS: return SysError::Exists;
    case ERROR_NOT_SAME_DEVICE: return SysError::CrossDevice;
    case ERROR_DIRECTORY: return SysError::NotDirectory;
    case ERROR_DIR_NOT_EMPTY: return SysError::NotEmpty;
    case ERROR_HANDLE_DISK_FULL:
    case ERROR_DISK_FULL: return SysError::NoSpace;
    case ERROR_DISK_QUOTA_EXCEEDED: return SysError::QuotaExceeded;
    case ERROR_FILE_TOO_LARGE: return SysError::FileTooBig;
    case ERROR_TOO_MANY_LINKS: return SysError::TooManyLinks;
    case ERROR_TOO_MANY_OPEN_FILES:
    case WSAEMFILE: return SysError::TooManyOpenFiles;
    case ERROR_FILENAME_EXCED_RANGE: return SysError::NameTooLong;
    case ERROR_NO_UNICODE_TRANSLATION: return SysError::IllegalSequence;
    case ERROR_BROKEN_PIPE:
    case ERROR_NO_DATA:
    case ERROR_PIPE_NOT_CONNECTED:
    case WSAESHUTDOWN: return SysError::BrokenPipe;
    case ERROR_INVALID_PARAMETER:
    case ERROR_NEGATIVE_SEEK:
    case WSAEINVAL: return SysError::Invalid;
    case ERROR_PRIVILEGE_NOT_HELD: return SysError::NotPermitted;
    case ERROR_NOT_SUPPORTED:
    case ERROR_CALL_NOT_IMPLEMENTED:
    case ERROR_INVALID_FUNCTION:
    case WSAEOPNOTSUPP: return SysError::NotSupported;
    case ERROR_NOT_A_REPARSE_POINT: return SysError::Invalid;
    case ERROR_CANT_RESOLVE_FILENAME:
    case ERROR_STOPPED_ON_SYMLINK: return SysError::Loop;
    case ERROR_NETNAME_DELETED: return SysError::ConnectionReset;
    case WSAENOTSOCK: return SysError::NotSocket;
    case WSAENOTCONN: return SysError::NotConnected;
    case WSAEISCONN: return SysError::IsConnected;
    case WSAECONNRESET: return SysError::ConnectionReset;
    case WSAECONNABORTED: return SysError::ConnectionAborted;
    case WSAECONNREFUSED: return SysError::ConnectionRefused;
    case WSAETIMEDOUT: return SysError::TimedOut;
    case WSAEINTR: return SysError::Interrupted;
    case WSAEFAULT: return SysError::Fault;
    case WSAENOBUFS: return SysError::NoBuffers;
    case WSAEMSGSIZE: return SysError::MessageTooBig;
    case WSAENETDOWN: return SysError::NetworkDown;
    case WSAENETRESET: return SysError::NetworkReset;
    case WSAENETUNREACH: return SysError::NetworkUnreachable;
    case WSAEHOSTUNREACH: return SysError::HostUnreachable;
    case WSAEADDRINUSE: return SysError::AddressInUse;
    case WSAEADDRNOTAVAIL: return SysError::AddressNotAvailable;
    case WSAEAFNOSUPPORT: return SysError::AddressFamilyNotSupported;
    case WSAEDESTADDRREQ: return SysError::DestinationRequired;
    case WSAENOPROTOOPT: return SysError::NoProtocolOption;
    case WSAEPROTONOSUPPORT: return SysError::ProtocolNotSupported;
    case WSAEINPROGRESS: return SysError::InProgress;
    case WSAEALREADY: return SysError::Already;
    default: return SysError::Io;
  }
}

// Only what the system's own translation to GetLastError values loses or turns into "access denied".
SysError from_status(NTSTATUS status) {
  switch (status) {
    case STATUS_FILE_IS_A_DIRECTORY: return SysError::IsDirectory;
    case STATUS_NOT_A_DIRECTORY: return SysError::NotDirectory;
    case STATUS_DIRECTORY_NOT_EMPTY: return SysError::NotEmpty;
    case STATUS_DELETE_PENDING:  // removed, but somebody still has it open
    case STATUS_OBJECT_NAME_INVALID: return SysError::NotFound;
    case STATUS_SHARING_VIOLATION: return SysError::Busy;
    case STATUS_CANNOT_DELETE: return SysError::Access;  // read-only, or mapped as a program
    case STATUS_NAME_TOO_LONG: return SysError::NameTooLong;
    case STATUS_MEDIA_WRITE_PROTECTED: return SysError::ReadOnlyFileSystem;
    case STATUS_FILE_LOCK_CONFLICT: return SysError::Access;
    default: return from_windows(RtlNtStatusToDosError(status));
  }
}

}  // namespace hermit::os
