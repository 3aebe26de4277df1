#include "os/wide_windows.h"

#include <windows.h>

namespace hermit::os {

Result<std::wstring> to_wide(std::string_view utf8) {
  if (utf8.empty()) return std::wstring();
  if (utf8.size() > 0x7fffffff || utf8.find('\0') != std::string_view::npos) {
    return std::unexpected(Error{ErrorKind::System, "not a usable name", ERROR_NO_UNICODE_TRANSLATION});
  }
  const int length =
      MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, utf8.data(), static_cast<int>(utf8.size()), nullptr, 0);
  if (length <= 0) return last_error("not a usable name");
  std::wstring wide(static_cast<size_t>(length), L'\0');
  MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, utf8.data(), static_cast<int>(utf8.size()), wide.data(), length);
  return wide;
}

std::string to_utf8(std::wstring_view wide) {
  if (wide.empty() || wide.size() > 0x7fffffff) return {};
  const int length =
      WideCharToMultiByte(CP_UTF8, 0, wide.data(), static_cast<int>(wide.size()), nullptr, 0, nullptr, nullptr);
  if (length <= 0) return {};
  std::string utf8(static_cast<size_t>(length), '\0');
  WideCharToMultiByte(CP_UTF8, 0, wide.data(), static_cast<int>(wide.size()), utf8.data(), length, nullptr, nullptr);
  return utf8;
}

Result<std::wstring> to_long_path(std::string_view path) {
  TRY(const std::wstring wide, to_wide(path));
  const DWORD needed = GetFullPathNameW(wide.c_str(), 0, nullptr, nullptr);
  if (needed == 0) return last_error("not a usable path");
  std::wstring full(needed, L'\0');
  const DWORD length = GetFullPathNameW(wide.c_str(), needed, full.data(), nullptr);
  if (length == 0 || length >= needed) return last_error("not a usable path");
  full.resize(length);
  if (full.starts_with(L"\\\\?\\") || full.starts_with(L"\\\\.\\")) return full;
  if (full.starts_with(L"\\\\")) return L"\\\\?\\UNC\\" + full.substr(2);
  return L"\\\\?\\" + full;
}

std::unexpected<Error> last_error(const char* what) {
  return std::unexpected(Error{ErrorKind::System, what, GetLastError()});
}

}  // namespace hermit::os
