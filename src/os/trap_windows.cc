// A vectored handler: called first for every exception of the process, on the stack of the thread that met it, before
// anything looks at frames. https://learn.microsoft.com/windows/win32/debug/vectored-exception-handling
//
// The system writes the exception's records below the stack pointer. Compiled code always has kStackSlack
// (abi/calling_convention.h) there.
#include "os/trap.h"

#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#include <windows.h>

namespace hermit::os {

namespace {

FaultHandler g_handler = nullptr;

#if defined(__x86_64__)
#define PC(context) (context).Rip
#define SP(context) (context).Rsp
#define FP(context) (context).Rbp
#define RESULT(context) (context).Rax
#elif defined(__aarch64__)
#define PC(context) (context).Pc
#define SP(context) (context).Sp
#define FP(context) (context).Fp
#define RESULT(context) (context).X0
#else
#error "unknown architecture"
#endif

LONG CALLBACK on_exception(EXCEPTION_POINTERS* exception) {
  const EXCEPTION_RECORD& record = *exception->ExceptionRecord;
  CONTEXT& context = *exception->ContextRecord;
  Fault fault{Fault::Kind::Illegal,
              nullptr,
              reinterpret_cast<const u8*>(PC(context)),
              reinterpret_cast<u8*>(SP(context)),
              reinterpret_cast<u8*>(FP(context)),
              0};
  if (record.ExceptionCode == EXCEPTION_ACCESS_VIOLATION && record.NumberParameters >= 2) {
    fault.kind = Fault::Kind::Access;
    fault.address = reinterpret_cast<const u8*>(record.ExceptionInformation[1]);
  } else if (record.ExceptionCode != EXCEPTION_ILLEGAL_INSTRUCTION) {
    return EXCEPTION_CONTINUE_SEARCH;
  }
  if (!g_handler(fault)) return EXCEPTION_CONTINUE_SEARCH;
  PC(context) = reinterpret_cast<DWORD64>(fault.pc);
  SP(context) = reinterpret_cast<DWORD64>(fault.stack);
  FP(context) = reinterpret_cast<DWORD64>(fault.frame);
  RESULT(context) = fault.result;
  return EXCEPTION_CONTINUE_EXECUTION;
}

}  // namespace

bool handle_faults(FaultHandler handler) {
  if (g_handler != nullptr) return g_handler == handler;
  g_handler = handler;
  if (AddVectoredExceptionHandler(1, on_exception) != nullptr) return true;
  g_handler = nullptr;
  return false;
}

bool prepare_thread_for_faults() { return true; }
void finish_thread_for_faults() {}

}  // namespace hermit::os
