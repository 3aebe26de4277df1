// Operations on open descriptors, for real files and for the read-only files of the bundle alike.
#include "host/host.h"

#include <algorithm>
#include <cstring>

namespace hermit::host {
namespace {

constexpr u64 kMaxOffset = 0x7fffffffffffffff;

SysResult<void> check_readable(const Descriptor& file) {
  if (file.type == os::FileType::Directory) return os::fail(SysError::IsDirectory);
  if (!file.readable) return os::fail(SysError::BadDescriptor);
  return {};
}

SysResult<void> check_writable(const Descriptor& file) {
  if (file.type == os::FileType::Directory) return os::fail(SysError::IsDirectory);
  if (!file.writable) return os::fail(SysError::BadDescriptor);
  return {};
}

// Copies from `bytes` at `offset` into the buffers.
size_t scatter(ByteView bytes, u64 offset, os::ReadBuffers buffers) {
  size_t total = 0;
  ByteView rest = offset >= bytes.size() ? ByteView() : bytes.subspan(static_cast<size_t>(offset));
  for (const std::span<u8> buffer : buffers) {
    const size_t count = std::min(buffer.size(), rest.size());
    if (count == 0) continue;
    std::memcpy(buffer.data(), rest.data(), count);
    rest = rest.subspan(count);
    total += count;
  }
  return total;
}

SysResult<u64> seek_embedded(Descriptor& file, u64 size, i64 offset, os::SeekFrom from) {
  const u64 base = from == os::SeekFrom::Start ? 0 : from == os::SeekFrom::Current ? file.position : size;
  i64 position = 0;
  if (__builtin_add_overflow(static_cast<i64>(base), offset, &position)) return os::fail(SysError::Overflow);
  if (position < 0) return os::fail(SysError::Invalid);
  file.position = static_cast<u64>(position);
  return file.position;
}

}  // namespace

SysResult<size_t> Host::read(Descriptor& file, os::ReadBuffers buffers) {
  TRY_VOID(check_readable(file));
  if (file.is_own_socket) {
    TRY(const os::Received received, receive(file, buffers, {}));
    return received.size;
  }
  if (!file.embedded) return os::read(file.handle, buffers);
  TRY(const ByteView bytes, embedded_.bytes(*file.embedded));
  const size_t count = scatter(bytes, file.position, buffers);
  file.position += count;
  return count;
}

SysResult<size_t> Host::write(Descriptor& file, os::WriteBuffers buffers) {
  TRY_VOID(check_writable(file));
  if (file.is_own_socket) return send(file, buffers, std::nullopt);
  return os::write(file.handle, buffers);
}

SysResult<size_t> Host::read_at(Descriptor& file, os::ReadBuffers buffers, u64 offset) {
  TRY_VOID(check_readable(file));
  if (!file.embedded) return os::read_at(file.handle, buffers, offset);
  if (offset > kMaxOffset) return os::fail(SysError::Invalid);
  TRY(const ByteView bytes, embedded_.bytes(*file.embedded));
  return scatter(bytes, offset, buffers);
}

SysResult<size_t> Host::write_at(Descriptor& file, os::WriteBuffers buffers, u64 offset) {
  TRY_VOID(check_writable(file));
  return os::write_at(file.handle, buffers, offset, file.flags.append);
}

SysResult<u64> Host::seek(Descriptor& file, i64 offset, os::SeekFrom from) {
  if (file.type == os::FileType::Directory) return os::fail(SysError::IsDirectory);
  if (file.is_terminal) return os::fail(SysError::IllegalSeek);
  if (!file.embedded) return os::seek(file.handle, offset, from);
  return seek_embedded(file, embedded_.status(*file.embedded).size, offset, from);
}

SysResult<os::FileStatus> Host::status(const Descriptor& file) const {
  if (file.embedded) return embedded_.status(*file.embedded);
  return os::status(file.handle);
}

SysResult<void> Host::set_size(Descriptor& file, u64 size) {
  if (file.type == os::FileType::Directory) return os::fail(SysError::IsDirectory);
  if (!file.writable) return os::fail(SysError::Invalid);  // ftruncate's word for it
  return os::set_size(file.handle, size);
}

SysResult<void> Host::allocate(Descriptor& file, u64 offset, u64 length) {
  TRY_VOID(check_writable(file));
  return os::allocate(file.handle, offset, length);
}

SysResult<void> Host::advise(Descriptor& file, u64 offset, u64 length, os::Advice advice) {
  if (file.type == os::FileType::Directory) return os::fail(SysError::BadDescriptor);
  if (offset > kMaxOffset || length > kMaxOffset) return os::fail(SysError::Invalid);
  if (file.embedded) return {};
  return os::advise(file.handle, offset, length, advice);
}

SysResult<void> Host::set_times(Descriptor& file, os::TimeChange accessed, os::TimeChange modified) {
  if (file.read_only) return os::fail(SysError::ReadOnlyFileSystem);
  // A directory's handle may be a mere starting point, which cannot be changed itself.
  if (file.type == os::FileType::Directory) return os::set_times_at(file.handle, ".", accessed, modified);
  return os::set_times(file.handle, accessed, modified);
}

SysResult<void> Host::set_flags(Descriptor& file, os::FileFlags flags) {
  const bool adds =
      (flags.dsync && !file.flags.dsync) || (flags.rsync && !file.flags.rsync) || (flags.sync && !file.flags.sync);
  if (adds) return os::fail(SysError::Invalid);
  if (file.handle.valid()) TRY_VOID(os::set_flags(file.handle, flags));
  file.flags.append = flags.append;
  file.flags.nonblocking = flags.nonblocking;
  return {};
}

SysResult<void> Host::sync(Descriptor& file, bool data_only) {
  if (file.embedded) return {};
  return data_only ? os::sync_data(file.handle) : os::sync(file.handle);
}

SysResult<void> Host::set_executable(Descriptor& file) {
  if (!config_.set_executable) return os::fail(SysError::NotPermitted);
  if (file.read_only) return os::fail(SysError::ReadOnlyFileSystem);
  TRY_VOID(check_writable(file));
  return os::set_executable(file.handle);
}

SysResult<const Listing*> Host::list(Descriptor& directory, bool restart) {
  if (directory.type != os::FileType::Directory) return os::fail(SysError::NotDirectory);
  if (directory.listing != nullptr && !restart) return directory.listing.get();
  auto listing = std::make_unique<Listing>();
  TRY(const os::FileStatus own, status(directory));
  listing->own_index = own.id.index;
  if (directory.embedded) {
    listing->entries = embedded_.list(*directory.embedded);
  } else {
    TRY(listing->entries, os::list_directory(directory.handle));
  }
  directory.listing = std::move(listing);
  return directory.listing.get();
}

}  // namespace hermit::host
