// What the launcher says on standard error when a program cannot start or has trapped.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "abi/trap.h"
#include "host/host.h"
#include "runtime/program.h"

namespace hermit::launcher {

// One line: "name: message\n", with control characters escaped.
std::string message_line(std::string_view name, std::string_view message);
void report(std::string_view name, std::string_view message);

// What `wish`, the value of HERMIT_TRACE, asks for: `deny` gives a trace that reports each line under `name`, which
// outlives it.
host::Trace requested_trace(const std::string& name, const std::optional<std::string>& wish);

// Why the host could not be made, naming the directive.
std::string describe(const host::StartError& error, const std::vector<std::string>& directives);

// The trap and the guest's call stack, innermost function first.
void report_trap(std::string_view name, Trap trap, const runtime::Program& program);

}  // namespace hermit::launcher
