#include "abi/trap.h"

namespace hermit {

const char* trap_message(Trap trap) {
  switch (trap) {
    case Trap::None: return "none";
    case Trap::Unreachable: return "unreachable";
    case Trap::IntegerDivideByZero: return "integer divide by zero";
    case Trap::IntegerOverflow: return "integer overflow";
    case Trap::InvalidConversionToInteger: return "invalid conversion to integer";
    case Trap::OutOfBoundsMemoryAccess: return "out of bounds memory access";
    case Trap::OutOfBoundsTableAccess: return "out of bounds table access";
    case Trap::IndirectCallTypeMismatch: return "indirect call type mismatch";
    case Trap::UninitializedElement: return "uninitialized element";
    case Trap::UndefinedElement: return "undefined element";
    case Trap::StackOverflow: return "call stack exhausted";
    case Trap::Exit: return "exit";
    case Trap::Exception: return "uncaught exception";
    case Trap::NullReference: return "null reference";
    case Trap::NullFunctionReference: return "null function reference";
    case Trap::ExceptionMemory: return "out of memory for exceptions";
  }
  return "unknown trap";
}

}  // namespace hermit
