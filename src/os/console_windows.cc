// A console speaks UTF-16 (ReadConsoleW, WriteConsoleW); its byte interface goes through code pages, whose UTF-8 mode
// loses input and splits characters. So both directions are converted here, and characters cut in half by a guest's
// buffer are held back until the rest comes.
//
// The console's own line editing stays on: lines come with "\r\n", of which the guest sees "\n", and Ctrl-Z at the
// start of a line is the end of the input, as for programs of the C library.
#include "os/console_windows.h"

#include <algorithm>
#include <cstring>

#include "os/wide_windows.h"

namespace hermit::os {
namespace {

constexpr wchar_t kCtrlZ = 0x1a;
constexpr DWORD kInputUnits = 4096;
constexpr size_t kOutputBytes = 8192;  // WriteConsoleW fails above 64 KiB on old systems

bool is_high(wchar_t unit) { return unit >= 0xd800 && unit < 0xdc00; }

}  // namespace

size_t incomplete_tail(std::string_view text) {
  const size_t most = std::min<size_t>(3, text.size());
  for (size_t back = 1; back <= most; ++back) {
    const auto byte = static_cast<u8>(text[text.size() - back]);
    if (byte < 0x80) return 0;
    if (byte < 0xc0) continue;  // a later byte of a character
    const size_t length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return length > back && byte < 0xf5 ? back : 0;
  }
  return 0;
}

SysResult<bool> ConsoleText::fill() {
  wchar_t units[kInputUnits + 1];
  DWORD count = 0;
  const DWORD first = high_ != 0 ? 1 : 0;
  units[0] = high_;
  // Ctrl-C ends a read with success and nothing; the handler thread is about to end the process.
  do {
    SetLastError(NO_ERROR);
    if (ReadConsoleW(console_, units + first, kInputUnits, &count, nullptr) == 0) return fail_last();
    if (count == 0 && GetLastError() == ERROR_OPERATION_ABORTED) Sleep(10);
  } while (count == 0 && GetLastError() == ERROR_OPERATION_ABORTED);
  if (count == 0 || units[first] == kCtrlZ) return false;
  DWORD size = first + count;
  high_ = 0;
  if (is_high(units[size - 1])) high_ = units[--size];
  input_ = to_utf8({units, size});
  input_position_ = 0;
  for (size_t at = 0; (at = input_.find("\r\n", at)) != std::string::npos;) input_.erase(at, 1);
  return true;
}

SysResult<size_t> ConsoleText::read(std::span<u8> buffer) {
  if (buffer.empty()) return 0;
  while (pending() == 0) {
    const auto filled = fill();
    if (!filled) return fail(filled.error());
    if (!*filled) return 0;
  }
  const size_t size = std::min(buffer.size(), pending());
  std::memcpy(buffer.data(), input_.data() + input_position_, size);
  input_position_ += size;
  return size;
}

SysResult<size_t> ConsoleText::write(std::span<const u8> bytes) {
  if (!std::exchange(prepared_, true)) {
    // Colours and cursor movement by escape sequences, as terminals of other systems have them; older consoles refuse.
    DWORD mode = 0;
    if (GetConsoleMode(console_, &mode) != 0) SetConsoleMode(console_, mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING);
  }
  for (size_t at = 0; at < bytes.size();) {
    const size_t size = std::min(bytes.size() - at, kOutputBytes);
    std::string text = std::exchange(partial_, {});
    text.append(reinterpret_cast<const char*>(bytes.data()) + at, size);
    const size_t tail = incomplete_tail(text);
    partial_ = text.substr(text.size() - tail);
    wchar_t units[kOutputBytes + 4];
    const int count = text.size() == tail
                          ? 0
                          : MultiByteToWideChar(CP_UTF8, 0, text.data(), static_cast<int>(text.size() - tail), units,
                                                static_cast<int>(kOutputBytes + 4));
    for (int sent = 0; sent < count;) {
      DWORD written = 0;
      if (WriteConsoleW(console_, units + sent, static_cast<DWORD>(count - sent), &written, nullptr) == 0) {
        return at == 0 ? SysResult<size_t>(fail_last()) : SysResult<size_t>(at);
      }
      sent += static_cast<int>(written);
    }
    at += size;
  }
  return bytes.size();
}

bool ConsoleText::has_key() {
  DWORD count = 0;
  INPUT_RECORD record;
  // Everything that ReadConsoleW would skip is taken out of the queue, so that waiting on the handle sleeps again.
  while (PeekConsoleInputW(console_, &record, 1, &count) != 0 && count != 0) {
    const KEY_EVENT_RECORD& key = record.Event.KeyEvent;
    if (record.EventType == KEY_EVENT && key.bKeyDown != 0 && key.uChar.UnicodeChar != 0) return true;
    ReadConsoleInputW(console_, &record, 1, &count);
  }
  return false;
}

}  // namespace hermit::os
