// SIGSEGV, SIGBUS and SIGILL on Linux. A fault that the handler does not want goes to whatever was installed before.
#include "os/trap.h"

#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>

namespace hermit::os {

namespace {

constexpr size_t kAlternateStack = size_t{64} << 10;

// Signal dispositions belong to the process, so does this.
FaultHandler g_handler = nullptr;
constexpr int kSignals[] = {SIGSEGV, SIGBUS, SIGILL};
struct sigaction g_previous[3];

bool dispatch(int signal, const siginfo_t* info, ucontext_t* context) {
  Fault fault{signal == SIGILL ? Fault::Kind::Illegal : Fault::Kind::Access,
              static_cast<const u8*>(info->si_addr),
              nullptr,
              nullptr,
              nullptr,
              0};
#if defined(__x86_64__)
  auto& registers = context->uc_mcontext.gregs;
  fault.pc = reinterpret_cast<const u8*>(registers[REG_RIP]);
  fault.stack = reinterpret_cast<u8*>(registers[REG_RSP]);
  fault.frame = reinterpret_cast<u8*>(registers[REG_RBP]);
  if (!g_handler(fault)) return false;
  registers[REG_RIP] = reinterpret_cast<greg_t>(fault.pc);
  registers[REG_RSP] = reinterpret_cast<greg_t>(fault.stack);
  registers[REG_RBP] = reinterpret_cast<greg_t>(fault.frame);
  registers[REG_RAX] = static_cast<greg_t>(fault.result);
#elif defined(__aarch64__)
  auto& machine = context->uc_mcontext;
  fault.pc = reinterpret_cast<const u8*>(machine.pc);
  fault.stack = reinterpret_cast<u8*>(machine.sp);
  fault.frame = reinterpret_cast<u8*>(machine.regs[29]);
  if (!g_handler(fault)) return false;
  machine.pc = reinterpret_cast<u64>(fault.pc);
  machine.sp = reinterpret_cast<u64>(fault.stack);
  machine.regs[29] = reinterpret_cast<u64>(fault.frame);
  machine.regs[0] = fault.result;
#else
#error "unknown architecture"
#endif
  return true;
}

void on_signal(int signal, siginfo_t* info, void* context) {
  if (dispatch(signal, info, static_cast<ucontext_t*>(context))) return;
  for (size_t i = 0; i < 3; ++i) {
    if (kSignals[i] != signal) continue;
    const struct sigaction& previous = g_previous[i];
    if ((previous.sa_flags & SA_SIGINFO) != 0) {
      previous.sa_sigaction(signal, info, context);
    } else if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) {
      previous.sa_handler(signal);
    } else {
      sigaction(signal, &previous, nullptr);  // the instruction faults again, and ends the process
    }
  }
}

}  // namespace

bool handle_faults(FaultHandler handler) {
  if (g_handler == handler) return true;
  g_handler = handler;
  struct sigaction action = {};
  action.sa_sigaction = on_signal;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigfillset(&action.sa_mask);
  for (size_t i = 0; i < 3; ++i) {
    if (sigaction(kSignals[i], &action, &g_previous[i]) != 0) return false;
  }
  return true;
}

// The stack stays for the life of the thread: guests end with their process.
bool prepare_thread_for_faults() {
  stack_t current = {};
  if (sigaltstack(nullptr, &current) == 0 && (current.ss_flags & SS_DISABLE) == 0 &&
      current.ss_size >= kAlternateStack) {
    return true;
  }
  void* pages = mmap(nullptr, kAlternateStack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) return false;
  stack_t alternate = {};
  alternate.ss_sp = pages;
  alternate.ss_size = kAlternateStack;
  return sigaltstack(&alternate, nullptr) == 0;
}

}  // namespace hermit::os
