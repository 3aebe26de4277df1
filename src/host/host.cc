// Building a host: standard streams at 0 to 2, then the granted directories, all opened before the guest runs.
#include "host/host.h"

#include <algorithm>

namespace hermit::host {
namespace {

Descriptor make_stream(os::Handle handle) {
  Descriptor stream;
  // A directory on standard input is no grant of its files.
  if (const auto status = os::status(handle); status && status->type != os::FileType::Directory)
    stream.type = status->type;
  if (const auto flags = os::flags(handle)) stream.flags = *flags;
  stream.is_terminal = os::is_terminal(handle);
  stream.handle = std::move(handle);
  // The system knows what the stream was opened for; like a native program, the guest may try either.
  stream.readable = true;
  stream.writable = true;
  return stream;
}

Descriptor make_preopen(std::string guest_path, bool read_only) {
  Descriptor directory;
  directory.type = os::FileType::Directory;
  directory.read_only = read_only;
  directory.preopen_name = std::move(guest_path);
  return directory;
}

}  // namespace

Host::Host(Config config)
    : config_(std::move(config)), descriptors_(config_.max_open_files), gate_(std::move(config_.network)) {}

std::expected<std::unique_ptr<Host>, StartError> Host::create(Config config) {
  std::unique_ptr<Host> host(new Host(std::move(config)));
  Config& own = host->config_;
  auto tree = EmbeddedTree::create(std::move(own.embedded));
  if (!tree)
    return std::unexpected(
        StartError{StartError::Embedded, static_cast<size_t>(tree.error().where), SysError::Invalid});
  host->embedded_ = std::move(*tree);

  if (own.max_open_files < 3)
    return std::unexpected(StartError{StartError::TooManyFiles, 0, SysError::TooManyOpenFiles});
  for (u32 i = 0; i < 3; ++i) {
    if (!own.streams.streams[i].valid()) continue;
    host->descriptors_.place(i, make_stream(std::move(own.streams.streams[i])));
  }

  u32 number = 3;
  const auto place = [&](Descriptor directory) {
    if (number >= own.max_open_files) return false;
    host->descriptors_.place(number++, std::move(directory));
    return true;
  };
  for (size_t i = 0; i < own.preopens.size(); ++i) {
    const Preopen& preopen = own.preopens[i];
    auto directory = host->open_preopen(preopen);
    if (!directory && preopen.optional && directory.error() == SysError::NotFound) continue;
    if (!directory) return std::unexpected(StartError{StartError::Preopen, i, directory.error()});
    directory->grant = i;
    if (!place(std::move(*directory))) {
      return std::unexpected(StartError{StartError::TooManyFiles, i, SysError::TooManyOpenFiles});
    }
  }
  if (own.trace && number < own.max_open_files) host->add_nowhere(number);
  return host;
}

SysResult<Descriptor> Host::open_preopen(const Preopen& preopen) {
  Descriptor directory = make_preopen(preopen.guest_path, preopen.read_only || preopen.embedded);
  if (preopen.embedded) {
    TRY(const u32 node, embedded_.find(EmbeddedTree::kRoot, preopen.host_path));
    if (!embedded_.is_directory(node)) return os::fail(SysError::NotDirectory);
    directory.embedded = node;
  } else {
    TRY(directory.handle, os::open_root(preopen.host_path));
    if (preopen.host_path == "/" && preopen.guest_path == "/") directory.leaving = os::Leaving::Root;
  }
  if (preopen.below.empty()) return directory;
  TRY(Descriptor inner, open(directory, preopen.below, {.follow = true, .read = true, .directory = true}));
  inner.preopen_name = preopen.guest_path;
  return inner;
}

std::vector<os::ConfinedRoot> Host::confined_roots() {
  std::vector<os::ConfinedRoot> roots;
  for (u32 number = 3; const Descriptor* directory = descriptors_.find(number); ++number) {
    if (directory->handle.valid()) roots.push_back({directory->handle.raw(), !directory->read_only});
  }
  return roots;
}

bool Host::has_sockets() {
  for (u32 number = 0; number < 3; ++number) {
    const Descriptor* const stream = descriptors_.find(number);
    if (stream == nullptr) continue;
    if (stream->type == os::FileType::SocketStream || stream->type == os::FileType::SocketDatagram) return true;
  }
  return false;
}

bool Host::is_pinned(const os::FileId& id) const {
  return std::find(config_.pinned.begin(), config_.pinned.end(), id) != config_.pinned.end();
}

bool Host::is_immutable(const os::FileId& id) const {
  return std::find(config_.immutable.begin(), config_.immutable.end(), id) != config_.immutable.end();
}

}  // namespace hermit::host
