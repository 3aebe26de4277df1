// Winsock, loaded when the first socket is met: nearly no program has one, and ws2_32.dll costs every start.
#pragma once

#include "os/file.h"
#include "os/nt_windows.h"

namespace hermit::os {

[[nodiscard]] bool is_socket(HANDLE handle);
void close_socket(HANDLE handle);
[[nodiscard]] bool is_datagram(HANDLE handle);
void set_socket_blocking(HANDLE handle, bool blocking);
// Bytes that a read would give.
[[nodiscard]] u64 socket_readable_bytes(HANDLE handle);

struct SocketReadiness {
  bool ready = false, hangup = false, invalid = false;
};
// Looks without waiting.
SocketReadiness look_at_socket(HANDLE handle, bool writing);

}  // namespace hermit::os
