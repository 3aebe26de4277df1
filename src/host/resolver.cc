// The walk that resolver.h describes.
//
// `pending_` is the text still to be resolved, from `position_` on; a symbolic link replaces its own name in it.
// `levels_` are the directories entered below the root, so that `..` is "forget the newest level" and never a lookup.
// Only real directories are ever on the stack, each opened relative to the one before it without following links.
#include "host/resolver.h"

#include <algorithm>

#include "host/host.h"

namespace hermit::host {

using os::SysError;

SysResult<void> check_path(std::string_view path) {
  if (path.empty()) return os::fail(SysError::NotFound);
  if (path.size() > Host::kMaxPath) return os::fail(SysError::NameTooLong);
  if (path.find('\0') != path.npos) return os::fail(SysError::Invalid);
  if (path.front() == '/') return os::fail(SysError::NotPermitted);
  return {};
}

PathWalk::PathWalk(const os::Handle& root, std::string_view path, os::Leaving leaving, bool walk_only)
    : root_(root), pending_(path), leaving_(leaving), walk_only_(walk_only) {}

const os::Handle& PathWalk::parent() const { return levels_.empty() ? root_ : levels_.back().handle; }

// The directory part of the whole path in one system call. Only for paths that end in a plain name, because what
// follows has to know the name under which the parent holds the object.
void PathWalk::try_fast() {
  if (walk_only_) return;
  const size_t slash = pending_.rfind('/');
  if (slash == std::string::npos) return;  // the parent is the root itself
  const std::string_view last = std::string_view(pending_).substr(slash + 1);
  if (last.empty() || last == "." || last == "..") return;
  auto opened = os::step_beneath(root_, std::string_view(pending_).substr(0, slash + 1), leaving_);
  // Any failure is found again by the walk, which knows the exact reason.
  if (opened.state != os::FastOpen::Done || !opened.handle) return;
  levels_.push_back({"", std::move(*opened.handle)});
  position_ = slash + 1;
  fast_ = true;
}

SysResult<void> PathWalk::enter(std::string_view name) {
  TRY(os::Step step, os::step_into(parent(), name));
  if (!step.directory.valid()) {
    const std::string rest = pending_.substr(position_);
    return push_link(step.link, rest);
  }
  levels_.push_back({std::string(name), std::move(step.directory)});
  if (levels_.size() > kMaxHandles) levels_[levels_.size() - kMaxHandles - 1].handle.close();
  return {};
}

SysResult<void> PathWalk::leave() {
  if (levels_.empty() && leaving_ == os::Leaving::Root) return {};
  if (levels_.empty()) {
    way_out_ = ".." + pending_.substr(position_);
    return os::fail(SysError::NotPermitted);
  }
  levels_.pop_back();
  if (levels_.empty() || levels_.back().handle.valid()) return {};
  // Its handle was given up: down again from the root by the names of the directories that were entered.
  os::Handle handle;
  for (const Level& level : levels_) {
    TRY(os::Step step, os::step_into(handle.valid() ? handle : root_, level.name));
    if (!step.directory.valid()) return os::fail(SysError::NotFound);  // replaced by a link meanwhile
    handle = std::move(step.directory);
  }
  levels_.back().handle = std::move(handle);
  return {};
}

SysResult<void> PathWalk::push_link(std::string_view target, std::string_view rest) {
  if (++links_ > kMaxLinks) return os::fail(SysError::Loop);
  if (target.empty()) return os::fail(SysError::NotFound);
  if (target.front() == '/') {
    if (leaving_ != os::Leaving::Root) {
      way_out_ = std::string(target) + std::string(rest);
      return os::fail(SysError::NotPermitted);
    }
    // What /proc/PID shows as a link is a door to an object, whatever its text says; openat2 has the same answer.
    if (os::is_process_file(parent())) return os::fail(SysError::Loop);
    levels_.clear();
  }
  std::string text(target);
  if (!rest.empty() && rest.front() != '/') text += '/';
  text += rest;
  pending_ = std::move(text);
  position_ = 0;
  return {};
}

// Enters every directory up to the last component, which it leaves in name_.
SysResult<void> PathWalk::go_to_last() {
  while (true) {
    const size_t begin = pending_.find_first_not_of('/', position_);
    if (begin == std::string::npos) {  // nothing (more) to enter: the directory itself
      name_ = ".";
      wants_directory_ = true;
      return {};
    }
    const size_t end = std::min(pending_.find('/', begin), pending_.size());
    const std::string component = pending_.substr(begin, end - begin);
    const bool last = pending_.find_first_not_of('/', end) == std::string::npos;
    const bool slash_behind = end < pending_.size();
    position_ = end;
    if (component == "..") {
      TRY_VOID(leave());
    } else if (component == ".") {
      continue;
    } else if (last) {
      name_ = component;
      wants_directory_ = wants_directory_ || slash_behind;
      position_ = pending_.size();
      return {};
    } else {
      TRY_VOID(enter(component));
    }
  }
}

SysResult<void> PathWalk::find(bool follow) {
  try_fast();
  TRY_VOID(go_to_last());
  while (follow && name_ != ".") {
    const auto link = os::read_link(parent(), name_);
    if (!link) break;  // no link, or nothing there: the operation itself says which
    TRY_VOID(expand(*link));
  }
  return {};
}

SysResult<void> PathWalk::expand(std::string_view target) {
  if (fast_) {
    // The link may contain `..`, so the directories on the way are needed after all.
    levels_.clear();
    position_ = 0;
    fast_ = false;
    return go_to_last();
  }
  TRY_VOID(push_link(target, ""));
  return go_to_last();
}

}  // namespace hermit::host
