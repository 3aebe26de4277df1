// From hermit.json to what the host hands to the guest: the configuration's grants applied to this process.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "bundle/reader.h"
#include "host/host.h"

namespace hermit::launcher {

// What the process that starts the guest knows.
struct Surroundings {
  std::string file;                      // the packed file, absolute; may be empty where nothing depends on it
  std::string argv0;                     // as the user typed it
  std::vector<std::string> arguments;    // behind argv0
  std::vector<std::string> environment;  // "NAME=value"
  std::string directory;                 // the current one, absolute; empty if it is gone
  std::string home;                      // may be empty

  // The value of an environment variable, whose case does not count on Windows.
  [[nodiscard]] std::optional<std::string> variable(std::string_view name) const;
};

struct Grants {
  host::Config config;
  std::vector<std::string> directives;   // one for each of config.preopens: how the user wrote it, for messages
  std::string confine;                   // HERMIT_CONFINE, or empty
};

// Errors are one line for the user and name the directive.
std::expected<Grants, std::string> apply_grants(const bundle::Bundle& bundle, const Surroundings& surroundings);

// Refuses a read-only directory that the guest could change through another one: it lies in, or is, a directory that a
// MAP makes writable. Compared by identity, whatever the paths look like.
std::expected<void, std::string> check_rights(const Grants& grants);

// An absolute host path as a guest sees it: itself, or on Windows `C:\Users\x` as `/C/Users/x` and `\\server\share` as
// `//server/share`.
std::string to_guest_form(std::string host_path);

}  // namespace hermit::launcher
