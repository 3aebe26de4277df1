// CHECK: states that are impossible once the input has been validated.
//
// CHECK stays on in release builds: a violated invariant in a sandbox must end the process, never continue. It is
// not for errors that input can cause; those are `Error` values (error.h).
#pragma once

namespace hermit {

// Writes "file:line: CHECK failed: expression" to stderr and ends the process (exit code 70, EX_SOFTWARE).
[[noreturn]] void check_failed(const char* file, int line, const char* expression);

}  // namespace hermit

#define CHECK(condition)                                                    \
  (__builtin_expect(static_cast<bool>(condition), 1) ? static_cast<void>(0) \
                                                     : ::hermit::check_failed(__FILE_NAME__, __LINE__, #condition))
