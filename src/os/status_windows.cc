// A file's status on Windows, put together from the information classes that each file system answers.
#include "os/status_windows.h"

#include "os/reparse_windows.h"

namespace hermit::os {
namespace {

constexpr i64 kTicksPerSecond = 10'000'000;           // 100 ns
constexpr i64 kSecondsTo1970 = 11'644'473'600;        // from 1601-01-01: 369 years with 89 leap days
constexpr i64 kLastSecond = INT64_MAX / kTicksPerSecond - kSecondsTo1970 - 1;

struct VolumeInformation {  // FileFsVolumeInformation; the label follows
  LARGE_INTEGER created;
  ULONG serial;
  ULONG label_size;
  BOOLEAN supports_objects;
  WCHAR label[64];
};

SysResult<i64> changed_time(const TimeChange& change) {
  if (change.kind == TimeChange::Keep) return 0;  // 0 leaves the time as it is
  if (change.kind == TimeChange::Now) return windows_now();
  return to_windows_time(change.time);
}

}  // namespace

TimeStamp to_time_stamp(i64 windows_time) {
  i64 seconds = windows_time / kTicksPerSecond;
  i64 rest = windows_time % kTicksPerSecond;
  if (rest < 0) {
    rest += kTicksPerSecond;
    --seconds;
  }
  return {seconds - kSecondsTo1970, static_cast<u32>(rest * 100)};
}

SysResult<i64> to_windows_time(TimeStamp time) {
  if (time.seconds < -kSecondsTo1970 || time.seconds > kLastSecond) return fail(SysError::Invalid);
  const i64 ticks = (time.seconds + kSecondsTo1970) * kTicksPerSecond + time.nanoseconds / 100;
  return ticks == 0 ? 1 : ticks;  // 0 would mean "leave it"
}

i64 windows_now() {
  FILETIME time;
  GetSystemTimePreciseAsFileTime(&time);
  return static_cast<i64>((u64{time.dwHighDateTime} << 32) | time.dwLowDateTime);
}

SysResult<nt::AttributeTag> attributes_of(HANDLE file) {
  nt::AttributeTag tag = {};
  NTSTATUS status = nt::query(file, FileAttributeTagInformation, tag);
  if (nt::is_unsupported(status)) {  // file systems without reparse points
    FILE_BASIC_INFORMATION basic = {};
    status = nt::query(file, FileBasicInformation, basic);
    tag = {basic.FileAttributes & ~static_cast<ULONG>(FILE_ATTRIBUTE_REPARSE_POINT), 0};
  }
  if (!NT_SUCCESS(status)) return fail_status(status);
  return tag;
}

SysResult<FileId> identity_of(HANDLE file) {
  nt::FileIdentity id = {};
  if (NT_SUCCESS(nt::query(file, nt::kFileIdInformation, id))) return FileId{id.volume, id.low, id.high};
  // FAT and old network servers: a 64-bit number and the volume's short serial number.
  FILE_INTERNAL_INFORMATION internal = {};
  NTSTATUS status = nt::query(file, FileInternalInformation, internal);
  if (!NT_SUCCESS(status)) return fail_status(status);
  VolumeInformation volume = {};
  IO_STATUS_BLOCK io = {};
  status = NtQueryVolumeInformationFile(file, &io, &volume, sizeof volume, FileFsVolumeInformation);
  if (!NT_SUCCESS(status) && status != STATUS_BUFFER_OVERFLOW) return fail_status(status);
  return FileId{volume.serial, static_cast<u64>(internal.IndexNumber.QuadPart), 0};
}

SysResult<FileStatus> status_of(HANDLE file) {
  FILE_BASIC_INFORMATION basic = {};
  FILE_STANDARD_INFORMATION standard = {};
  NTSTATUS status = nt::query(file, FileBasicInformation, basic);
  if (NT_SUCCESS(status)) status = nt::query(file, FileStandardInformation, standard);
  if (!NT_SUCCESS(status)) return fail_status(status);
  nt::AttributeTag tag = {basic.FileAttributes, 0};
  if ((tag.attributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0) {
    const auto full = attributes_of(file);
    if (!full) return fail(full.error());
    tag = *full;
  }
  const auto id = identity_of(file);
  if (!id) return fail(id.error());

  FileStatus result;
  result.id = *id;
  result.type = type_of(tag);
  result.links = standard.NumberOfLinks;
  result.size = static_cast<u64>(standard.EndOfFile.QuadPart);
  if (result.type == FileType::SymbolicLink) {  // Windows says 0, POSIX the length of the target
    const auto target = read_reparse_link(file);
    result.size = target ? target->size() : 0;
  }
  result.accessed = to_time_stamp(basic.LastAccessTime.QuadPart);
  result.modified = to_time_stamp(basic.LastWriteTime.QuadPart);
  result.changed = to_time_stamp(basic.ChangeTime.QuadPart);
  return result;
}

SysResult<void> change_times(HANDLE file, TimeChange accessed, TimeChange modified) {
  const auto access_time = changed_time(accessed);
  const auto write_time = changed_time(modified);
  if (!access_time || !write_time) return fail(SysError::Invalid);
  FILE_BASIC_INFORMATION basic = {};
  basic.LastAccessTime.QuadPart = *access_time;
  basic.LastWriteTime.QuadPart = *write_time;
  const NTSTATUS status = nt::set(file, FileBasicInformation, basic);
  if (!NT_SUCCESS(status)) return fail_status(status);
  return {};
}

}  // namespace hermit::os
