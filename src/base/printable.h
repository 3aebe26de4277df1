// Foreign text on a terminal.
#pragma once

#include <string>
#include <string_view>

namespace hermit {

// Whether `c` must not reach a terminal or a reader as it is: controls (a terminal obeys them), invisible characters
// and those that turn the direction of text (the text then reads as something else).
bool is_hidden(char32_t c);

// `text` with hidden characters and invalid UTF-8 as \xNN and \uNNNN.
std::string printable(std::string_view text);

// The same in double quotes, cut after 60 bytes or so: a name or value in an error message.
std::string quote(std::string_view text);

}  // namespace hermit
