// SIGSEGV, SIGBUS (what macOS says of pages that are there without access) and SIGILL. A fault that the handler does
// not want goes to whatever was installed before.
#include "os/trap.h"

#include <signal.h>
#include <sys/mman.h>
#if defined(__APPLE__)
#include <sys/ucontext.h>
#else
#include <ucontext.h>
#endif
#include <atomic>

namespace hermit::os {

namespace {

constexpr size_t kAlternateStack = size_t{64} << 10;
// For the first thread that asks: a mapping would be one more call of a start.
alignas(16) char g_first_stack[kAlternateStack];
std::atomic<bool> g_first_is_taken;

// Signal dispositions belong to the process, so does this.
FaultHandler g_handler = nullptr;
constexpr int kSignals[] = {SIGSEGV, SIGBUS, SIGILL};
struct sigaction g_previous[3];

// The registers that a fault is about, and that the thread goes on with, in the words of this system and processor.
#if defined(__APPLE__) && defined(__x86_64__)
#define PC(context) (context).uc_mcontext->__ss.__rip
#define SP(context) (context).uc_mcontext->__ss.__rsp
#define FP(context) (context).uc_mcontext->__ss.__rbp
#define RESULT(context) (context).uc_mcontext->__ss.__rax
#elif defined(__APPLE__)
#define PC(context) (context).uc_mcontext->__ss.__pc
#define SP(context) (context).uc_mcontext->__ss.__sp
#define FP(context) (context).uc_mcontext->__ss.__fp
#define RESULT(context) (context).uc_mcontext->__ss.__x[0]
#elif defined(__x86_64__)
#define PC(context) (context).uc_mcontext.gregs[REG_RIP]
#define SP(context) (context).uc_mcontext.gregs[REG_RSP]
#define FP(context) (context).uc_mcontext.gregs[REG_RBP]
#define RESULT(context) (context).uc_mcontext.gregs[REG_RAX]
#elif defined(__aarch64__)
#define PC(context) (context).uc_mcontext.pc
#define SP(context) (context).uc_mcontext.sp
#define FP(context) (context).uc_mcontext.regs[29]
#define RESULT(context) (context).uc_mcontext.regs[0]
#else
#error "unknown architecture"
#endif

template <typename Register>
void set(Register& to, u64 value) {
  to = static_cast<Register>(value);
}

bool dispatch(int signal, const siginfo_t* info, ucontext_t& context) {
  Fault fault{signal == SIGILL ? Fault::Kind::Illegal : Fault::Kind::Access,
              static_cast<const u8*>(info->si_addr),
              reinterpret_cast<const u8*>(PC(context)),
              reinterpret_cast<u8*>(SP(context)),
              reinterpret_cast<u8*>(FP(context)),
              0};
  if (!g_handler(fault)) return false;
  set(PC(context), reinterpret_cast<u64>(fault.pc));
  set(SP(context), reinterpret_cast<u64>(fault.stack));
  set(FP(context), reinterpret_cast<u64>(fault.frame));
  set(RESULT(context), fault.result);
  return true;
}

void on_signal(int signal, siginfo_t* info, void* context) {
  if (dispatch(signal, info, *static_cast<ucontext_t*>(context))) return;
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

bool prepare_thread_for_faults() {
  stack_t current = {};
  if (sigaltstack(nullptr, &current) == 0 && (current.ss_flags & SS_DISABLE) == 0 &&
      current.ss_size >= kAlternateStack) {
    return true;
  }
  void* pages = g_first_stack;
  if (g_first_is_taken.exchange(true)) {
    pages = mmap(nullptr, kAlternateStack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
    if (pages == MAP_FAILED) return false;
  }
  stack_t alternate = {};
  alternate.ss_sp = pages;
  alternate.ss_size = kAlternateStack;
  return sigaltstack(&alternate, nullptr) == 0;
}

void finish_thread_for_faults() {
  stack_t current = {};
  if (sigaltstack(nullptr, &current) != 0 || (current.ss_flags & SS_DISABLE) != 0) return;
  stack_t none = {};
  none.ss_flags = SS_DISABLE;
  none.ss_size = current.ss_size;
  if (sigaltstack(&none, nullptr) != 0) return;
  if (current.ss_sp == g_first_stack) {
    g_first_is_taken = false;
  } else {
    munmap(current.ss_sp, current.ss_size);
  }
}

}  // namespace hermit::os
