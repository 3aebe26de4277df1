// Why a guest stopped. Traps are values, never Errors: an Error is bad input, a trap is a program's own end.
// The numbers are part of the native-code format (a `ud2` or `udf` carries them); append only.
#pragma once

#include "base/types.h"

namespace hermit {

enum class Trap : u8 {
  None = 0,
  Unreachable = 1,
  IntegerDivideByZero = 2,
  IntegerOverflow = 3,
  InvalidConversionToInteger = 4,
  OutOfBoundsMemoryAccess = 5,
  OutOfBoundsTableAccess = 6,
  IndirectCallTypeMismatch = 7,
  UninitializedElement = 8,
  UndefinedElement = 9,
  StackOverflow = 10,
  Exit = 11,  // not a failure: the guest called proc_exit; the code is in the state of the host that stopped it
  Exception = 12,  // the guest threw what it did not catch
  NullReference = 13,
  NullFunctionReference = 14,
  ExceptionMemory = 15,  // what was thrown and is still referenced takes more than the memory limit leaves
};

// The wording of the WebAssembly spec tests, for example "integer divide by zero".
const char* trap_message(Trap trap);

}  // namespace hermit
