// What the subcommands share.
#include "cli/command.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "base/printable.h"
#include "os/process.h"

namespace hermit::cli {

std::unexpected<Failure> failed(std::string text) { return std::unexpected(Failure{1, std::move(text)}); }
std::unexpected<Failure> wrong_usage(std::string text) { return std::unexpected(Failure{2, std::move(text)}); }
std::unexpected<Failure> failed(std::string_view path, const Error& error) {
  return failed(printable(path) + ": " + os::render(error));
}

namespace {

const Option* find_option(const std::vector<Option>& options, std::string_view name) {
  for (const Option& option : options) {
    if (name == option.name) return &option;
  }
  return nullptr;
}

const Option* find_option(const std::vector<Option>& options, char letter) {
  for (const Option& option : options) {
    if (option.letter != 0 && option.letter == letter) return &option;
  }
  return nullptr;
}

void give(const Option& option, std::string value) {
  if (option.list != nullptr) return option.list->push_back(std::move(value));
  *option.text = std::move(value);
}

}  // namespace

Outcome<void> read_options(const std::vector<std::string>& arguments, const std::vector<Option>& options,
                           std::vector<std::string>& rest, bool until_first) {
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (argument == "--") {
      rest.insert(rest.end(), arguments.begin() + static_cast<std::ptrdiff_t>(i) + 1, arguments.end());
      return {};
    }
    if (argument.size() < 2 || argument[0] != '-') {
      rest.push_back(argument);
      if (!until_first) continue;
      rest.insert(rest.end(), arguments.begin() + static_cast<std::ptrdiff_t>(i) + 1, arguments.end());
      return {};
    }
    const bool is_long = argument[1] == '-';
    const size_t equals = is_long ? argument.find('=') : std::string::npos;
    const std::string name = is_long ? argument.substr(0, equals) : argument.substr(0, 2);
    const Option* option = is_long ? find_option(options, name) : find_option(options, argument[1]);
    if (option == nullptr) return wrong_usage("unknown option " + printable(name));
    const bool attached = is_long ? equals != std::string::npos : argument.size() > 2;
    if (option->value == nullptr) {
      if (attached) return wrong_usage("option " + name + " takes no value");
      *option->text = "1";
    } else if (attached) {
      give(*option, is_long ? argument.substr(equals + 1) : argument.substr(2));
    } else if (i + 1 < arguments.size()) {
      give(*option, arguments[++i]);
    } else {
      return wrong_usage("option " + name + " needs a value: " + option->value);
    }
  }
  return {};
}

Progress::Progress() : terminal_(os::stderr_is_terminal()), start_(os::monotonic_milliseconds()) {}

Progress::~Progress() { clear(); }

void Progress::clear() {
  if (std::exchange(shown_, false)) os::write_stderr("\r\x1b[K");
}

void Progress::step(std::string_view what, u64 bytes) {
  constexpr u64 kSlowBytes = 1 << 20;  // an interpreted tool takes about half a second for this much
  if (!terminal_ || (bytes < kSlowBytes && os::monotonic_milliseconds() - start_ < 500)) return;
  shown_ = true;
  os::write_stderr("\r\x1b[K" + std::string(what) + " …");
}

static bool on_windows_host() {
#if defined(__wasi__)
  const char* system = std::getenv("OS");  // passed through by src/cli/Hermitfile; Windows sets it
  return system != nullptr && std::string_view(system) == "Windows_NT";
#else
  return false;  // native builds take paths as they are
#endif
}

Outcome<std::string> path_from_user(std::string path) {
  if (!on_windows_host()) return path;
  const std::string typed = printable(path);
  std::ranges::replace(path, '\\', '/');
  if (path.starts_with("//")) {
    return failed(
        typed + ": network and device paths cannot be used here; copy the file to a drive, or give the share a letter");
  }
  // "/C/x" is how this program itself names "C:\x", and what PWD holds; only a backslash means the current drive.
  if (path.starts_with('/') && typed.starts_with('\\')) {
    return failed(typed + ": depends on the current drive; write the drive too, as in C:" + typed);
  }
  const bool drive = path.size() >= 2 && path[1] == ':' && ((path[0] | 0x20) >= 'a' && (path[0] | 0x20) <= 'z');
  if (!drive) return path;
  if (path.size() > 2 && path[2] != '/') {
    return failed(typed + ": depends on the current directory of drive " + path.substr(0, 2) +
                  "; write the whole path, as in " + path.substr(0, 2) + "\\" + printable(path.substr(2)));
  }
  return "/" + std::string(1, static_cast<char>(path[0] & ~0x20)) + path.substr(2);
}

std::string relative_to_file(std::string_view base, const std::string& path) {
  if (path.starts_with('/')) return path;
  const size_t slash = base.find_last_of('/');
  if (slash == std::string_view::npos) return path;
  return std::string(base.substr(0, slash + 1)) + path;
}

std::string base_name(std::string_view path) {
  const size_t slash = path.find_last_of("/\\");
  return std::string(slash == std::string_view::npos ? path : path.substr(slash + 1));
}

std::string without_extension(std::string_view name) {
  const size_t dot = name.find_last_of('.');
  return std::string(dot == std::string_view::npos || dot == 0 ? name : name.substr(0, dot));
}

std::string resource_path(const std::string& folder, std::string_view name) {
  return (folder.empty() ? std::string("/hermit") : folder) + "/" + std::string(name);
}

std::string readable_size(u64 bytes) {
  char text[48];
  if (bytes < 10000) {
    std::snprintf(text, sizeof text, "%llu bytes", static_cast<unsigned long long>(bytes));
  } else if (bytes < 1000000) {
    std::snprintf(text, sizeof text, "%.1f KB", static_cast<double>(bytes) / 1e3);
  } else {
    std::snprintf(text, sizeof text, "%.1f MB", static_cast<double>(bytes) / 1e6);
  }
  return text;
}

}  // namespace hermit::cli
