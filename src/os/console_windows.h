// One end of a console, as a stream of UTF-8 bytes.
#pragma once

#include <string>

#include "os/file.h"
#include "os/nt_windows.h"

namespace hermit::os {

class ConsoleText {
 public:
  explicit ConsoleText(HANDLE console) : console_(console) {}

  // Waits for a line unless bytes of an earlier one are left; 0 bytes is the end of the input (Ctrl-Z at the start of a
  // line).
  SysResult<size_t> read(std::span<u8> buffer);
  // Takes all of `bytes`; the first bytes of a character whose rest is missing are kept for the next call.
  SysResult<size_t> write(std::span<const u8> bytes);

  // Bytes that a read gives without asking the console.
  [[nodiscard]] size_t pending() const { return input_.size() - input_position_; }
  // Whether somebody has pressed a key that read() would see. A line may still be incomplete.
  [[nodiscard]] bool has_key();

 private:
  SysResult<bool> fill();  // false at the end of the input

  HANDLE console_;
  std::string input_;  // UTF-8 that has not been read yet
  size_t input_position_ = 0;
  wchar_t high_ = 0;  // the first half of a surrogate pair at the end of the last block
  std::string partial_;  // output: the start of a character
  bool prepared_ = false;
};

// How many bytes at the end of `text` are the start of a UTF-8 character that is not complete: 0 to 3.
size_t incomplete_tail(std::string_view text);

}  // namespace hermit::os
