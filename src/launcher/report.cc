#include "launcher/report.h"

#include <cstdio>

#include "base/decimal.h"
#include "base/printable.h"
#include "os/process.h"

namespace hermit::launcher {

std::string message_line(std::string_view name, std::string_view message) {
  return printable(name) + ": " + printable(message) + "\n";
}

void report(std::string_view name, std::string_view message) { os::write_stderr(message_line(name, message)); }

host::Trace requested_trace(const std::string& name, const std::optional<std::string>& wish) {
  if (!wish || wish->empty()) return {};
  if (*wish != "deny") {
    report(name, "HERMIT_TRACE knows only deny, not " + quote(*wish));
    return {};
  }
  return {const_cast<std::string*>(&name), [](void* program, std::string_view line) {
            os::write_stderr(printable(*static_cast<const std::string*>(program)) + ": " + std::string(line) + "\n");
          }};
}

std::string describe(const host::StartError& error, const std::vector<std::string>& directives) {
  switch (error.kind) {
    case host::StartError::Preopen:
      return (error.index < directives.size() ? directives[error.index] : "MAP") + ": " + os::describe(error.error);
    case host::StartError::Embedded: return "COPY: the embedded files contradict each other";
    case host::StartError::TooManyFiles: return "LIMIT files: the standard streams and the directories are more";
  }
  return "cannot start";
}

void report_trap(std::string_view name, Trap trap, const runtime::Program& program) {
  std::string text = printable(name) + ": trap: " + trap_message(trap) + "\n";
  for (const runtime::TraceFrame& frame : program.backtrace()) {
    char place[64];
    std::snprintf(place, sizeof place, " (%u+0x%llx)\n", frame.function, static_cast<unsigned long long>(frame.offset));
    const std::string_view module = frame.instance->name;  // of LINK
    text += "    at " + (module.empty() || module == "main" ? "" : printable(module) + ".") +
            (frame.name.empty() ? "function" : printable(frame.name)) + place;
  }
  if (program.trace_depth() > program.backtrace().size()) {
    text += "    and " + decimal(program.trace_depth() - program.backtrace().size()) + " more\n";
  }
  os::write_stderr(text);
}

}  // namespace hermit::launcher
