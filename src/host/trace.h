// Telling the user what was refused (HERMIT_TRACE=deny): one line for each access, with the directive that would allow
// it. The launcher decides whether anybody listens and where lines go; nothing of it reaches the guest.
#pragma once

#include <string>
#include <string_view>

namespace hermit::host {

class Trace {
 public:
  using Say = void (*)(void* context, std::string_view line);  // a line without its end, free of control characters

  Trace() = default;
  // `context` outlives every copy of the trace.
  Trace(void* context, Say say) : context_(context), say_(say) {}

  // Ask before building texts for deny().
  explicit operator bool() const { return say_ != nullptr; }

  // what: the operation and its object, as the guest named it: "connect tcp 192.0.2.10:443", "open /etc/passwd".
  // why: "no NET entry names it". directive: what would allow it, as a Hermitfile has it: `NET ["192.0.2.10:443"]`;
  // empty if nothing does. All three may hold foreign text; it is escaped here. Does nothing if nobody listens.
  void deny(std::string_view what, std::string_view why, std::string_view directive) const;

  // A directive of one entry: `MAP ["/etc:/etc:ro"]`.
  static std::string directive(std::string_view name, std::string_view entry);

 private:
  void* context_ = nullptr;
  Say say_ = nullptr;
};

}  // namespace hermit::host
