// ENV entries, and the names that LINK and HOST take.
#include "grants/grants.h"

namespace hermit::grants {
namespace {

bool is_control(char c) { return static_cast<u8>(c) < 0x20 || c == 0x7f; }

struct HostRow {
  HostExtension extension;
  std::string_view name;
};
constexpr HostRow kHostExtensions[] = {
    {HostExtension::SetExecutable, "set-executable"}, {HostExtension::Run, "run"}, {HostExtension::Workers, "workers"}};

}  // namespace

Result<Env> parse_env(std::string_view entry) {
  const size_t equals = entry.find('=');
  const std::string_view name = entry.substr(0, equals);
  if (name.empty()) return invalid("the name of the variable is empty", 0);
  for (size_t i = 0; i < name.size(); ++i) {
    if (is_control(name[i]) || name[i] == ' ')
      return invalid("white space or a control character in the name of a variable", i);
  }
  Env env{std::string(name), std::nullopt};
  if (equals == std::string_view::npos) return env;
  const std::string_view value = entry.substr(equals + 1);
  if (const size_t nul = value.find('\0'); nul != std::string_view::npos)
    return invalid("NUL in the value of a variable", equals + 1 + nul);
  env.value = value;
  return env;
}

std::string to_text(const Env& env) { return env.value ? env.name + '=' + *env.value : env.name; }

Result<HostExtension> parse_host_extension(std::string_view entry) {
  for (const HostRow& row : kHostExtensions) {
    if (row.name == entry) return row.extension;
  }
  return invalid("unknown host extension; there are set-executable, run and workers", 0);
}

std::string_view to_text(HostExtension extension) {
  for (const HostRow& row : kHostExtensions) {
    if (row.extension == extension) return row.name;
  }
  return {};
}

Result<std::string> parse_link_name(std::string_view name) {
  if (name.empty() || name.size() > 255) return invalid("the name of a module has 1 to 255 bytes", 0);
  if (name == "." || name == "..") return invalid(". and .. are no names for a module", 0);
  for (size_t i = 0; i < name.size(); ++i) {
    if (is_control(name[i]) || name[i] == '/' || name[i] == '\\')
      return invalid("slash, backslash or control character in the name of a module", i);
  }
  return std::string(name);
}

}  // namespace hermit::grants
