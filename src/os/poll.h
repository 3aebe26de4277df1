// Waiting until some of a list of files, pipes, terminals and sockets can be read or written, or until a time has
// passed.
#pragma once

#include <optional>
#include <span>

#include "os/handle.h"
#include "os/sys_error.h"

namespace hermit::os {

struct PollItem {
  Handle::Raw handle = Handle::kNone;  // in; not owned
  bool writing = false;                // in: wait until a write would not block, else until a read would not
  // Out; meaningful if ready.
  bool ready = false;    // a read or write would not block (it may still fail)
  bool hangup = false;   // the other end has been closed
  bool invalid = false;  // not an open descriptor
};

// Waits until at least one item is ready or `timeout` nanoseconds have passed (no value: for ever; 0: only look), and
// returns how many are ready. Regular files and the null device are always ready. With no items it sleeps. Signals that
// a handler has dealt with do not end the wait.
SysResult<size_t> poll(std::span<PollItem> items, std::optional<u64> timeout);

// How many bytes a read would give now, as far as the system tells (pipes, terminals, sockets, the rest of a regular
// file); 0 if it does not.
u64 readable_bytes(Handle::Raw handle);

}  // namespace hermit::os
