// Names that mean something else to Windows than the file they spell.
//
// The layer that we open files with (nt_windows.h) takes every name literally, so none of these would reach a device or
// a stream by itself, except `:` (an alternate stream) and `\` (a separator). They are refused all the same: the next
// program that meets such a file through kernel32 would open the device, or another file, instead. Rules:
// learn.microsoft.com/windows/win32/fileio/naming-a-file; docs/wasi.md.
#include "os/names_windows.h"

#include <algorithm>

#include <windows.h>

#include "os/wide_windows.h"

namespace hermit::os {
namespace {

constexpr size_t kLongestName = 255;  // UTF-16 units of one component, on NTFS, ReFS and exFAT

wchar_t upper(wchar_t unit) { return unit >= L'a' && unit <= L'z' ? static_cast<wchar_t>(unit - L'a' + L'A') : unit; }

bool is_port_digit(wchar_t unit) {
  return (unit >= L'0' && unit <= L'9') || unit == 0xb9 || unit == 0xb2 || unit == 0xb3;  // superscript 1, 2, 3
}

bool is_device(std::wstring_view name) {
  name = name.substr(0, name.find_first_of(L".:"));
  const size_t last = name.find_last_not_of(L' ');
  if (last > 6) return false;  // nothing but spaces, too
  std::wstring stem;
  for (const wchar_t unit : name.substr(0, last + 1)) stem.push_back(upper(unit));
  if (stem.size() == 4 && (stem.starts_with(L"COM") || stem.starts_with(L"LPT"))) return is_port_digit(stem[3]);
  for (const std::wstring_view device : {L"CON", L"PRN", L"AUX", L"NUL", L"CONIN$", L"CONOUT$"}) {
    if (stem == device) return true;
  }
  return false;
}

bool is_plain(std::wstring_view name) {
  for (const wchar_t unit : name) {
    if (unit < L' ' || std::wstring_view(L"\"*/:<>?\\|").find(unit) != std::wstring_view::npos) return false;
  }
  return name.back() != L'.' && name.back() != L' ';
}

}  // namespace

SysResult<std::wstring> to_component(std::string_view name) {
  if (name == ".") return std::wstring();
  if (name.empty()) return fail(SysError::NotFound);
  if (name.size() > 3 * kLongestName) return fail(SysError::NameTooLong);
  auto wide = to_wide(name);
  if (!wide) return fail(SysError::IllegalSequence);
  if (wide->size() > kLongestName) return fail(SysError::NameTooLong);
  if (is_device(*wide)) return fail(SysError::Access);
  if (!is_plain(*wide)) return fail(SysError::NotFound);
  return std::move(*wide);
}

bool is_wsl_path(std::string_view path) {
  const auto strip = [&](std::string_view prefix) {
    const auto same = [](char a, char b) { return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b | 0x20) : b); };
    if (!std::ranges::equal(prefix, path.substr(0, prefix.size()), same)) return false;
    path.remove_prefix(prefix.size());
    return true;
  };
  if (!strip(R"(\\?\unc\)") && !strip(R"(\\)")) return false;
  return strip(R"(wsl.localhost\)") || strip(R"(wsl$\)");
}

}  // namespace hermit::os
