// HERMIT_TRACE=deny: which arguments of a function of WASI are a path, so that host/explain.cc can tell about it.
#include "wasi1/call.h"

namespace hermit::wasi1 {
namespace {

// Where a function's arguments name an object: the descriptor of a directory, and the address of a path below it.
struct Shape {
  std::string_view name;
  std::string_view operation;
  int directory;
  int path;  // -1: the descriptor itself
  int flags = -1;  // lookup flags
  bool writes = false;
};
constexpr Shape kShapes[] = {
    {"path_create_directory", "create directory", 0, 1, -1, true},
    {"path_filestat_get", "stat", 0, 2, 1},
    {"path_filestat_set_times", "set times of", 0, 2, 1, true},
    {"path_link", "link", 0, 2, 1, true},
    {"path_open", "open", 0, 2, 1},
    {"path_readlink", "read link", 0, 1},
    {"path_remove_directory", "remove directory", 0, 1, -1, true},
    {"path_rename", "rename", 0, 1, -1, true},
    {"path_symlink", "create link", 2, 3, -1, true},
    {"path_unlink_file", "remove", 0, 1, -1, true},
    {"fd_filestat_set_times", "set times of", 0, -1, -1, true},
};

os::SysError to_system(Errno number) {
  switch (number) {
#define ERRNO(name, code, system) \
  case Errno::name: return os::SysError::system;
#include "wasi1/errno.def"
#undef ERRNO
    default: return os::SysError::Io;
  }
}

}  // namespace

void explain(std::string_view function, const Call& call, Errno number) {
  const auto shape = std::ranges::find(kShapes, function, &Shape::name);
  if (shape == std::end(kShapes)) return;
  const auto attempt = [&](size_t directory, int path) -> std::optional<host::Host::Attempt> {
    const host::Descriptor* const found = call.host().descriptors().find(call.arg(directory));
    if (found == nullptr) return std::nullopt;
    const auto text = path < 0 ? std::string_view() : call.path(static_cast<size_t>(path)).value_or("");
    host::Host::Attempt result{shape->operation, found, text, false, shape->writes};
    if (shape->flags >= 0) result.follow = (call.arg(static_cast<size_t>(shape->flags)) & kSymlinkFollow) != 0;
    return result;
  };
  auto first = attempt(static_cast<size_t>(shape->directory), shape->path);
  if (!first) return;
  if (shape->operation == "open") {
    const u32 flags = call.arg(4);
    first->writes = (call.arg64(5) & rights::kFdWrite) != 0 || (flags & (kOpenCreate | kOpenTruncate)) != 0;
    if ((flags & kOpenDirectory) != 0) first->operation = "list";
  }
  std::optional<host::Host::Attempt> second;
  if (shape->operation == "link") second = attempt(4, 5);
  if (shape->operation == "rename") second = attempt(3, 4);
  call.host().explain(*first, second ? &*second : nullptr, to_system(number));
}

}  // namespace hermit::wasi1
