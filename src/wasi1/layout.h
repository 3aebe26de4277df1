// The memory layout of WASI preview 1: flags, enumerations, and offsets of record fields, as its witx defines them.
// https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md
#pragma once

#include "os/file.h"

namespace hermit::wasi1 {

using Rights = u64;
namespace rights {
inline constexpr Rights kFdDatasync = 1u << 0;
inline constexpr Rights kFdRead = 1u << 1;
inline constexpr Rights kFdSeek = 1u << 2;
inline constexpr Rights kFdFdstatSetFlags = 1u << 3;
inline constexpr Rights kFdSync = 1u << 4;
inline constexpr Rights kFdTell = 1u << 5;
inline constexpr Rights kFdWrite = 1u << 6;
inline constexpr Rights kFdAdvise = 1u << 7;
inline constexpr Rights kFdAllocate = 1u << 8;
inline constexpr Rights kPathCreateDirectory = 1u << 9;
inline constexpr Rights kPathCreateFile = 1u << 10;
inline constexpr Rights kPathLinkSource = 1u << 11;
inline constexpr Rights kPathLinkTarget = 1u << 12;
inline constexpr Rights kPathOpen = 1u << 13;
inline constexpr Rights kFdReaddir = 1u << 14;
inline constexpr Rights kPathReadlink = 1u << 15;
inline constexpr Rights kPathRenameSource = 1u << 16;
inline constexpr Rights kPathRenameTarget = 1u << 17;
inline constexpr Rights kPathFilestatGet = 1u << 18;
inline constexpr Rights kPathFilestatSetSize = 1u << 19;
inline constexpr Rights kPathFilestatSetTimes = 1u << 20;
inline constexpr Rights kFdFilestatGet = 1u << 21;
inline constexpr Rights kFdFilestatSetSize = 1u << 22;
inline constexpr Rights kFdFilestatSetTimes = 1u << 23;
inline constexpr Rights kPathSymlink = 1u << 24;
inline constexpr Rights kPathRemoveDirectory = 1u << 25;
inline constexpr Rights kPathUnlinkFile = 1u << 26;
inline constexpr Rights kPollFdReadwrite = 1u << 27;
inline constexpr Rights kSockShutdown = 1u << 28;
inline constexpr Rights kSockAccept = 1u << 29;

// What applies to a file, a directory and a socket. Directories pass on both of the first two.
inline constexpr Rights kFile = kFdDatasync | kFdRead | kFdSeek | kFdFdstatSetFlags | kFdSync | kFdTell | kFdWrite |
                                kFdAdvise | kFdAllocate | kFdFilestatGet | kFdFilestatSetSize | kFdFilestatSetTimes |
                                kPollFdReadwrite;
inline constexpr Rights kDirectory =
    kFdDatasync | kFdFdstatSetFlags | kFdSync | kPathCreateDirectory | kPathCreateFile | kPathLinkSource |
    kPathLinkTarget | kPathOpen | kFdReaddir | kPathReadlink | kPathRenameSource | kPathRenameTarget |
    kPathFilestatGet | kPathFilestatSetSize | kPathFilestatSetTimes | kFdFilestatGet | kFdFilestatSetTimes |
    kPathSymlink | kPathRemoveDirectory | kPathUnlinkFile | kPollFdReadwrite;
inline constexpr Rights kSocket =
    kFdRead | kFdWrite | kFdFdstatSetFlags | kFdFilestatGet | kPollFdReadwrite | kSockShutdown | kSockAccept;
}  // namespace rights

// fdflags, oflags, lookupflags, fstflags
inline constexpr u32 kFdAppend = 1, kFdDsync = 2, kFdNonblock = 4, kFdRsync = 8, kFdSync = 16, kFdFlags = 31;
inline constexpr u32 kOpenCreate = 1, kOpenDirectory = 2, kOpenExclusive = 4, kOpenTruncate = 8, kOpenFlags = 15;
inline constexpr u32 kSymlinkFollow = 1;
inline constexpr u32 kSetAccessed = 1, kSetAccessedNow = 2, kSetModified = 4, kSetModifiedNow = 8, kTimeFlags = 15;

u8 to_filetype(os::FileType type);
u32 to_fdflags(const os::FileFlags& flags);
os::FileFlags from_fdflags(u32 flags);
// Nanoseconds since 1970; a time before that reads as 0, one past the year 2554 as the greatest number.
u64 to_timestamp(const os::TimeStamp& time);
os::TimeStamp from_timestamp(u64 time);

// Sizes of records.
inline constexpr u32 kIovecSize = 8;
inline constexpr u32 kFdstatSize = 24;
inline constexpr u32 kFilestatSize = 64;
inline constexpr u32 kDirentSize = 24;
inline constexpr u32 kPrestatSize = 8;
inline constexpr u32 kSubscriptionSize = 48;
inline constexpr u32 kEventSize = 32;

}  // namespace hermit::wasi1
