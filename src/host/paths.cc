// Operations on paths: every one goes through the resolver to (parent directory, last component) and acts on exactly
// that, without following a link. docs/wasi.md lists what is decided where systems differ (slashes at the end,
// read-only grants).
//
// Immutable files are compared by identity on what was opened (open) or on the entry that is about to change (guard).
// The latter is not a race among guests: an entry can only begin to name an immutable file through rename or link of an
// entry that already does, and both are refused.
#include "base/check.h"
#include "host/host.h"
#include "host/resolver.h"

namespace hermit::host {
namespace {

SysResult<void> check(const Descriptor& directory, std::string_view path) {
  CHECK(directory.is_settled);
  if (directory.type != os::FileType::Directory) return os::fail(SysError::NotDirectory);
  if (directory.nowhere) return os::fail(SysError::NotFound);
  return check_path(path);
}

SysResult<void> check_change(const Descriptor& directory, std::string_view path) {
  TRY_VOID(check(directory, path));
  if (directory.read_only) return os::fail(SysError::ReadOnlyFileSystem);
  return {};
}

bool has_slash(std::string_view path) { return path.ends_with('/'); }

bool is_type(const PathWalk& walk, os::FileType type) {
  const auto status = os::status_at(walk.parent(), walk.name());
  return status && status->type == type;
}

// `name/` where only a name that does not exist yet will do: what POSIX answers depends on what stands there.
SysError slash_error(const PathWalk& walk) {
  const auto status = os::status_at(walk.parent(), walk.name());
  if (!status) return status.error();
  return status->type == os::FileType::Directory ? SysError::Exists : SysError::NotDirectory;
}

void settle_as(Descriptor& descriptor, os::FileType type) {
  descriptor.type = type;
  descriptor.is_terminal = type == os::FileType::CharacterDevice && os::is_terminal(descriptor.handle);
  descriptor.is_settled = true;
}

// Both ends of a link or a rename. A difference in rights looks like a border between file systems, as two mounts
// would.
SysResult<void> check_two(const Descriptor& from_directory, std::string_view from, const Descriptor& to_directory,
                          std::string_view to) {
  TRY_VOID(check(from_directory, from));
  TRY_VOID(check(to_directory, to));
  if (from_directory.read_only != to_directory.read_only) return os::fail(SysError::CrossDevice);
  if (from_directory.read_only) return os::fail(SysError::ReadOnlyFileSystem);
  return {};
}

}  // namespace

SysResult<void> Host::guard(const os::Handle& parent, const std::string& name) const {
  if (config_.immutable.empty()) return {};
  if (const auto holder = os::status(parent); holder && is_immutable(holder->id)) return os::fail(SysError::FileBusy);
  if (const auto entry = os::status_at(parent, name);
      entry && (is_immutable(entry->id) || (name != "." && is_pinned(entry->id))))
    return os::fail(SysError::FileBusy);
  return {};
}

SysResult<Descriptor> Host::open_embedded(const Descriptor& directory, std::string_view path,
                                          const OpenRequest& request) {
  const auto node = embedded_.find(*directory.embedded, path);
  if (!node) {
    const bool would_create = request.create && node.error() == SysError::NotFound;
    return os::fail(would_create ? SysError::ReadOnlyFileSystem : node.error());
  }
  if (request.create && request.exclusive) return os::fail(SysError::Exists);
  if (request.write || request.truncate) {
    return os::fail(embedded_.is_directory(*node) ? SysError::IsDirectory : SysError::ReadOnlyFileSystem);
  }
  Descriptor opened;
  opened.type = embedded_.status(*node).type;
  if (request.directory && opened.type != os::FileType::Directory) return os::fail(SysError::NotDirectory);
  opened.flags = request.flags;
  opened.readable = request.read;
  opened.read_only = true;
  opened.embedded = *node;
  return opened;
}

// Opens without truncating.
SysResult<os::Handle> Host::open_handle(const Descriptor& directory, std::string_view path,
                                        const OpenRequest& request) {
  const bool writes = request.write || request.truncate;
  const bool slash = has_slash(path);
  os::OpenOptions options;
  options.access = !writes ? os::AccessMode::Read : request.read ? os::AccessMode::ReadWrite : os::AccessMode::Write;
  options.create = request.create;
  options.exclusive = request.exclusive;
  options.directory = request.directory || slash;
  options.flags = request.flags;
  const bool follow = (request.follow || slash) && !(request.create && request.exclusive);

  // Where the parent matters (immutable directories), or anything is unusual, the walk decides.
  const bool may_be_fast = !config_.walk_only && (!(writes || request.create) || config_.immutable.empty());
  if (may_be_fast) {
    auto opened = os::open_beneath(directory.handle, path, options, follow, directory.leaving);
    if (opened.state == os::FastOpen::Done && (opened.handle || opened.handle.error() == SysError::NotFound)) {
      return std::move(opened.handle);
    }
  }
  PathWalk walk(directory.handle, path, directory.leaving, config_.walk_only);
  TRY_VOID(walk.find(false));
  // Every round expands a link, and the walk counts those; the second bound is for names that somebody swaps all the
  // time.
  for (int round = 0; round < 2 * PathWalk::kMaxLinks; ++round) {
    if (writes || request.create) {
      if (const auto holder = os::status(walk.parent()); holder && is_immutable(holder->id)) {
        return os::fail(SysError::FileBusy);
      }
    }
    options.directory = options.directory || walk.wants_directory();
    if (request.create && options.directory) return os::fail(SysError::IsDirectory);
    auto opened = os::open_at(walk.parent(), walk.name(), options);
    if (opened || opened.error() != SysError::Loop || !follow) return opened;
    const auto link = os::read_link(walk.parent(), walk.name());
    if (!link) continue;  // no longer a link
    TRY_VOID(walk.expand(*link));
  }
  return os::fail(SysError::Loop);
}

SysResult<Descriptor> Host::open(const Descriptor& directory, std::string_view path, const OpenRequest& request) {
  TRY_VOID(check(directory, path));
  if (descriptors_.is_full()) return os::fail(SysError::TooManyOpenFiles);
  if (request.create && request.directory) return os::fail(SysError::Invalid);
  if (request.create && has_slash(path)) return os::fail(SysError::IsDirectory);
  if (directory.embedded) return open_embedded(directory, path, request);

  const bool writes = request.write || request.truncate;
  OpenRequest allowed = request;
  if (directory.read_only) {
    if (writes && !request.directory) return os::fail(SysError::ReadOnlyFileSystem);
    if (request.create && request.exclusive) {
      TRY_VOID(path_status(directory, path, false).or_else([](SysError error) -> SysResult<os::FileStatus> {
        return os::fail(error == SysError::NotFound ? SysError::ReadOnlyFileSystem : error);
      }));
      return os::fail(SysError::Exists);
    }
    allowed.create = false;
    if (writes) return os::fail(SysError::IsDirectory);
  }
  auto handle = open_handle(directory, path, allowed);
  if (!handle) {
    const bool would_create = request.create && !allowed.create && handle.error() == SysError::NotFound;
    return os::fail(would_create ? SysError::ReadOnlyFileSystem : handle.error());
  }
  Descriptor opened;
  opened.handle = std::move(*handle);
  opened.flags = request.flags;
  opened.readable = request.read;
  opened.writable = request.write;
  opened.read_only = directory.read_only;
  opened.is_settled = false;
  if (os::kReadKnowsDirectories && !writes && !config_.trace) {
    if (request.directory) settle_as(opened, os::FileType::Directory);
    return opened;
  }

  TRY(const os::FileStatus status, os::status(opened.handle));
  if (writes && is_immutable(status.id)) return os::fail(SysError::FileBusy);
  // Memory and settings of processes as files, the launcher's own among them: a way around every other wall.
  if (writes && os::is_process_file(opened.handle)) return os::fail(SysError::Access);
  if (request.truncate && status.type == os::FileType::RegularFile) TRY_VOID(os::set_size(opened.handle, 0));
  settle_as(opened, status.type);
  if (config_.trace && status.type == os::FileType::Directory) {
    opened.traced_path = directory.traced_path + "/" + std::string(path);
    opened.grant = directory.grant;
  }
  return opened;
}

void Host::settle(Descriptor& descriptor) {
  if (descriptor.is_settled) return;
  const auto status = os::status(descriptor.handle);
  settle_as(descriptor, status ? status->type : os::FileType::Unknown);
}

SysResult<os::FileStatus> Host::path_status(const Descriptor& directory, std::string_view path, bool follow) {
  TRY_VOID(check(directory, path));
  if (directory.embedded) {
    TRY(const u32 node, embedded_.find(*directory.embedded, path));
    return embedded_.status(node);
  }
  // The two usual cases with as few system calls as possible: a name that is no link, and a path that the system
  // resolves. What fails there is looked at again for the exact reason.
  if (path.find('/') == path.npos && path != "." && path != "..") {
    const auto found = os::status_at(directory.handle, path);
    if (!found || !follow || found->type != os::FileType::SymbolicLink) return found;
  } else if (!config_.walk_only && !has_slash(path)) {
    auto found = os::status_beneath(directory.handle, path, follow, directory.leaving);
    if (found.state == os::FastOpen::Done && found.status) return found.status;
  }
  PathWalk walk(directory.handle, path, directory.leaving, config_.walk_only);
  TRY_VOID(walk.find(follow || has_slash(path)));
  TRY(const os::FileStatus status, os::status_at(walk.parent(), walk.name()));
  if (walk.wants_directory() && status.type != os::FileType::Directory) return os::fail(SysError::NotDirectory);
  return status;
}

SysResult<void> Host::path_set_times(const Descriptor& directory, std::string_view path, bool follow,
                                     os::TimeChange accessed, os::TimeChange modified) {
  TRY_VOID(check_change(directory, path));
  PathWalk walk(directory.handle, path, directory.leaving, config_.walk_only);
  TRY_VOID(walk.find(follow || has_slash(path)));
  if (walk.wants_directory()) {
    TRY(const os::FileStatus status, os::status_at(walk.parent(), walk.name()));
    if (status.type != os::FileType::Directory) return os::fail(SysError::NotDirectory);
  }
  return os::set_times_at(walk.parent(), walk.name(), accessed, modified);
}

SysResult<void> Host::create_directory(const Descriptor& directory, std::string_view path) {
  TRY_VOID(check(directory, path));
  if (directory.read_only) {
    // `mkdir -p` counts on "exists" for what is there.
    return os::fail(path_status(directory, path, false) ? SysError::Exists : SysError::ReadOnlyFileSystem);
  }
  PathWalk walk(directory.handle, path, directory.leaving, config_.walk_only);
  TRY_VOID(walk.find(false));
  TRY_VOID(guard(walk.parent(), "."));
  return os::create_directory(walk.parent(), walk.name());
}

SysResult<void> Host::remove_directory(const Descriptor& directory, std::string_view path) {
  TRY_VOID(check_change(directory, path));
  PathWalk walk(directory.handle, path, directory.leaving, config_.walk_only);
  TRY_VOID(walk.find(false));
  TRY_VOID(guard(walk.parent(), walk.name()));
  return os::remove_directory(walk.parent(), walk.name());
}

SysResult<void> Host::remove_file(const Descriptor& directory, std::string_view path) {
  TRY_VOID(check_change(directory, path));
  PathWalk walk(directory.handle, path, directory.leaving, config_.walk_only);
  TRY_VOID(walk.find(false));
  if (has_slash(path)) {
    const SysError error = slash_error(walk);
    return os::fail(error == SysError::Exists ? SysError::IsDirectory : error);
  }
  TRY_VOID(guard(walk.parent(), walk.name()));
  return os::remove_file(walk.parent(), walk.name());
}

SysResult<std::string> Host::read_link(const Descriptor& directory, std::string_view path) {
  TRY_VOID(check(directory, path));
  if (directory.embedded) {
    TRY_VOID(embedded_.find(*directory.embedded, path));
    return os::fail(SysError::Invalid);
  }
  PathWalk walk(directory.handle, path, directory.leaving, config_.walk_only);
  TRY_VOID(walk.find(has_slash(path)));
  if (has_slash(path)) {
    const SysError error = slash_error(walk);
    return os::fail(error == SysError::Exists ? SysError::Invalid : error);
  }
  return os::read_link(walk.parent(), walk.name());
}

SysResult<void> Host::create_link(std::string_view target, const Descriptor& directory, std::string_view path) {
  TRY_VOID(check_path(target));
  TRY_VOID(check_change(directory, path));
  PathWalk walk(directory.handle, path, directory.leaving, config_.walk_only);
  TRY_VOID(walk.find(false));
  if (has_slash(path)) return os::fail(slash_error(walk));
  TRY_VOID(guard(walk.parent(), "."));
  bool target_is_directory = false;
  if constexpr (os::kLinksHaveTypes) {
    const size_t slash = path.rfind('/');
    std::string from_here(slash == path.npos ? "" : path.substr(0, slash + 1));
    from_here += target;
    const auto status = path_status(directory, from_here, true);
    target_is_directory = status && status->type == os::FileType::Directory;
  }
  return os::create_link(walk.parent(), walk.name(), std::string(target), target_is_directory);
}

SysResult<void> Host::hard_link(const Descriptor& from_directory, std::string_view from, bool follow,
                                const Descriptor& to_directory, std::string_view to) {
  TRY_VOID(check_two(from_directory, from, to_directory, to));
  PathWalk source(from_directory.handle, from, from_directory.leaving, config_.walk_only);
  TRY_VOID(source.find(follow || has_slash(from)));
  if (source.wants_directory()) {
    TRY(const os::FileStatus status, os::status_at(source.parent(), source.name()));
    return os::fail(status.type == os::FileType::Directory ? SysError::NotPermitted : SysError::NotDirectory);
  }
  PathWalk target(to_directory.handle, to, to_directory.leaving, config_.walk_only);
  TRY_VOID(target.find(false));
  if (has_slash(to)) return os::fail(slash_error(target));
  TRY_VOID(guard(source.parent(), source.name()));
  TRY_VOID(guard(target.parent(), "."));
  return os::hard_link(source.parent(), source.name(), target.parent(), target.name());
}

SysResult<void> Host::rename(const Descriptor& from_directory, std::string_view from, const Descriptor& to_directory,
                             std::string_view to) {
  TRY_VOID(check_two(from_directory, from, to_directory, to));
  PathWalk source(from_directory.handle, from, from_directory.leaving, config_.walk_only);
  TRY_VOID(source.find(false));
  PathWalk target(to_directory.handle, to, to_directory.leaving, config_.walk_only);
  TRY_VOID(target.find(false));
  if ((has_slash(from) || has_slash(to)) && !is_type(source, os::FileType::Directory)) {
    TRY_VOID(os::status_at(source.parent(), source.name()));
    return os::fail(SysError::NotDirectory);
  }
  TRY_VOID(guard(source.parent(), source.name()));
  TRY_VOID(guard(target.parent(), target.name()));
  return os::rename(source.parent(), source.name(), target.parent(), target.name());
}

}  // namespace hermit::host
