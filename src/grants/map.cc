// MAP entries and guest paths.
//
// The file runs on every system, so an entry must mean the same on every system: `C:\x` is a drive on Linux too (where
// it does not exist), and a name of one letter that is no drive is written `./c:/guest`. What depends on where the
// program starts stays as written; what is known is checked here, at pack time.
#include <algorithm>

#include "base/sort.h"
#include "grants/grants.h"

namespace hermit::grants {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_slash(char c) { return c == '/' || c == '\\'; }
bool is_control(char c) { return static_cast<u8>(c) < 0x20 || c == 0x7f; }

bool starts_with_drive(std::string_view path) {
  return path.size() >= 3 && is_letter(path[0]) && path[1] == ':' && is_slash(path[2]);
}

bool is_special_component(std::string_view part) { return part == "." || part == ".."; }

// Appends "/" and each component of `path`, which may use backslashes if `windows`. False at "." or "..".
bool append_components(std::string& out, std::string_view path, bool windows) {
  const std::string_view separators = windows ? "/\\" : "/";
  for (size_t begin = 0; begin < path.size();) {
    const size_t end = std::min(path.find_first_of(separators, begin), path.size());
    const std::string_view part = path.substr(begin, end - begin);
    if (is_special_component(part)) return false;
    if (!part.empty()) (out += '/') += part;
    begin = end + 1;
  }
  return true;
}

// The absolute host path in guest form, or empty for one that is relative or has "." or ".." components.
std::string guest_form(std::string_view host) {
  std::string guest;
  bool normal = false;
  if (starts_with_drive(host)) {
    guest = {'/', static_cast<char>(host[0] & ~0x20)};
    normal = append_components(guest, host.substr(2), true);
  } else if (host.starts_with('/')) {
    normal = append_components(guest, host, false);
    if (guest.empty()) guest = "/";
  }
  return normal ? guest : std::string();
}

Result<void> check_host(std::string_view host, bool has_guest) {
  if (host.empty()) return invalid("the host path is empty", 0);
  if (host.starts_with("\\\\.\\") || host.starts_with("\\\\?\\")) return invalid("device paths cannot be mapped", 0);
  const bool is_share = host.starts_with("\\\\");
  if (host[0] == '\\' && !is_share)
    return invalid("a path that starts with one backslash depends on the current drive", 0);
  if (!has_guest && is_share) return invalid("a network path needs a guest path: host:guest", 0);
  if (!has_guest && (host[0] == '/' || starts_with_drive(host)) && guest_form(host).empty())
    return invalid("an absolute path with . or .. needs a guest path: host:guest", 0);
  return {};
}

Result<void> parse_options(std::string_view options, u64 offset, Map& map) {
  while (true) {
    const size_t comma = std::min(options.find(','), options.size());
    const std::string_view option = options.substr(0, comma);
    bool* const flag = option == "ro" ? &map.read_only : option == "optional" ? &map.optional : nullptr;
    if (!flag) return invalid("unknown option; the options of MAP are ro and optional", offset);
    if (*flag) return invalid("this option is given twice", offset);
    *flag = true;
    if (comma == options.size()) return {};
    offset += comma + 1;
    options.remove_prefix(comma + 1);
  }
}

}  // namespace

Result<std::string> parse_guest_path(std::string_view path) {
  if (path.empty()) return invalid("the guest path is empty", 0);
  if (path[0] != '/') return invalid("a guest path is absolute: it starts with /", 0);
  for (size_t i = 0; i < path.size(); ++i) {
    if (is_control(path[i])) return invalid("control character in a path", i);
    if (path[i] == '\\') return invalid("backslash in a guest path; its separator is /", i);
    if (path[i] == ':') return invalid("colon in a guest path", i);
  }
  std::string normal;
  if (!append_components(normal, path, false)) return invalid(". and .. are not allowed in a guest path", 0);
  if (normal.empty()) normal = "/";
  return normal;
}

