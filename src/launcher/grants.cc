// Which directories, variables and arguments the guest gets. Nothing is opened here: host/ opens the directories, once.
//
// The working directory of a WASI program is a fiction between PWD and the preopen named "." (docs/hermitfile.md): with
// a mapped "." or ENV_PWD_IS_HOST_CWD the guest gets both, so that relative paths work in every toolchain's C library.
#include "launcher/grants.h"

#include <algorithm>
#include <map>
#include <optional>

#include "os/directory.h"
#include "os/process.h"

namespace hermit::launcher {
namespace {

#if defined(_WIN32)
bool is_windows_drive(std::string_view path) {
  return path.size() >= 2 && path[1] == ':' && ((path[0] | 0x20) >= 'a' && (path[0] | 0x20) <= 'z');
}
#endif

bool is_absolute(std::string_view path) {
#if defined(_WIN32)
  return path.starts_with('/') || path.starts_with('\\') || is_windows_drive(path);
#else
  return path.starts_with('/');
#endif
}

struct Mapped {
  std::string host;
  std::string guest;
};

// Where a MAP entry lies on this host, and where the guest sees it.
std::expected<Mapped, std::string> locate(const grants::Map& map, const Surroundings& surroundings) {
  std::string host = map.host;
#if !defined(_WIN32)
  const bool drive = host.size() > 2 && host[1] == ':' && (host[2] == '/' || host[2] == '\\');
  if (drive || host.starts_with("\\\\")) return std::unexpected("is a Windows path");
#endif
  if (host == "~" || host.starts_with("~/") || host.starts_with("~\\")) {
    if (surroundings.home.empty()) return std::unexpected("there is no home directory (HOME is not set)");
    host = surroundings.home + host.substr(1);
  }
  if (!map.guest.empty()) return Mapped{host, map.guest};
  if (is_absolute(host)) return Mapped{host, grants::normalize(to_guest_form(host))};
  if (surroundings.directory.empty()) return std::unexpected("the current directory is gone");
  return Mapped{host, grants::normalize(to_guest_form(surroundings.directory) + "/" + to_guest_form(host))};
}

// "NAME=value" strings. A name that is set again keeps its place and takes the new value.
class Environment {
 public:
  void set(const std::string& name, const std::string& value) {
    const auto [place, is_new] = places_.try_emplace(name, entries_.size());
    if (is_new) entries_.emplace_back();
    entries_[place->second] = name + "=" + value;
  }
  std::vector<std::string> take() { return std::move(entries_); }

