// hermit.json: what a packed program may reach and how it starts. Normative: docs/formats/bundle.md.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "grants/grants.h"

namespace hermit::bundle {

// The version of the schema that is written; a larger one is refused.
constexpr int kConfigFormat = 1;
constexpr size_t kMaxConfigSize = 1u << 20;
constexpr size_t kMaxConfigEntries = 10000;  // under one key: entries are compared with each other at start

// Members in the order of the keys. Empty ones are not written.
struct Config {
  std::string from;                             // FROM: the base name of the module's file
  std::vector<grants::Map> map;                 // MAP
  std::vector<std::string> copy;                // COPY: guest paths, in normal form, whose content is in the zip
  std::vector<grants::Env> env;                 // ENV: the order is kept, the last of a name wins
  bool env_pwd_is_host_cwd = false;
  bool env_exe_name_is_host_exe_name = false;
  std::vector<grants::Net> net;                 // NET
  std::vector<std::string> link;                // LINK: names; the modules are link/<name>.wasm
  std::vector<std::string> argv;                // ARGV: arguments before the user's
  std::string entrypoint;                       // ENTRYPOINT: an export; empty: _start
  std::string workdir;                          // WORKDIR: a guest path in normal form; empty: none
  grants::Limits limit;                         // LIMIT
  std::vector<grants::HostExtension> host;      // HOST
};

// A message for the user in one line: "hermit.json: MAP[2]: …", "main.wasm: offset 0x1f3: …". Text from the file is
// escaped.
struct Problem {
  std::string text;
};

// Deterministic, indented by two spaces, with a newline at the end. Requires: all text is UTF-8.
std::string config_to_json(const Config& config);

// Strict: unknown or repeated keys, wrong types, a newer FORMAT, text that is not UTF-8 and entries that the Hermitfile
// would not accept are refused.
std::expected<Config, Problem> parse_config(std::string_view json);

// The rules that hold between entries, for configurations that did not come from parse_config: guest paths known at
// pack time are distinct, WORKDIR excludes ENV_PWD_IS_HOST_CWD and LIMIT memory HOST workers, link names and host
// extensions are distinct.
std::expected<void, Problem> check_config(const Config& config);

// The guest directory in which the content of a COPY appears: `target` itself, or what holds it if it is a file.
std::string copied_directory(const std::string& target, bool is_file);

}  // namespace hermit::bundle
