// process.h on Windows. The wide command line and environment are the exact ones; the C runtime's are not.
#include "base/decimal.h"
#include "os/process.h"

#include "os/command_line_windows.h"
#include "os/console_windows.h"
#include "os/names_windows.h"
#include "os/wide_windows.h"

namespace hermit::os {

std::vector<std::string> arguments(int, char**) { return split_command_line(GetCommandLineW()); }

std::vector<std::string> environment() {
  std::vector<std::string> variables;
  wchar_t* const block = GetEnvironmentStringsW();
  for (const wchar_t* variable = block; variable != nullptr && *variable != L'\0';) {
    const std::wstring_view text(variable);
    if (text[0] != L'=') variables.push_back(to_utf8(text));
    variable += text.size() + 1;
  }
  if (block != nullptr) FreeEnvironmentStringsW(block);
  return variables;
}

Result<std::string> own_executable_path() {
  std::wstring path(32768, L'\0');
  const DWORD length = GetModuleFileNameW(nullptr, path.data(), static_cast<DWORD>(path.size()));
  if (length == 0 || length >= path.size()) return last_error("cannot find the running file");
  path.resize(length);
  return to_utf8(path);
}

Result<std::string> own_executable_to_open() { return own_executable_path(); }

ByteView own_header() { return {}; }

Starter starter() {
  const HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");
  if (ntdll != nullptr && GetProcAddress(ntdll, "wine_get_version") != nullptr) return Starter::Wine;
  const auto path = own_executable_path();
  if (path && is_wsl_path(*path)) return Starter::Wsl;
  return Starter::System;
}

Result<std::string> current_directory() {
  const DWORD needed = GetCurrentDirectoryW(0, nullptr);
  std::wstring path(needed, L'\0');
  const DWORD length = GetCurrentDirectoryW(needed, path.data());
  if (length == 0 || length >= needed) return last_error("cannot find the current directory");
  path.resize(length);
  return to_utf8(path);
}

Result<std::string> absolute_path(const std::string& path) {
  TRY(const std::wstring wide, to_wide(path));
  std::wstring full(32768, L'\0');
  const DWORD length = GetFullPathNameW(wide.c_str(), static_cast<DWORD>(full.size()), full.data(), nullptr);
  if (length == 0 || length >= full.size()) return last_error("not a usable path");
  full.resize(length);
  return to_utf8(full);
}

Result<std::string> real_path(const std::string& path) { return absolute_path(path); }

std::string home_directory() {
  wchar_t path[32768];
  const DWORD length = GetEnvironmentVariableW(L"USERPROFILE", path, 32768);
  return length == 0 || length >= 32768 ? std::string() : to_utf8({path, length});
}

static bool write_all(DWORD which, std::string_view text) {
  const HANDLE handle = GetStdHandle(which);
  DWORD mode = 0;
  if (GetConsoleMode(handle, &mode) != 0) {
    return ConsoleText(handle).write({reinterpret_cast<const u8*>(text.data()), text.size()}).has_value();
  }
  while (!text.empty()) {
    DWORD written = 0;
    const DWORD chunk = text.size() > 0x8000 ? 0x8000 : static_cast<DWORD>(text.size());
    if (WriteFile(handle, text.data(), chunk, &written, nullptr) == 0) return false;
    text.remove_prefix(written);
  }
  return true;
}

bool write_stdout(std::string_view text) { return write_all(STD_OUTPUT_HANDLE, text); }
void write_stderr(std::string_view text) { (void)write_all(STD_ERROR_HANDLE, text); }

bool stderr_is_terminal() {
  DWORD mode = 0;
  return GetConsoleMode(GetStdHandle(STD_ERROR_HANDLE), &mode) != 0;
}

u64 monotonic_milliseconds() { return GetTickCount64(); }

std::string error_text(u64 code) {
  wchar_t text[512];
  const DWORD length = FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, nullptr,
                                      static_cast<DWORD>(code), 0, text, 512, nullptr);
  if (length == 0) return "Windows error " + decimal(code);
  std::string utf8 = to_utf8({text, length});
  while (!utf8.empty() && (utf8.back() == '\n' || utf8.back() == '\r' || utf8.back() == '.' || utf8.back() == ' ')) {
    utf8.pop_back();
  }
  return utf8;
}

// Not ExitProcess: other threads (workers) may hold locks that it would wait for.
void exit_process(int code) {
  TerminateProcess(GetCurrentProcess(), static_cast<UINT>(code));
  __builtin_unreachable();
}

}  // namespace hermit::os
