// UTF-8 to UTF-16 and back: Hermit calls only the wide functions of Windows.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace hermit::os {

// `utf8` as UTF-16. Errors: System (ERROR_NO_UNICODE_TRANSLATION) if it is not valid UTF-8 or holds a NUL.
Result<std::wstring> to_wide(std::string_view utf8);
// `wide` as UTF-8; unpaired surrogates become U+FFFD.
std::string to_utf8(std::wstring_view wide);

// `path` made absolute with the \\?\ prefix, so that it may be longer than 260 characters.
Result<std::wstring> to_long_path(std::string_view path);

// The last Windows error as an Error.
std::unexpected<Error> last_error(const char* what);

}  // namespace hermit::os
