// What a Handle's value points to on Windows.
//
// Windows keeps no append or non-blocking flag with a file, tells files, consoles, pipes and sockets apart only by
// asking, and knows consoles by UTF-16 characters: all this is remembered here, one object for each Handle, freed by
// Handle::close.
#pragma once

#include <memory>

#include "os/file.h"
#include "os/nt_windows.h"

namespace hermit::os {

enum class Kind : u8 {
  File,
  Directory,
  Drives,   // the set of drives: no system handle behind it
  Console,  // a terminal, input or output
  Pipe,     // named or anonymous
  Socket,
  Device,   // the null device, serial ports
};

class ConsoleText;  // console_windows.h

struct OpenFile {
  HANDLE handle = nullptr;
  Kind kind = Kind::File;
  FileFlags flags;
  bool times_set = false;    // set_times went through this handle: see note_write
  int standard_stream = -1;  // 0, 1, 2 for the process's own
  std::unique_ptr<ConsoleText> console;

  OpenFile();
  ~OpenFile();
};

// Requires: `raw` is the value of an open Handle.
inline OpenFile& open_file(Handle::Raw raw) { return *reinterpret_cast<OpenFile*>(raw); }
// null if `handle` is not open.
inline OpenFile* open_file(const Handle& handle) { return handle.valid() ? &open_file(handle.raw()) : nullptr; }

// Takes ownership of a system handle that is known to be of `kind`, or of any inherited one.
Handle adopt(HANDLE handle, Kind kind, FileFlags flags = {});
Handle adopt(HANDLE handle);
inline Handle drives_handle() { return adopt(nullptr, Kind::Drives); }

}  // namespace hermit::os
