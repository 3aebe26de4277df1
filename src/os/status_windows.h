// What a file is, by its open handle; times.
#pragma once

#include "os/file.h"
#include "os/nt_windows.h"

namespace hermit::os {

// Attributes and reparse tag.
SysResult<nt::AttributeTag> attributes_of(HANDLE file);
SysResult<FileId> identity_of(HANDLE file);
SysResult<FileStatus> status_of(HANDLE file);

// Requires: `file` was opened with FILE_WRITE_ATTRIBUTES (else Access).
SysResult<void> change_times(HANDLE file, TimeChange accessed, TimeChange modified);
// A Windows time, 100 ns since 1601, as a moment and back. Invalid if it is before 1601 or after the year 30827.
TimeStamp to_time_stamp(i64 windows_time);
SysResult<i64> to_windows_time(TimeStamp time);
i64 windows_now();

}  // namespace hermit::os
