// sys_error.h on Windows: numbers are those of GetLastError, because Error::where and os::error_text mean those; texts
// are our own, because the C library knows no text for half the list and FormatMessage speaks the user's language in
// two sentences.
#include "os/nt_windows.h"

#include <winsock2.h>

namespace hermit::os {

const char* describe(SysError error) {
  switch (error) {
    case SysError::Access: return "Permission denied";
    case SysError::Again: return "Resource temporarily unavailable";
    case SysError::BadDescriptor: return "Bad file descriptor";
    case SysError::Busy: return "Device or resource busy";
    case SysError::CrossDevice: return "Invalid cross-device link";
    case SysError::Exists: return "File exists";
    case SysError::IllegalSequence: return "Name is not valid UTF-8";
    case SysError::Invalid: return "Invalid argument";
    case SysError::IsDirectory: return "Is a directory";
    case SysError::Loop: return "Too many levels of symbolic links";
    case SysError::NameTooLong: return "File name too long";
    case SysError::NoSpace: return "No space left on device";
    case SysError::NotDirectory: return "Not a directory";
    case SysError::NotEmpty: return "Directory not empty";
    case SysError::NotFound: return "No such file or directory";
    case SysError::NotPermitted: return "Operation not permitted";
    case SysError::NotSupported: return "Operation not supported";
    case SysError::OutOfMemory: return "Cannot allocate memory";
    case SysError::BrokenPipe: return "Broken pipe";
    case SysError::ReadOnlyFileSystem: return "Read-only file system";
    case SysError::TooManyOpenFiles: return "Too many open files";
    default: return "Input/output error";
  }
}

int system_number(SysError error) {
  switch (error) {
    case SysError::Access: return ERROR_ACCESS_DENIED;
    case SysError::Again: return ERROR_LOCK_VIOLATION;
    case SysError::BadDescriptor: return ERROR_INVALID_HANDLE;
    case SysError::Busy: return ERROR_SHARING_VIOLATION;
    case SysError::CrossDevice: return ERROR_NOT_SAME_DEVICE;
    case SysError::Exists: return ERROR_ALREADY_EXISTS;
    case SysError::IllegalSequence: return ERROR_NO_UNICODE_TRANSLATION;
    case SysError::Invalid: return ERROR_INVALID_PARAMETER;
    case SysError::IsDirectory:
    case SysError::NotDirectory: return ERROR_DIRECTORY;
    case SysError::Loop: return ERROR_CANT_RESOLVE_FILENAME;
    case SysError::NameTooLong: return ERROR_FILENAME_EXCED_RANGE;
    case SysError::NoSpace: return ERROR_DISK_FULL;
    case SysError::NotEmpty: return ERROR_DIR_NOT_EMPTY;
    case SysError::NotFound: return ERROR_FILE_NOT_FOUND;
    case SysError::NotPermitted: return ERROR_PRIVILEGE_NOT_HELD;
    case SysError::NotSupported: return ERROR_NOT_SUPPORTED;
    case SysError::OutOfMemory: return ERROR_NOT_ENOUGH_MEMORY;
    case SysError::BrokenPipe: return ERROR_BROKEN_PIPE;
    case SysError::ReadOnlyFileSystem: return ERROR_WRITE_PROTECT;
    case SysError::TooManyOpenFiles: return ERROR_TOO_MANY_OPEN_FILES;
    default: return ERROR_GEN_FAILURE;
  }
}

}  // namespace hermit::os
