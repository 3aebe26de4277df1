// Listing a directory on Windows: NtQueryDirectoryFile fills a buffer with entries that are chained by offsets.
//
// Each listing opens the directory anew by its handle: Wine answers later scans of one handle from what the first one
// saw, and so may a network file system.
#include <memory>

#include "os/directory_windows.h"
#include "os/reparse_windows.h"
#include "os/wide_windows.h"

namespace hermit::os {
namespace {

constexpr ULONG kBufferSize = 65536;  // the most that network servers accept

void add(DirectoryListing& listing, std::wstring_view name, FileType type, u64 index) {
  if (name == L"." || name == L"..") return;
  const std::string utf8 = to_utf8(name);
  listing.entries.push_back({listing.names.size(), static_cast<u32>(utf8.size()), type, index});
  listing.names += utf8;
}

DirectoryListing list_drives() {
  DirectoryListing listing;
  const DWORD present = GetLogicalDrives();
  for (u32 i = 0; i < 26; ++i) {
    const auto letter = static_cast<wchar_t>(L'A' + i);
    if ((present >> i & 1) != 0) add(listing, {&letter, 1}, FileType::Directory, i + 1);
  }
  return listing;
}

void add_block(DirectoryListing& listing, const u8* block) {
  for (;;) {
    const auto& entry = *reinterpret_cast<const FILE_ID_FULL_DIR_INFORMATION*>(block);
    // Where there is a reparse point, the size of the extended attributes holds its tag (MS-FSCC 2.4.18).
    const nt::AttributeTag tag = {entry.FileAttributes, entry.EaSize};
    add(listing, {entry.FileName, entry.FileNameLength / sizeof(wchar_t)}, type_of(tag),
        static_cast<u64>(entry.FileId.QuadPart));
    if (entry.NextEntryOffset == 0) return;
    block += entry.NextEntryOffset;
  }
}

}  // namespace

SysResult<DirectoryListing> list_directory(const Handle& directory) {
  const OpenFile* const file = open_file(directory);
  if (file == nullptr) return fail(SysError::BadDescriptor);
  if (file->kind == Kind::Drives) return list_drives();
  if (file->kind != Kind::Directory) return fail(SysError::NotDirectory);
  const auto scan = nt::open(file->handle, L"", {.access = FILE_LIST_DIRECTORY});
  if (!scan) return fail(scan.error());
  const nt::Closer closer(*scan);
  const auto buffer = std::make_unique<u64[]>(kBufferSize / sizeof(u64));
  DirectoryListing listing;
  for (;;) {
    IO_STATUS_BLOCK io = {};
    const NTSTATUS status = NtQueryDirectoryFile(*scan, nullptr, nullptr, nullptr, &io, buffer.get(), kBufferSize,
                                                 FileIdFullDirectoryInformation, FALSE, nullptr, FALSE);
    if (status == STATUS_NO_MORE_FILES || status == STATUS_NO_SUCH_FILE) return listing;
    if (!NT_SUCCESS(status)) return fail_status(status);
    if (io.Information == 0) return listing;
    add_block(listing, reinterpret_cast<const u8*>(buffer.get()));
  }
}

}  // namespace hermit::os
