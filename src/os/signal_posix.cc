// raise(3) by WASI's names for signals.
#include "os/signal.h"

#include <signal.h>

#include "os/posix.h"

namespace hermit::os {
namespace {

constexpr int kUnknown = 0;

int to_posix(Signal signal) {
  switch (signal) {
    case Signal::None: return kUnknown;
    case Signal::Hup: return SIGHUP;
    case Signal::Int: return SIGINT;
    case Signal::Quit: return SIGQUIT;
    case Signal::Ill: return SIGILL;
    case Signal::Trap: return SIGTRAP;
    case Signal::Abrt: return SIGABRT;
    case Signal::Bus: return SIGBUS;
    case Signal::Fpe: return SIGFPE;
    case Signal::Kill: return SIGKILL;
    case Signal::Usr1: return SIGUSR1;
    case Signal::Segv: return SIGSEGV;
    case Signal::Usr2: return SIGUSR2;
    case Signal::Pipe: return SIGPIPE;
    case Signal::Alrm: return SIGALRM;
    case Signal::Term: return SIGTERM;
    case Signal::Chld: return SIGCHLD;
    case Signal::Cont: return SIGCONT;
    case Signal::Stop: return SIGSTOP;
    case Signal::Tstp: return SIGTSTP;
    case Signal::Ttin: return SIGTTIN;
    case Signal::Ttou: return SIGTTOU;
    case Signal::Urg: return SIGURG;
    case Signal::Xcpu: return SIGXCPU;
    case Signal::Xfsz: return SIGXFSZ;
    case Signal::Vtalrm: return SIGVTALRM;
    case Signal::Prof: return SIGPROF;
    case Signal::Winch: return SIGWINCH;
#ifdef SIGPOLL
    case Signal::Poll: return SIGPOLL;
#endif
#ifdef SIGPWR
    case Signal::Pwr: return SIGPWR;
#endif
    case Signal::Sys: return SIGSYS;
    default: return kUnknown;
  }
}

}  // namespace

SysResult<void> raise_signal(Signal signal) {
  if (signal == Signal::None) return {};
  const int number = to_posix(signal);
  if (number == kUnknown) return fail(SysError::NotSupported);
  return done(::raise(number) == 0 ? 0 : -1);
}

}  // namespace hermit::os
