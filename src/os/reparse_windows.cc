// Reading and writing the data behind a reparse point. Layout: MS-FSCC 2.1.2, ntifs.h REPARSE_DATA_BUFFER.
//
// Everything is opened with FILE_OPEN_REPARSE_POINT, so the system never follows one for us: a link inside a granted
// directory is a text that host/ resolves within the grant. Microsoft's tags say by one bit (name surrogate) whether
// the object stands for another name, which we must not let the system follow, or for data that a filter driver keeps
// elsewhere.
#include "os/reparse_windows.h"

#include <winioctl.h>

#include <algorithm>
#include <cstring>

#include "os/wide_windows.h"

namespace hermit::os {
namespace {

constexpr ULONG kSymbolicLink = 0xa000000c;
constexpr ULONG kJunction = 0xa0000003;  // and volume mount points
constexpr ULONG kWslLink = 0xa000001d;
constexpr ULONG kNameSurrogate = 0x20000000;
constexpr ULONG kUnixSocket = 0x80000023;
constexpr ULONG kWslPipe = 0x80000024;
constexpr ULONG kWslCharacterDevice = 0x80000025;
constexpr ULONG kWslBlockDevice = 0x80000026;

constexpr size_t kMaxReparseData = 16384;
constexpr ULONG kRelative = 1;
constexpr ULONG kCreateSymbolicLinkPrivilege = 35;
constexpr std::wstring_view kObjectRoot = L"\\??\\";  // where drive letters live in the namespace of NT

struct Header {
  u32 tag;
  u16 data_size;
  u16 reserved;
};
// For symbolic links (followed by a u32 of flags) and junctions; offsets and sizes are bytes, from the end of the fixed
// part.
struct Names {
  u16 substitute_offset, substitute_size, print_offset, print_size;
};

bool is_letter(wchar_t unit) { return (unit >= L'a' && unit <= L'z') || (unit >= L'A' && unit <= L'Z'); }

// `\??\C:\Users` → `/C/Users`: the form in which host paths are written.
std::string to_link_text(std::wstring_view target) {
  std::wstring text;
  if (target.starts_with(kObjectRoot)) {
    target.remove_prefix(kObjectRoot.size());
    if (target.size() >= 2 && is_letter(target[0]) && target[1] == L':') {
      text = {L'/', target[0]};
      target.remove_prefix(2);
    } else if (target.starts_with(L"UNC\\")) {
      text = L"/";
      target.remove_prefix(3);
    } else {
      text = L"//?/";
    }
  }
  text += target;
  for (wchar_t& unit : text) {
    if (unit == L'\\') unit = L'/';
  }
  return to_utf8(text);
}

// `/C/Users` → `\??\C:\Users`, `../a` → `..\a`; empty if Windows has no such target.
std::wstring to_target(std::wstring text) {
  if (text.empty() || text.find_first_of(L"\\:") != std::wstring::npos) return {};
  for (wchar_t& unit : text) {
    if (unit == L'/') unit = L'\\';
  }
  if (text[0] != L'\\') return text;
  if (text.size() < 2 || !is_letter(text[1]) || (text.size() > 2 && text[2] != L'\\')) return {};
  std::wstring absolute(kObjectRoot);
  absolute += {text[1], L':'};
  absolute += text.size() > 2 ? text.substr(2) : L"\\";
  return absolute;
}

template <typename T>
void append(std::vector<u8>& out, const T& value) {
  const auto* const bytes = reinterpret_cast<const u8*>(&value);
  out.insert(out.end(), bytes, bytes + sizeof value);
}

}  // namespace

Redirection redirection_of(const nt::AttributeTag& tag) {
  if ((tag.attributes & FILE_ATTRIBUTE_REPARSE_POINT) == 0) return Redirection::None;
  if (tag.reparse_tag == kSymbolicLink || tag.reparse_tag == kJunction || tag.reparse_tag == kWslLink)
    return Redirection::Link;
  return (tag.reparse_tag & kNameSurrogate) != 0 ? Redirection::Elsewhere : Redirection::Storage;
}

FileType type_of(const nt::AttributeTag& tag) {
  if (redirection_of(tag) == Redirection::Link) return FileType::SymbolicLink;
  if ((tag.attributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0) {
    switch (tag.reparse_tag) {
      case kUnixSocket: return FileType::SocketStream;
      case kWslPipe: return FileType::Pipe;
      case kWslCharacterDevice: return FileType::CharacterDevice;
      case kWslBlockDevice: return FileType::BlockDevice;
      default: break;
    }
  }
  return (tag.attributes & FILE_ATTRIBUTE_DIRECTORY) != 0 ? FileType::Directory : FileType::RegularFile;
}

SysResult<std::string> decode_reparse_link(std::span<const u8> data) {
  Header header;
  Names names;
  if (data.size() < sizeof header) return fail(SysError::Io);
  std::memcpy(&header, data.data(), sizeof header);
  std::span<const u8> rest = data.subspan(sizeof header);
  if (header.tag == kWslLink) {  // a version number, then UTF-8 up to the end
    rest = rest.first(std::min<size_t>(rest.size(), header.data_size));
    if (rest.size() < sizeof(u32)) return fail(SysError::Io);
    return std::string(reinterpret_cast<const char*>(rest.data()) + sizeof(u32), rest.size() - sizeof(u32));
  }
  if (header.tag != kSymbolicLink && header.tag != kJunction) return fail(SysError::Invalid);
  const size_t fixed = sizeof names + (header.tag == kSymbolicLink ? sizeof(u32) : 0);
  if (rest.size() < fixed) return fail(SysError::Io);
  std::memcpy(&names, rest.data(), sizeof names);
  const size_t start = fixed + names.substitute_offset;
  if (start + names.substitute_size > rest.size()) return fail(SysError::Io);
  std::wstring target(names.substitute_size / sizeof(wchar_t), L'\0');
  std::memcpy(target.data(), rest.data() + start, target.size() * sizeof(wchar_t));
  return to_link_text(target);
}

SysResult<std::vector<u8>> encode_reparse_link(std::string_view target) {
  const auto wide = to_wide(target);
  if (!wide) return fail(SysError::IllegalSequence);
  const std::wstring stored = to_target(*wide);
  if (stored.empty()) return fail(SysError::NotPermitted);
  const bool absolute = stored.starts_with(kObjectRoot);
  const std::wstring shown = absolute ? stored.substr(kObjectRoot.size()) : stored;
  const size_t text_size = (stored.size() + shown.size()) * sizeof(wchar_t);
  if (text_size > kMaxReparseData - 64) return fail(SysError::NameTooLong);

  const auto stored_size = static_cast<u16>(stored.size() * sizeof(wchar_t));
  const auto shown_size = static_cast<u16>(shown.size() * sizeof(wchar_t));
  std::vector<u8> data;
  append(data, Header{kSymbolicLink, static_cast<u16>(sizeof(Names) + sizeof(u32) + text_size), 0});
  append(data, Names{0, stored_size, stored_size, shown_size});
  append(data, absolute ? u32{0} : u32{kRelative});
  for (const wchar_t unit : stored + shown) append(data, unit);
  return data;
}

SysResult<std::string> read_reparse_link(HANDLE file) {
  alignas(8) u8 data[kMaxReparseData];
  IO_STATUS_BLOCK io = {};
  const NTSTATUS status =
      NtFsControlFile(file, nullptr, nullptr, nullptr, &io, FSCTL_GET_REPARSE_POINT, nullptr, 0, data, sizeof data);
  if (status == STATUS_NOT_A_REPARSE_POINT || nt::is_unsupported(status)) return fail(SysError::Invalid);
  if (!NT_SUCCESS(status)) return fail_status(status);
  return decode_reparse_link(std::span(data).first(std::min<size_t>(io.Information, sizeof data)));
}

SysResult<void> write_reparse_link(HANDLE file, std::string_view target) {
  auto data = encode_reparse_link(target);
  if (!data) return fail(data.error());
  // An administrator has the privilege, switched off; in developer mode nobody needs it.
  BOOLEAN was_enabled = FALSE;
  const bool enabled = NT_SUCCESS(RtlAdjustPrivilege(kCreateSymbolicLinkPrivilege, TRUE, FALSE, &was_enabled));
  IO_STATUS_BLOCK io = {};
  const NTSTATUS status = NtFsControlFile(file, nullptr, nullptr, nullptr, &io, FSCTL_SET_REPARSE_POINT, data->data(),
                                          static_cast<ULONG>(data->size()), nullptr, 0);
  if (enabled && was_enabled == FALSE) RtlAdjustPrivilege(kCreateSymbolicLinkPrivilege, FALSE, FALSE, &was_enabled);
  if (nt::is_unsupported(status)) return fail(SysError::NotSupported);
  if (!NT_SUCCESS(status)) return fail_status(status);
  return {};
}

}  // namespace hermit::os
