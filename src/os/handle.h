// Handle: one open file, directory, pipe, terminal or socket of this process. Its destructor closes it unless it is one
// of the process's own standard streams: the launcher may still have something to say there.
//
// The value is opaque above os/: a descriptor on POSIX systems; on Windows a HANDLE or SOCKET, or a value of the
// implementation's own (the set of drives that the host path `/` names).
#pragma once

#include <utility>

#include "base/types.h"

namespace hermit::os {

class Handle {
 public:
  using Raw = std::intptr_t;
  static constexpr Raw kNone = -1;  // also INVALID_HANDLE_VALUE

  Handle() = default;
  explicit Handle(Raw raw) : raw_(raw) {}
  Handle(Handle&& other) noexcept : raw_(std::exchange(other.raw_, kNone)) {}
  Handle& operator=(Handle&& other) noexcept {
    if (this != &other) {
      drop();
      raw_ = std::exchange(other.raw_, kNone);
    }
    return *this;
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() { drop(); }

  [[nodiscard]] bool valid() const { return raw_ != kNone; }
  [[nodiscard]] Raw raw() const { return raw_; }

  // Closes now; a second call does nothing. Closing a standard stream puts the null device in its place, so that its
  // number is never reused by a later open while the reader at the other end still sees the end of its input.
  void close();

 private:
  static bool is_standard_stream(Raw raw);
  void drop() {
    if (raw_ != kNone && !is_standard_stream(raw_)) close();
  }
  Raw raw_ = kNone;
};

// The three standard streams as the process found them; an invalid handle where the stream was closed at start.
struct StandardStreams {
  Handle streams[3];  // stdin, stdout, stderr
};

// Requires: called before the process opens anything else (a stream closed at start is replaced by the null device, so
// that no file opened later takes its number). A second call finds those null devices as open streams.
StandardStreams take_standard_streams();

}  // namespace hermit::os
