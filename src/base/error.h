// Errors as values.
//
// `Error` is trivially copyable on purpose: a std::string in it made a decoder measurably larger. It holds a static
// message and a position; the caller, who knows the name of the file, renders it ("app.wasm: offset 0x1f3: ...").
#pragma once

#include <expected>

#include "base/types.h"

namespace hermit {

enum class ErrorKind : u8 {
  Malformed,    // bytes or text that do not follow the format; `where` is a byte offset
  Invalid,      // well-formed, but breaks a validation rule; `where` is a byte offset
  Unsupported,  // a feature that Hermit refuses by name; `where` is a byte offset
  Limit,        // a published limit is exceeded; `where` is a byte offset
  Unlinkable,   // an import cannot be satisfied
  System,       // the operating system refused; `where` is its error number (errno, or GetLastError on Windows)
};

struct [[nodiscard]] Error {
  ErrorKind kind;
  const char* what;  // static storage, never null; the spec's own wording where there is one
  u64 where = 0;     // see ErrorKind
};

template <typename T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> malformed(const char* what, u64 offset) {
  return std::unexpected(Error{ErrorKind::Malformed, what, offset});
}
inline std::unexpected<Error> invalid(const char* what, u64 offset) {
  return std::unexpected(Error{ErrorKind::Invalid, what, offset});
}

}  // namespace hermit

// Assigns the value of a Result to `declaration`, or returns its error from the enclosing function.
#define HERMIT_CONCAT_(a, b) a##b
#define HERMIT_CONCAT(a, b) HERMIT_CONCAT_(a, b)
#define TRY_IMPL_(temporary, declaration, expression)        \
  auto temporary = (expression);                             \
  if (!temporary) return std::unexpected(temporary.error()); \
  declaration = std::move(*temporary)
#define TRY(declaration, expression) TRY_IMPL_(HERMIT_CONCAT(try_result_, __LINE__), declaration, expression)
// The same for an expression whose value is not needed (for example Result<void>).
#define TRY_VOID(expression)                                                                        \
  do {                                                                                              \
    if (auto try_result_ = (expression); !try_result_) return std::unexpected(try_result_.error()); \
  } while (false)
