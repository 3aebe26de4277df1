// Sending a signal to this process, with the effect it would have on a native program.
#pragma once

#include "os/sys_error.h"

namespace hermit::os {

// The signals of WASI preview 1, in its order (1 = Hup … 30 = Sys).
enum class Signal : u8 {
  None,
  Hup,
  Int,
  Quit,
  Ill,
  Trap,
  Abrt,
  Bus,
  Fpe,
  Kill,
  Usr1,
  Segv,
  Usr2,
  Pipe,
  Alrm,
  Term,
  Chld,
  Cont,
  Stop,
  Tstp,
  Ttin,
  Ttou,
  Urg,
  Xcpu,
  Xfsz,
  Vtalrm,
  Prof,
  Winch,
  Poll,
  Pwr,
  Sys,
};

// None does nothing. Returns if the signal did not end the process. NotSupported if this system has no such signal.
SysResult<void> raise_signal(Signal signal);

}  // namespace hermit::os
