// The one string that Windows gives a process, as arguments.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hermit::os {

// By the rules of the Microsoft C runtime, so that every program that quotes for it (each shell and spawn function
// does) reaches us unchanged. The first argument has rules of its own; it is empty for an empty line.
std::vector<std::string> split_command_line(std::wstring_view line);

}  // namespace hermit::os
