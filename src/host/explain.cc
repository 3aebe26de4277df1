// HERMIT_TRACE=deny for files: why a call was refused, and the MAP that would allow it.
//
// Calls are explained after they have failed, from their arguments: the paths are looked at a second time, only to tell
// a story, so that granting access stays free of it. An error that the system alone has given stays untold.
//
// C libraries for WASI look for the preopened directory that covers an absolute path themselves and ask nobody if there
// is none. So while somebody listens the guest gets one more directory, `/`, in which nothing is ever found
// ("nowhere"); with a working directory, absolute paths arrive there without their slash instead.
#include <algorithm>

#include "grants/grants.h"
#include "host/host.h"
#include "host/resolver.h"

namespace hermit::host {
namespace {

std::string joined(const Descriptor& directory, std::string_view path) {
  if (path.starts_with('/')) return grants::normalize(path);
  return grants::normalize(directory.traced_path + "/" + std::string(path));
}

std::string parent_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == 0 || slash == path.npos ? "/" : path.substr(0, slash);
}

// MAP of the directory `path` under its own name.
std::string map_of(const std::string& path, bool writes) {
  return Trace::directive("MAP", path + ":" + path + (writes ? "" : ":ro"));
}

bool exists(const std::string& path) {
  const auto parent = os::open_root(parent_of(path));
  return parent && os::status_at(*parent, path.substr(path.rfind('/') + 1)).has_value();
}

std::string common_directory(const std::string& a, const std::string& b) {
  std::string common = a;
  while (common != "/" && b != common && !b.starts_with(common + "/")) common = parent_of(common);
  return common;
}

std::string describe(const Host::Attempt& attempt) {
  return std::string(attempt.operation) + " " + joined(*attempt.directory, attempt.path) +
         (attempt.writes && attempt.operation == "open" ? " for writing" : "");
}

}  // namespace

void Host::add_nowhere(u32 number) {
  bool covered = false;
  for (u32 i = 3; Descriptor* const directory = descriptors_.find(i); ++i) {
    if (!directory->preopen_name) continue;
    const std::string& name = *directory->preopen_name;
    covered = covered || name == "/" || name == ".";
    directory->traced_path = name == "." ? config_.directory : name;
  }
  if (covered) return;
  Descriptor nowhere;
  nowhere.type = os::FileType::Directory;
  nowhere.read_only = true;
  nowhere.preopen_name = "/";
  nowhere.traced_path = "/";
  nowhere.nowhere = true;
  descriptors_.place(number, std::move(nowhere));
}

// Whether the attempt was one to leave the grant; tells it.
bool Host::explain_outside(const Attempt& attempt, SysError error) const {
  const Descriptor& directory = *attempt.directory;
  const auto tell = [&](const std::string& what, const std::string& why, const std::string& wanted) {
    config_.trace.deny(std::string(attempt.operation) + " " + what, why, map_of(wanted, attempt.writes));
    return true;
  };
  // A directory itself for what lists it, else the one that holds the file.
  const auto folder = [&](const std::string& path) { return attempt.operation == "list" ? path : parent_of(path); };
  if (error == SysError::NotFound) {
    const std::string full = directory.nowhere ? joined(directory, attempt.path) : grants::normalize(attempt.path);
    // Below the working directory: only if the same path is there from the root.
    const bool absolute = directory.nowhere || (directory.preopen_name && *directory.preopen_name == "." &&
                                                !attempt.path.starts_with('.') && exists(full));
    return absolute && tell(full, "outside of every MAP", folder(full));
  }
  if (error != SysError::NotPermitted || directory.embedded || attempt.path.empty()) return false;
  if (attempt.path.starts_with('/')) {
    const std::string full = grants::normalize(attempt.path);
    return tell(full, "an absolute path below a directory", folder(full));
  }
  PathWalk walk(directory.handle, attempt.path, directory.leaving, config_.walk_only);
  const auto found = walk.find(attempt.follow);
  if (found || found.error() != SysError::NotPermitted) return false;
  const std::string target = joined(directory, walk.way_out());
  const std::string full = joined(directory, attempt.path);
  if (target == full) return tell(full, "outside of its MAP", folder(full));
  const bool absolute = walk.way_out().starts_with('/');
  return tell(full, "a symbolic link leads to " + target + ", outside of its MAP",
              absolute ? "/" : common_directory(parent_of(full), parent_of(target)));
}

void Host::explain(const Attempt& attempt, const Attempt* second, SysError error) const {
  const Trace& trace = config_.trace;
  if (!trace || attempt.directory->type != os::FileType::Directory) return;
  if (explain_outside(attempt, error)) return;
  if (second != nullptr && explain_outside(*second, error)) return;

  const bool crosses = error == SysError::CrossDevice && second != nullptr &&
                       attempt.directory->read_only != second->directory->read_only;
  const Attempt& closed = crosses && second->directory->read_only ? *second : attempt;
  const Descriptor& directory = *closed.directory;
  if (error == SysError::FileBusy) {
    trace.deny(describe(second != nullptr ? *second : attempt),
               "a running program, its launcher and their folders stay as they are", "");
  } else if (error == SysError::Access && attempt.writes) {
    PathWalk walk(directory.handle, attempt.path, directory.leaving, config_.walk_only);
    if (!directory.embedded && walk.find(attempt.follow) && os::is_process_file(walk.parent())) {
      trace.deny(describe(attempt), "files that stand for processes cannot be written", "");
    }
  } else if ((error == SysError::ReadOnlyFileSystem || crosses) && directory.embedded) {
    trace.deny(describe(closed), "embedded files (COPY) are read-only", "");
  } else if ((error == SysError::ReadOnlyFileSystem || crosses) && directory.read_only) {
    const Preopen& grant = config_.preopens[directory.grant];
    const std::string guest = grant.guest_path == "." ? "" : ":" + grant.guest_path;
    trace.deny(describe(closed), "its MAP is read-only", Trace::directive("MAP", grant.host_path + guest));
  }
}

}  // namespace hermit::host
