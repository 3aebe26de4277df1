// Open files on POSIX systems: thin wrappers that turn spans into iovecs, errno into SysError and EINTR into another
// try.
//
// One call does more: Linux lets pwrite on an O_APPEND file write at the end, whatever the offset (its manual lists
// this under BUGS). A guest was promised POSIX, so write_at takes O_APPEND away for the duration of the call.
#include "os/file.h"

#include <algorithm>
#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>
#include <vector>
#ifdef __linux__
#include <linux/magic.h>
#include <sys/vfs.h>
#endif

#include "os/directory.h"
#include "os/posix.h"

namespace hermit::os {
namespace {

constexpr u64 kMaxOffset = 0x7fffffffffffffff;

// An iovec list: the callers' lists are at most kMaxBuffers long, but hardly ever longer than a few, and the room for
// all on the stack would be pages that a start touches for nothing. An empty list becomes one empty buffer, because
// macOS refuses a count of 0.
class IoVectors {
 public:
  template <typename Buffers>
  explicit IoVectors(const Buffers& buffers) : count_(static_cast<int>(std::min(buffers.size(), kMaxBuffers))) {
    if (count_ > kFew) {
      many_.resize(static_cast<size_t>(count_));
      vectors_ = many_.data();
    }
    for (int i = 0; i < count_; ++i) {
      vectors_[i].iov_base = const_cast<u8*>(buffers[static_cast<size_t>(i)].data());
      vectors_[i].iov_len = buffers[static_cast<size_t>(i)].size();
    }
    if (count_ == 0) vectors_[count_++] = {const_cast<char*>(""), 0};
  }
  IoVectors(const IoVectors&) = delete;
  IoVectors& operator=(const IoVectors&) = delete;
  [[nodiscard]] const iovec* data() const { return vectors_; }
  [[nodiscard]] int count() const { return count_; }

 private:
  static constexpr int kFew = 8;
  iovec few_[kFew];
  std::vector<iovec> many_;
  iovec* vectors_ = few_;  // or many_
  int count_;
};

SysResult<size_t> transferred(ssize_t count) {
  if (count == -1) return last_error();
  return static_cast<size_t>(count);
}

timespec to_timespec(TimeChange change) {
  if (change.kind == TimeChange::Keep) return {0, UTIME_OMIT};
  if (change.kind == TimeChange::Now) return {0, UTIME_NOW};
  return {static_cast<time_t>(change.time.seconds), static_cast<long>(change.time.nanoseconds)};
}

TimeStamp to_time_stamp(const timespec& time) {
  return {static_cast<i64>(time.tv_sec), static_cast<u32>(time.tv_nsec)};
}

}  // namespace

FileType to_type(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFBLK: return FileType::BlockDevice;
    case S_IFCHR: return FileType::CharacterDevice;
    case S_IFDIR: return FileType::Directory;
    case S_IFREG: return FileType::RegularFile;
    case S_IFLNK: return FileType::SymbolicLink;
    case S_IFIFO: return FileType::Pipe;
    case S_IFSOCK: return FileType::SocketStream;  // status() of an open one asks which kind
    default: return FileType::Unknown;
  }
}

FileStatus to_status(const struct stat& st) {
  FileStatus status;
  status.id = {static_cast<u64>(st.st_dev), static_cast<u64>(st.st_ino), 0};
  status.type = to_type(st.st_mode);
  status.links = static_cast<u64>(st.st_nlink);
  status.size = static_cast<u64>(st.st_size);
#ifdef __APPLE__
  status.accessed = to_time_stamp(st.st_atimespec);
  status.modified = to_time_stamp(st.st_mtimespec);
  status.changed = to_time_stamp(st.st_ctimespec);
#else
  status.accessed = to_time_stamp(st.st_atim);
  status.modified = to_time_stamp(st.st_mtim);
  status.changed = to_time_stamp(st.st_ctim);
#endif
  return status;
}

SysResult<size_t> read(const Handle& file, ReadBuffers buffers) {
  if (buffers.size() > kMaxBuffers) return fail(SysError::Invalid);
  if (buffers.size() == 1) {  // by far the most, and cheaper
    return transferred(retry([&] { return ::read(fd_of(file), buffers[0].data(), buffers[0].size()); }));
  }
  const IoVectors vectors(buffers);
  return transferred(retry([&] { return ::readv(fd_of(file), vectors.data(), vectors.count()); }));
}

SysResult<size_t> write(const Handle& file, WriteBuffers buffers) {
  if (buffers.size() > kMaxBuffers) return fail(SysError::Invalid);
  if (buffers.size() == 1) {
    return transferred(retry([&] { return ::write(fd_of(file), buffers[0].data(), buffers[0].size()); }));
  }
  const IoVectors vectors(buffers);
  return transferred(retry([&] { return ::writev(fd_of(file), vectors.data(), vectors.count()); }));
}

SysResult<size_t> read_at(const Handle& file, ReadBuffers buffers, u64 offset) {
  if (buffers.size() > kMaxBuffers || offset > kMaxOffset) return fail(SysError::Invalid);
  const IoVectors vectors(buffers);
  return transferred(
      retry([&] { return ::preadv(fd_of(file), vectors.data(), vectors.count(), static_cast<off_t>(offset)); }));
}