Result<Map> parse_map(std::string_view entry) {
  const auto control = std::ranges::find_if(entry, is_control);
  if (control != entry.end()) return invalid("control character in a path", static_cast<u64>(control - entry.begin()));

  Map map;
  const size_t host_end = std::min(entry.find(':', starts_with_drive(entry) ? 2 : 0), entry.size());
  const bool has_fields = host_end != entry.size();
  const size_t guest_begin = host_end + 1;
  const size_t guest_end = has_fields ? std::min(entry.find(':', guest_begin), entry.size()) : entry.size();
  const bool has_options = guest_end != entry.size();
  map.host = entry.substr(0, host_end);
  TRY_VOID(check_host(map.host, has_fields && guest_end != guest_begin));

  if (has_fields && (guest_end != guest_begin || !has_options)) {
    const std::string_view text = entry.substr(guest_begin, guest_end - guest_begin);
    if (text == "ro" || text == "optional")
      return invalid("options are the third field: host:guest:ro, or host::ro", guest_begin);
    auto guest = parse_guest_path(text);
    if (!guest) return invalid(guest.error().what, guest_begin + guest.error().where);
    map.guest = std::move(*guest);
  }
  if (has_options) TRY_VOID(parse_options(entry.substr(guest_end + 1), guest_end + 1, map));
  return map;
}

std::string to_text(const Map& map) {
  std::string text = map.host;
  if (!map.guest.empty() || map.read_only || map.optional) (text += ':') += map.guest;
  if (map.read_only) text += ":ro";
  if (map.optional) text += map.read_only ? ",optional" : ":optional";
  return text;
}

std::string known_guest_path(const Map& map) { return map.guest.empty() ? guest_form(map.host) : map.guest; }

bool is_current_directory(const Map& map) {
  // "./", "./.", but neither ".." nor "...".
  std::string_view rest = map.host;
  while (rest.starts_with("./")) {
    rest.remove_prefix(2);
    while (rest.starts_with('/')) rest.remove_prefix(1);
    if (rest.empty()) return true;
  }
  return rest == ".";
}

std::string comparable_host_path(const Map& map) {
  const std::string_view host = map.host;
  if (host.starts_with('/') || starts_with_drive(host)) return guest_form(host);
  if (host.starts_with("\\\\")) return {};
  const bool home = host == "~" || host.starts_with("~/") || host.starts_with("~\\");
  std::string path = home ? "~" : ".";
  std::string_view rest = home ? host.substr(1) : host;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('/'), rest.size());
    const std::string_view part = rest.substr(0, end);
    if (part == "..") return {};
    if (!part.empty() && part != ".") (path += '/') += part;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return path;
}

std::optional<RightsConflict> find_rights_conflict(const std::vector<Map>& maps) {
  std::vector<std::string> writable;
  for (const Map& map : maps) {
    if (!map.read_only) writable.push_back(comparable_host_path(map));
  }
  heap_sort(writable);
  for (size_t i = 0; i < maps.size(); ++i) {
    std::string path = maps[i].read_only ? comparable_host_path(maps[i]) : "";
    while (!path.empty()) {
      if (std::ranges::binary_search(writable, path)) return RightsConflict{i, path};
      const size_t slash = path == "/" ? std::string::npos : path.rfind('/');
      path = slash == std::string::npos ? "" : slash == 0 ? "/" : path.substr(0, slash);
    }
  }
  return std::nullopt;
}

std::string normalize(std::string_view path) {
  std::string normal;
  for (size_t begin = 0; begin < path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view part = path.substr(begin, end - begin);
    if (part == "..") {
      if (!normal.empty()) normal.resize(normal.rfind('/'));
    } else if (!part.empty() && part != ".") {
      (normal += '/') += part;
    }
    begin = end + 1;
  }
  return normal.empty() ? "/" : normal;
}

bool is_at_or_below(std::string_view path, std::string_view directory) {
  if (directory == "/" || path == directory) return true;
  return path.size() > directory.size() && path.starts_with(directory) && path[directory.size()] == '/';
}

}  // namespace hermit::grants
