// The vocabulary of grants: the entries that stand in a Hermitfile and, once packed, in hermit.json.
//
// Both texts hold the same entries ("host:guest:ro", "KEY=value", "*.example.org:443"), so both use the parsers here;
// what the tool accepted is what the launcher understands. Source: docs/hermitfile.md and docs/formats/bundle.md.
//
// Every parser takes one entry, already free of the quoting around it. On failure the Error is `Invalid`, `what` says
// which rule is broken and `where` is the offset of the offending byte in the entry. to_text() gives the canonical
// spelling: parsing it again yields an equal value.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/types.h"

namespace hermit::grants {

// MAP: a directory of the host, and where the guest sees it.
struct Map {
  // As written: absolute ("/data", "C:\x", "\\server\share"), relative to the directory the program is started in
  // ("data", ".", "../x"), or below the home directory ("~", "~/x"). Never empty, no NUL.
  std::string host;
  // Absolute, without "." and ".." and empty components, no trailing slash ("/" itself excepted); or empty: the guest
  // sees the directory under its absolute host path in guest form.
  std::string guest;
  bool read_only = false;
  bool optional = false;  // a missing directory is no error
  bool operator==(const Map&) const = default;
};
// "host", "host:guest", "host:guest:options", "host::options"; options are `ro` and `optional`, separated by commas.
// A single letter, a colon and a slash or backslash at the start are a Windows drive on every system.
Result<Map> parse_map(std::string_view entry);
std::string to_text(const Map& map);

// The guest path of a mapping as far as it is known before the program starts: `guest`, or an absolute host path in
// guest form
// ("/data", "C:\x" as "/C/x"); empty for paths that depend on the current or home directory.
std::string known_guest_path(const Map& map);

// Whether `map` is the directory the program is started in: ".", however it is written.
bool is_current_directory(const Map& map);

// The absolute guest path that `path` is from "/", without ".", ".." and empty components, by its text alone.
std::string normalize(std::string_view path);

// Whether the guest path `path` is `directory` or lies below it. Both are in normal form.
bool is_at_or_below(std::string_view path, std::string_view directory);

// The host path as a text in which one directory is a prefix of those below it: "/data", "/C/x", "./sub", "~/x". Empty
// where the text does not tell ("..", network paths).
std::string comparable_host_path(const Map& map);

// A read-only mapping that another one makes writable, because its directory is the same or lies inside, as far as the
// text shows. `writable` is the text of the outer directory.
struct RightsConflict {
  size_t index;  // of the read-only mapping
  std::string writable;
};
std::optional<RightsConflict> find_rights_conflict(const std::vector<Map>& maps);

// The normal form of an absolute guest path: single slashes, no trailing one. Errors: not absolute, "." or ".."
// components, control characters, backslashes or colons. `path` is also what WORKDIR and the target of COPY must be.
Result<std::string> parse_guest_path(std::string_view path);

// ENV: "NAME=value" is fixed at pack time, "NAME" passes the variable through from the environment at start.
struct Env {
  std::string name;  // non-empty; no '=', white space or control characters
  std::optional<std::string> value;  // no NUL; none: pass through
  bool operator==(const Env&) const = default;
};
Result<Env> parse_env(std::string_view entry);
std::string to_text(const Env& env);

// NET: an outbound destination (docs/hermitfile.md, NET).
struct Net {
  enum class Kind : u8 { Name, Wildcard, IPv4, IPv6 };
  Kind kind = Kind::Name;
  // Lower case, no trailing dot. A wildcard "*.example.org" holds "example.org" and means one or more labels before it.
  // An address holds its canonical text, without brackets. An IPv4-mapped IPv6 address is an IPv4 address.
  std::string host;
  std::array<u8, 16> address = {};  // network order; the first 4 bytes for IPv4; zeros for names
  u16 port = 0;  // 0: any port
  bool operator==(const Net&) const = default;
};
Result<Net> parse_net(std::string_view entry);
std::string to_text(const Net& net);
// What a program asks for: a host name, or an address without brackets, in the form that entries have, so that the two
// can be compared. Port 0, never a wildcard. Whatever a resolver might take for something else ("127.1", "0x7f000001",
// blanks, non-ASCII letters) is an error.
Result<Net> parse_net_host(std::string_view host);

// LIMIT: absent means the default of the launcher.
struct Limits {
  std::optional<u64> memory_bytes = {};
  std::optional<u64> stack_bytes = {};
  std::optional<u64> time_ms = {};
  std::optional<u64> files = {};
  bool operator==(const Limits&) const = default;
  [[nodiscard]] bool empty() const { return *this == Limits{}; }
};
// Adds one entry, "memory=256MiB", "stack=8MiB" (B, KiB, MiB, GiB), "time=10s" (ms, s, min, h) or "files=256", to
// `limits`. A limit of zero, a second one of the same name, a missing unit and overflow are errors.
Result<void> parse_limit(std::string_view entry, Limits& limits);
// The entries in the order memory, stack, time, files: {"memory", "256MiB"}. The largest unit that divides the value.
std::vector<std::array<std::string, 2>> to_texts(const Limits& limits);

// HOST: abilities that WASI does not have.
enum class HostExtension : u8 { SetExecutable, Run, Workers };
Result<HostExtension> parse_host_extension(std::string_view entry);
std::string_view to_text(HostExtension extension);

// LINK: the name under which a module's exports are imported. Non-empty, at most 255 bytes, no control character, slash
// or backslash, and not "." or "..": it becomes the file name link/<name>.wasm.
Result<std::string> parse_link_name(std::string_view name);

}  // namespace hermit::grants
