// The one form of a refused access on standard error.
#include "host/trace.h"

#include "base/printable.h"

namespace hermit::host {

void Trace::deny(std::string_view what, std::string_view why, std::string_view directive) const {
  if (say_ == nullptr) return;
  std::string line = "denied: " + printable(what) + ": " + printable(why) + "; ";
  line += directive.empty() ? "no directive allows it" : "allowed by " + printable(directive);
  say_(context_, line);
}

std::string Trace::directive(std::string_view name, std::string_view entry) {
  std::string text = std::string(name) + " [\"";
  for (const char c : entry) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return text + "\"]";
}

}  // namespace hermit::host