 private:
  std::vector<std::string> entries_;
  std::map<std::string, size_t> places_;
};

// The guest's working directory: its absolute guest path, and the preopens that stand for it.
struct WorkingDirectory {
  std::string guest;
  std::vector<host::Preopen> preopens;
  std::string directive;
};

bool is_root_mapped(const Grants& grants) {
  return std::ranges::count(grants.config.preopens, "/", &host::Preopen::guest_path) != 0;
}

// WORKDIR lies at or below the guest path of a MAP or COPY; of several the closest counts, as everywhere. The rest of
// the path is resolved like any path of the guest, so a link there cannot lead out of the grant.
std::expected<std::optional<WorkingDirectory>, std::string> work_directory(const std::string& workdir,
                                                                           const Grants& grants) {
  const std::string directive = "WORKDIR " + workdir;
  const host::Preopen* closest = nullptr;
  for (const host::Preopen& preopen : grants.config.preopens) {
    if (!grants::is_at_or_below(workdir, preopen.guest_path)) continue;
    if (closest == nullptr || closest->guest_path.size() < preopen.guest_path.size()) closest = &preopen;
  }
  if (closest == nullptr) return std::unexpected(directive + ": is not below the guest path of a MAP or COPY");
  // C libraries on WASI cannot tell "." from "/" (docs/decisions.md).
  if (workdir != "/" && is_root_mapped(grants))
    return std::unexpected(directive + ": beside a directory at / relative paths lead to /");
  host::Preopen preopen = *closest;
  preopen.below =
      workdir.substr(closest->guest_path == "/" ? 1 : std::min(closest->guest_path.size() + 1, workdir.size()));
  WorkingDirectory working{workdir, {}, directive};
  // The directory of a MAP or COPY itself is there already.
  for (const std::string& guest_path : {workdir, std::string(".")}) {
    if (guest_path == workdir && preopen.below.empty()) continue;
    preopen.guest_path = guest_path;
    working.preopens.push_back(preopen);
  }
  return working;
}

std::expected<std::optional<WorkingDirectory>, std::string> working_directory(const bundle::Config& config,
                                                                              const Surroundings& surroundings,
                                                                              const Grants& grants) {
  if (!config.workdir.empty()) return work_directory(config.workdir, grants);
  const auto dot_of = [](const host::Preopen& preopen) {
    return host::Preopen{".", ".", false, preopen.read_only, preopen.optional, ""};
  };
  for (size_t i = 0; i < config.map.size(); ++i) {
    const host::Preopen& preopen = grants.config.preopens[i];
    if (grants::is_current_directory(config.map[i])) {
      return WorkingDirectory{preopen.guest_path, {dot_of(preopen)}, grants.directives[i]};
    }
  }
  if (!config.env_pwd_is_host_cwd || surroundings.directory.empty()) return std::nullopt;
  WorkingDirectory working{grants::normalize(to_guest_form(surroundings.directory)), {}, "ENV_PWD_IS_HOST_CWD"};
  // If a grant whose guest path is its host path covers the current directory, relative paths may work there, at the
  // rights of the closest such grant. The directory itself is opened ("."), no path is resolved again.
  const host::Preopen* closest = nullptr;
  for (const host::Preopen& preopen : grants.config.preopens) {
    if (preopen.embedded || !is_absolute(preopen.host_path)) continue;
    if (preopen.guest_path != grants::normalize(to_guest_form(preopen.host_path))) continue;
    if (!grants::is_at_or_below(working.guest, preopen.guest_path)) continue;
    if (closest == nullptr || closest->guest_path.size() < preopen.guest_path.size()) closest = &preopen;
  }
  if (closest != nullptr) working.preopens.push_back(dot_of(*closest));
  return working;
}

// Adds a preopen, unless its guest path is taken.
std::expected<void, std::string> add_preopen(Grants& grants, host::Preopen preopen, const std::string& directive) {
  constexpr size_t kStreams = 3;
  if (grants.config.preopens.size() + kStreams >= grants.config.max_open_files)
    return std::unexpected(directive + ": there are more directories than LIMIT files lets be open");
  const auto taken = std::ranges::find(grants.config.preopens, preopen.guest_path, &host::Preopen::guest_path);
  if (taken != grants.config.preopens.end()) {
    const std::string& other = grants.directives[static_cast<size_t>(taken - grants.config.preopens.begin())];
    return std::unexpected(directive + ": its guest path " + preopen.guest_path + " is that of " + other);
  }
  grants.config.preopens.push_back(std::move(preopen));
  grants.directives.push_back(directive);
  return {};
}

std::expected<void, std::string> add_directories(const bundle::Config& config, const Surroundings& surroundings,
                                                 Grants& grants) {
  for (const grants::Map& map : config.map) {
    const std::string directive = "MAP " + grants::to_text(map);
    const auto mapped = locate(map, surroundings);
    if (!mapped) return std::unexpected(directive + ": " + mapped.error());
    auto added = add_preopen(grants, {mapped->guest, mapped->host, false, map.read_only, map.optional, ""}, directive);
    if (!added) return added;
  }
  return {};
}

// One directory for each COPY. Where a "." is needed there can be no "/" (docs/decisions.md), so of a COPY to "/" the
// guest sees the directories at the top, if there is nothing else.
std::expected<void, std::string> add_embedded(const bundle::Bundle& bundle, bool wants_dot, Grants& grants) {
  std::vector<std::string> done;
  const auto add = [&](const std::string& guest, const std::string& copy) -> std::expected<void, std::string> {
    if (std::ranges::find(done, guest) != done.end()) return {};
    done.push_back(guest);
    return add_preopen(grants, {guest, guest, true, true, false, ""}, "COPY " + copy);
  };
  for (const std::string& copy : bundle.config().copy) {
    const bool is_file = std::ranges::binary_search(bundle.files(), copy, {}, &bundle::EmbeddedFile::guest_path);
    const std::string directory = bundle::copied_directory(copy, is_file);
    if (directory != "/" || !wants_dot) {
      if (auto added = add(directory, copy); !added) return added;
      continue;
    }
    for (const bundle::EmbeddedFile& file : bundle.files()) {
      const size_t slash = file.guest_path.find('/', 1);
      if (slash == std::string_view::npos) {
        return std::unexpected("COPY " + std::string(file.guest_path) +
                               ": beside a file at / there can be no working directory; copy it into a directory");
      }
      if (auto added = add(std::string(file.guest_path.substr(0, slash)), copy); !added) return added;
    }
  }
  return {};
}

// Whether relative paths are to work: they do through a preopen ".".
bool wants_dot(const bundle::Config& config) {
  return (!config.workdir.empty() && config.workdir != "/") || config.env_pwd_is_host_cwd ||
         std::ranges::any_of(config.map, grants::is_current_directory);
}

}  // namespace

std::optional<std::string> Surroundings::variable(std::string_view name) const {
  for (const std::string& entry : environment) {
    if (entry.size() <= name.size() || entry[name.size()] != '=') continue;
#if defined(_WIN32)
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
    if (std::ranges::equal(entry.substr(0, name.size()), name, {}, lower, lower)) return entry.substr(name.size() + 1);
#else
    if (entry.starts_with(name)) return entry.substr(name.size() + 1);
#endif
  }
  return std::nullopt;
}

std::string to_guest_form(std::string host_path) {
#if defined(_WIN32)
  std::ranges::replace(host_path, '\\', '/');
  if (is_windows_drive(host_path)) {
    host_path = "/" + std::string(1, static_cast<char>(host_path[0] & ~0x20)) +
                (host_path.size() > 2 && host_path[2] != '/' ? "/" : "") + host_path.substr(2);
  }
#endif
  return host_path;
}

std::expected<void, std::string> check_rights(const Grants& grants) {
  const auto identity = [](const std::string& path) -> std::optional<os::FileId> {
    const auto handle = os::open_root(path);
    if (!handle) return std::nullopt;
    const auto status = os::status(*handle);
    return status ? std::optional(status->id) : std::nullopt;
  };
  const auto& preopens = grants.config.preopens;
  const auto is_ours = [](const host::Preopen& preopen) { return !preopen.embedded && preopen.below.empty(); };
  const auto is_read_only = [&](const host::Preopen& preopen) { return is_ours(preopen) && preopen.read_only; };
  if (std::ranges::none_of(preopens, is_read_only)) return {};
  struct Writable {
    os::FileId id;
    size_t index;
  };
  std::vector<Writable> writable;
  for (size_t i = 0; i < preopens.size(); ++i) {
    if (!is_ours(preopens[i]) || preopens[i].read_only) continue;
    if (const auto id = identity(preopens[i].host_path)) writable.push_back({*id, i});
  }
  for (size_t i = 0; i < preopens.size() && !writable.empty(); ++i) {
    if (!is_read_only(preopens[i])) continue;
    const auto real = os::real_path(preopens[i].host_path);
    if (!real) continue;  // missing: the host says so
    std::string place = *real;
    while (true) {  // the directory itself and all above it; the last one is "/", on Windows the set of drives
      const auto id = identity(place.ends_with(':') ? place + "\\" : place);
      const auto outer = id ? std::ranges::find(writable, *id, &Writable::id) : writable.end();
      if (outer != writable.end()) {
        return std::unexpected(grants.directives[i] + ": lies in the directory of " + grants.directives[outer->index] +
                               ", which makes it writable");
      }
      if (place == "/") break;
      const size_t slash = place.find_last_of("/\\");
      place = slash == std::string::npos || slash == 0 ? "/" : place.substr(0, slash);
    }
  }
  return {};
}

std::expected<Grants, std::string> apply_grants(const bundle::Bundle& bundle, const Surroundings& surroundings) {
  const bundle::Config& config = bundle.config();
  Grants grants;
  host::Config& host = grants.config;

  if (config.limit.files) host.max_open_files = static_cast<u32>(std::min<u64>(*config.limit.files, ~u32{0}));
  host.args.push_back(surroundings.argv0);
  host.args.insert(host.args.end(), config.argv.begin(), config.argv.end());
  host.args.insert(host.args.end(), surroundings.arguments.begin(), surroundings.arguments.end());

  if (auto added = add_directories(config, surroundings, grants); !added) return std::unexpected(added.error());
  if (auto added = add_embedded(bundle, wants_dot(config), grants); !added) return std::unexpected(added.error());
  const auto working = working_directory(config, surroundings, grants);
  if (!working) return std::unexpected(working.error());
  host.directory = *working ? (*working)->guest : grants::normalize(to_guest_form(surroundings.directory));

  Environment environment;
  for (const grants::Env& env : config.env) {
    const auto value = env.value ? env.value : surroundings.variable(env.name);
    if (value) environment.set(env.name, *value);
  }
  if (*working) {
    environment.set("PWD", (*working)->guest);
    // C libraries on WASI strip "/" and "." to the same empty prefix, and the later one takes every absolute path:
    // beside a mapped "/" there can be no ".". Such a program finds its directory through PWD.
    if (!is_root_mapped(grants) || (*working)->guest == "/") {
      for (const host::Preopen& preopen : (*working)->preopens) {
        host.preopens.push_back(preopen);
        grants.directives.push_back((*working)->directive);
      }
    }
  }
  if (config.env_exe_name_is_host_exe_name) {
    environment.set("EXE_NAME", to_guest_form(surroundings.file));
  }
  host.environment = environment.take();
  for (const bundle::EmbeddedFile& file : bundle.files())
    host.embedded.files.push_back({std::string(file.guest_path), file.size});
  host.network = config.net;
  host.set_executable = std::ranges::count(config.host, grants::HostExtension::SetExecutable) != 0;
  host.run = std::ranges::count(config.host, grants::HostExtension::Run) != 0;
  grants.confine = surroundings.variable("HERMIT_CONFINE").value_or("");
  return grants;
}

}  // namespace hermit::launcher
