// Sockets that the process inherited: as many calls as WASI preview 1 needs. Everything gives NotSocket on other files.
#pragma once

#include "os/file.h"

namespace hermit::os {

struct ReceiveOptions {
  bool peek = false;
  bool wait_all = false;
};
struct Received {
  size_t size = 0;
  bool truncated = false;  // a datagram was longer than the buffers
};

SysResult<Received> receive(const Handle& socket, ReadBuffers buffers, ReceiveOptions options);
// Writing to a closed connection gives BrokenPipe and, where the system has it, SIGPIPE, like write().
SysResult<size_t> send(const Handle& socket, WriteBuffers buffers);
SysResult<void> shut_down(const Handle& socket, bool reading, bool writing);
// The next connection of a listening socket. `nonblocking` is the new socket's flag.
SysResult<Handle> accept(const Handle& socket, bool nonblocking);

}  // namespace hermit::os
