// Conversions between host types and the numbers of WASI preview 1.
#include "wasi1/layout.h"

namespace hermit::wasi1 {
namespace {
constexpr u64 kNanosecondsPerSecond = 1'000'000'000;
}

u8 to_filetype(os::FileType type) {
  switch (type) {
    case os::FileType::Unknown: return 0;
    case os::FileType::BlockDevice: return 1;
    case os::FileType::CharacterDevice: return 2;
    case os::FileType::Directory: return 3;
    case os::FileType::RegularFile: return 4;
    case os::FileType::SocketDatagram: return 5;
    case os::FileType::SocketStream: return 6;
    case os::FileType::SymbolicLink: return 7;
    case os::FileType::Pipe: return 0;  // preview 1 has no word for it
  }
  return 0;
}

u32 to_fdflags(const os::FileFlags& flags) {
  return (flags.append ? kFdAppend : 0) | (flags.dsync ? kFdDsync : 0) | (flags.nonblocking ? kFdNonblock : 0) |
         (flags.rsync ? kFdRsync : 0) | (flags.sync ? kFdSync : 0);
}

os::FileFlags from_fdflags(u32 flags) {
  return {.append = (flags & kFdAppend) != 0,
          .nonblocking = (flags & kFdNonblock) != 0,
          .dsync = (flags & kFdDsync) != 0,
          .rsync = (flags & kFdRsync) != 0,
          .sync = (flags & kFdSync) != 0};
}

u64 to_timestamp(const os::TimeStamp& time) {
  if (time.seconds < 0) return 0;
  u64 result = 0;
  if (__builtin_mul_overflow(static_cast<u64>(time.seconds), kNanosecondsPerSecond, &result) ||
      __builtin_add_overflow(result, time.nanoseconds, &result)) {
    return ~u64{0};
  }
  return result;
}

os::TimeStamp from_timestamp(u64 time) {
  return {static_cast<i64>(time / kNanosecondsPerSecond), static_cast<u32>(time % kNanosecondsPerSecond)};
}

}  // namespace hermit::wasi1