SysResult<size_t> write_at(const Handle& file, WriteBuffers buffers, u64 offset, bool append) {
  if (buffers.size() > kMaxBuffers || offset > kMaxOffset) return fail(SysError::Invalid);
  const IoVectors vectors(buffers);
  const int flags = append ? ::fcntl(fd_of(file), F_GETFL) : 0;
  if (append && ::fcntl(fd_of(file), F_SETFL, flags & ~O_APPEND) == -1) return last_error();
  const auto result = transferred(
      retry([&] { return ::pwritev(fd_of(file), vectors.data(), vectors.count(), static_cast<off_t>(offset)); }));
  if (append) (void)::fcntl(fd_of(file), F_SETFL, flags);
  return result;
}

SysResult<u64> seek(const Handle& file, i64 offset, SeekFrom from) {
  const int whence = from == SeekFrom::Start ? SEEK_SET : from == SeekFrom::Current ? SEEK_CUR : SEEK_END;
  const off_t position = ::lseek(fd_of(file), static_cast<off_t>(offset), whence);
  if (position == -1) return last_error();
  return static_cast<u64>(position);
}

SysResult<FileStatus> status(const Handle& file) {
  struct stat st;
  if (::fstat(fd_of(file), &st) == -1) return last_error();
  FileStatus result = to_status(st);
  if (result.type == FileType::SocketStream && is_datagram_socket(file)) result.type = FileType::SocketDatagram;
  return result;
}

bool is_process_file([[maybe_unused]] const Handle& file) {
#ifdef __linux__
  struct statfs fs;
  return ::fstatfs(fd_of(file), &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
#else
  return false;  // macOS has none
#endif
}

bool is_terminal(const Handle& file) { return ::isatty(fd_of(file)) == 1; }

SysResult<void> set_size(const Handle& file, u64 size) {
  if (size > kMaxOffset) return fail(SysError::FileTooBig);
  return done(retry([&] { return ::ftruncate(fd_of(file), static_cast<off_t>(size)); }));
}

SysResult<void> set_times(const Handle& file, TimeChange accessed, TimeChange modified) {
  const timespec times[2] = {to_timespec(accessed), to_timespec(modified)};
  return done(::futimens(fd_of(file), times));
}

SysResult<void> set_times_at(const Handle& directory, std::string_view name, TimeChange accessed, TimeChange modified) {
  const timespec times[2] = {to_timespec(accessed), to_timespec(modified)};
  return done(::utimensat(fd_of(directory), Terminated(name).get(), times, AT_SYMLINK_NOFOLLOW));
}

SysResult<void> sync(const Handle& file) {
  return done(retry([&] { return ::fsync(fd_of(file)); }));
}

SysResult<FileFlags> flags(const Handle& file) {
  const int bits = ::fcntl(fd_of(file), F_GETFL);
  if (bits == -1) return last_error();
  FileFlags result;
  result.append = (bits & O_APPEND) != 0;
  result.nonblocking = (bits & O_NONBLOCK) != 0;
  result.dsync = (bits & O_DSYNC) == O_DSYNC;
  result.sync = (bits & O_SYNC) == O_SYNC;  // on Linux O_SYNC contains O_DSYNC
  return result;
}

SysResult<void> set_flags(const Handle& file, FileFlags flags) {
  int bits = ::fcntl(fd_of(file), F_GETFL);
  if (bits == -1) return last_error();
  bits = flags.append ? bits | O_APPEND : bits & ~O_APPEND;
  bits = flags.nonblocking ? bits | O_NONBLOCK : bits & ~O_NONBLOCK;
  return done(::fcntl(fd_of(file), F_SETFL, bits));
}

SysResult<void> set_executable(const Handle& file) {
  struct stat st;
  if (::fstat(fd_of(file), &st) == -1) return last_error();
  if (!S_ISREG(st.st_mode)) return fail(SysError::Invalid);
  const mode_t readable = st.st_mode & (S_IRUSR | S_IRGRP | S_IROTH);
  const mode_t mode = (st.st_mode & 0777) | readable >> 2;  // r is two bits above x; set-id bits are dropped
  // File systems without permissions of their own refuse any change, also where everything is executable.
  if ((st.st_mode & 07777) == mode) return {};
  return done(::fchmod(fd_of(file), mode));
}

int open_flags(const OpenOptions& options) {
  int bits = O_CLOEXEC | O_NOCTTY;
  bits |= options.access == AccessMode::Read ? O_RDONLY : options.access == AccessMode::Write ? O_WRONLY : O_RDWR;
  if (options.create) bits |= O_CREAT;
  if (options.exclusive) bits |= O_EXCL;
  if (options.directory) bits |= O_DIRECTORY;
  if (options.flags.append) bits |= O_APPEND;
  if (options.flags.nonblocking) bits |= O_NONBLOCK;
  if (options.flags.dsync) bits |= O_DSYNC;
  if (options.flags.sync || options.flags.rsync) bits |= O_SYNC;
  return bits;
}

}  // namespace hermit::os
