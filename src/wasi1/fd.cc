// The fd_* functions: open descriptors.
#include <cstring>

#include "wasi1/call.h"

namespace hermit::wasi1 {

Outcome<void> store_filestat(const Call& call, u64 address, const os::FileStatus& status) {
  TRY(const std::span<u8> record, call.bytes(address, kFilestatSize));
  u8* const p = record.data();
  std::memset(p, 0, record.size());
  store_le<u64>(p, status.id.device);
  store_le<u64>(p + 8, status.id.index);
  p[16] = to_filetype(status.type);
  store_le<u64>(p + 24, status.links);
  store_le<u64>(p + 32, status.size);
  store_le<u64>(p + 40, to_timestamp(status.accessed));
  store_le<u64>(p + 48, to_timestamp(status.modified));
  store_le<u64>(p + 56, to_timestamp(status.changed));
  return {};
}

Outcome<TimeChanges> time_changes(u64 accessed, u64 modified, u32 flags) {
  const auto both = [flags](u32 a, u32 b) { return (flags & a) != 0 && (flags & b) != 0; };
  if ((flags & ~kTimeFlags) != 0 || both(kSetAccessed, kSetAccessedNow) || both(kSetModified, kSetModifiedNow)) {
    return fail(Errno::Inval);
  }
  const auto change = [flags](u32 set, u32 now, u64 time) -> os::TimeChange {
    if ((flags & now) != 0) return {os::TimeChange::Now, {}};
    if ((flags & set) != 0) return {os::TimeChange::Set, from_timestamp(time)};
    return {};
  };
  return TimeChanges{change(kSetAccessed, kSetAccessedNow, accessed), change(kSetModified, kSetModifiedNow, modified)};
}

Outcome<void> fd_advise(Call& call) {
  TRY(host::Descriptor * file, call.descriptor(0, rights::kFdAdvise));
  const u32 advice = call.arg(3);
  if (advice > static_cast<u32>(os::Advice::NoReuse)) return fail(Errno::Inval);
  TRY_VOID(call.host().advise(*file, call.arg64(1), call.arg64(2), static_cast<os::Advice>(advice)));
  return {};
}

Outcome<void> fd_allocate(Call& call) {
  TRY(host::Descriptor * file, call.descriptor(0, rights::kFdAllocate));
  TRY_VOID(call.host().allocate(*file, call.arg64(1), call.arg64(2)));
  return {};
}

Outcome<void> fd_close(Call& call) {
  TRY_VOID(call.host().descriptors().close(call.arg(0)));
  return {};
}

Outcome<void> fd_datasync(Call& call) {
  TRY(host::Descriptor * file, call.descriptor(0, rights::kFdDatasync));
  TRY_VOID(call.host().sync(*file, true));
  return {};
}

Outcome<void> fd_sync(Call& call) {
  TRY(host::Descriptor * file, call.descriptor(0, rights::kFdSync));
  TRY_VOID(call.host().sync(*file, false));
  return {};
}

Outcome<void> fd_fdstat_get(Call& call) {
  TRY(host::Descriptor * file, call.descriptor(0, 0));
  TRY(const std::span<u8> record, call.bytes(call.arg(1), kFdstatSize));
  u8* const p = record.data();
  std::memset(p, 0, record.size());
  p[0] = to_filetype(file->type);
  store_le<u16>(p + 2, static_cast<u16>(to_fdflags(file->flags)));
  store_le<u64>(p + 8, file->api_rights);
  store_le<u64>(p + 16, file->api_inheriting);
  return {};
}

Outcome<void> fd_fdstat_set_flags(Call& call) {
  TRY(host::Descriptor * file, call.descriptor(0, rights::kFdFdstatSetFlags));
  const u32 flags = call.arg(1);
  if ((flags & ~kFdFlags) != 0) return fail(Errno::Inval);
  TRY_VOID(call.host().set_flags(*file, from_fdflags(flags)));
  return {};
}

Outcome<void> fd_fdstat_set_rights(Call& call) {
  TRY(host::Descriptor * file, call.descriptor(0, 0));
  const Rights base = call.arg64(1);
  const Rights inheriting = call.arg64(2);
  if ((base & ~file->api_rights) != 0 || (inheriting & ~file->api_inheriting) != 0) return fail(Errno::Notcapable);
  file->api_rights = base;
  file->api_inheriting = inheriting;
  return {};
}

Outcome<void> fd_filestat_get(Call& call) {
  TRY(host::Descriptor * file, call.descriptor(0, rights::kFdFilestatGet));
  TRY(const os::FileStatus status, call.host().status(*file));
  return store_filestat(call, call.arg(1), status);
}

Outcome<void> fd_filestat_set_size(Call& call) {
  TRY(host::Descriptor * file, call.descriptor(0, rights::kFdFilestatSetSize));
  TRY_VOID(call.host().set_size(*file, call.arg64(1)));
  return {};
}

Outcome<void> fd_filestat_set_times(Call& call) {
  TRY(host::Descriptor * file, call.descriptor(0, rights::kFdFilestatSetTimes));
  TRY(const TimeChanges changes, time_changes(call.arg64(1), call.arg64(2), call.arg(3)));
  TRY_VOID(call.host().set_times(*file, changes.accessed, changes.modified));
  return {};
}

Outcome<void> fd_prestat_get(Call& call) {
  TRY(host::Descriptor * directory, call.descriptor(0, 0));
  if (!directory->preopen_name) return fail(Errno::Badf);
  TRY(const std::span<u8> record, call.bytes(call.arg(1), kPrestatSize));
  store_le<u32>(record.data(), 0);  // tag 0: a directory
  store_le<u32>(record.data() + 4, static_cast<u32>(directory->preopen_name->size()));
  return {};
}

Outcome<void> fd_prestat_dir_name(Call& call) {
  TRY(host::Descriptor * directory, call.descriptor(0, 0));
  if (!directory->preopen_name) return fail(Errno::Badf);
  const std::string& name = *directory->preopen_name;
  if (call.arg(2) < name.size()) return fail(Errno::Nametoolong);
  TRY(const std::span<u8> place, call.bytes(call.arg(1), name.size()));
  std::memcpy(place.data(), name.data(), name.size());
  return {};
}

Outcome<void> fd_read(Call& call) {
  TRY(host::Descriptor * file, call.descriptor(0, rights::kFdRead));
  Buffers<u8> buffers;
  TRY_VOID(call.buffers(1, buffers));
  TRY_VOID(call.bytes(call.arg(3), 4));
  TRY(const size_t count, call.host().read(*file, buffers.get()));
  return call.store(call.arg(3), static_cast<u32>(count));
}

Outcome<void> fd_write(Call& call) {
  TRY(host::Descriptor * file, call.descriptor(0, rights::kFdWrite));
  Buffers<const u8> buffers;
  TRY_VOID(call.buffers(1, buffers));
  TRY_VOID(call.bytes(call.arg(3), 4));
  TRY(const size_t count, call.host().write(*file, buffers.get()));
  return call.store(call.arg(3), static_cast<u32>(count));
}

Outcome<void> fd_pread(Call& call) {
  TRY(host::Descriptor * file, call.descriptor(0, rights::kFdRead | rights::kFdSeek));
  Buffers<u8> buffers;
  TRY_VOID(call.buffers(1, buffers));
  TRY_VOID(call.bytes(call.arg(4), 4));
  TRY(const size_t count, call.host().read_at(*file, buffers.get(), call.arg64(3)));
  return call.store(call.arg(4), static_cast<u32>(count));
}

Outcome<void> fd_pwrite(Call& call) {
  TRY(host::Descriptor * file, call.descriptor(0, rights::kFdWrite | rights::kFdSeek));
  Buffers<const u8> buffers;
  TRY_VOID(call.buffers(1, buffers));
  TRY_VOID(call.bytes(call.arg(4), 4));
  TRY(const size_t count, call.host().write_at(*file, buffers.get(), call.arg64(3)));
  return call.store(call.arg(4), static_cast<u32>(count));
}

Outcome<void> fd_renumber(Call& call) {
  TRY_VOID(call.host().descriptors().renumber(call.arg(0), call.arg(1)));
  return {};
}

Outcome<void> fd_seek(Call& call) {
  const i64 offset = static_cast<i64>(call.arg64(1));
  const u32 whence = call.arg(2);
  if (whence > 2) return fail(Errno::Inval);
  constexpr os::SeekFrom kFrom[] = {os::SeekFrom::Start, os::SeekFrom::Current, os::SeekFrom::End};
  // Asking for the position is the lesser right.
  const bool tells = offset == 0 && kFrom[whence] == os::SeekFrom::Current;
  TRY(host::Descriptor * file, call.descriptor(0, tells ? rights::kFdTell : rights::kFdSeek));
  TRY_VOID(call.bytes(call.arg(3), 8));
  TRY(const u64 position, call.host().seek(*file, offset, kFrom[whence]));
  return call.store(call.arg(3), position);
}

Outcome<void> fd_tell(Call& call) {
  TRY(host::Descriptor * file, call.descriptor(0, rights::kFdTell));
  TRY(const u64 position, call.host().seek(*file, 0, os::SeekFrom::Current));
  return call.store(call.arg(1), position);
}

// Entries from the one numbered by the cookie on, until the buffer is full; the last one may be cut. Numbers refer to
// the snapshot that was taken when the guest last began with cookie 0.
Outcome<void> fd_readdir(Call& call) {
  TRY(host::Descriptor * directory, call.descriptor(0, rights::kFdReaddir));
  TRY(const std::span<u8> buffer, call.bytes(call.arg(1), call.arg(2)));
  TRY_VOID(call.bytes(call.arg(4), 4));
  const u64 cookie = call.arg64(3);
  TRY(const host::Listing* listing, call.host().list(*directory, cookie == 0));
  size_t used = 0;
  const auto append = [&](const void* data, size_t size) {
    const size_t count = std::min(size, buffer.size() - used);
    if (count != 0) std::memcpy(buffer.data() + used, data, count);
    used += count;
  };
  const auto& entries = listing->entries.entries;
  for (u64 i = cookie; i < entries.size() + 2 && used < buffer.size(); ++i) {
    const bool is_dot = i < 2;
    const os::DirectoryListing::Entry* const entry = is_dot ? nullptr : &entries[static_cast<size_t>(i - 2)];
    const std::string_view name =
        is_dot ? std::string_view("..").substr(0, static_cast<size_t>(i + 1)) : listing->entries.name(*entry);
    u8 record[kDirentSize] = {};
    store_le<u64>(record, i + 1);
    store_le<u64>(record + 8, is_dot ? listing->own_index : entry->index);
    store_le<u32>(record + 16, static_cast<u32>(name.size()));
    record[20] = to_filetype(is_dot ? os::FileType::Directory : entry->type);
    append(record, sizeof record);
    append(name.data(), name.size());
  }
  return call.store(call.arg(4), static_cast<u32>(used));
}

}  // namespace hermit::wasi1
