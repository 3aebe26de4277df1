// Signals on Windows: the C library knows six, and their default action ends the process: SIGINT with the code that
// Ctrl-C has, the others with 3. Those codes are what a native program's parent sees.
#include "os/signal.h"

#include "os/nt_windows.h"

namespace hermit::os {

constexpr UINT kCLibraryAbort = 3;

SysResult<void> raise_signal(Signal signal) {
  switch (signal) {
    case Signal::None: return {};
    case Signal::Int: ExitProcess(static_cast<UINT>(STATUS_CONTROL_C_EXIT));
    case Signal::Abrt:
    case Signal::Fpe:
    case Signal::Ill:
    case Signal::Kill:  // no C library signal, but what TerminateProcess does
    case Signal::Segv:
    case Signal::Term: ExitProcess(kCLibraryAbort);
    default: return fail(SysError::NotSupported);
  }
}

}  // namespace hermit::os
