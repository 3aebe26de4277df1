// What a guest may touch: arguments, environment, descriptors, and files below the granted directories. Free of any
// WASI type; wasi1/ (and later wasi2/) translate onto it.
//
// Paths are resolved at use, relative to a directory descriptor, by host/resolver.h; no path is checked and then opened
// (docs/wasi.md, docs/architecture.md).
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/descriptor.h"
#include "host/embedded.h"
#include "host/network_gate.h"
#include "host/trace.h"
#include "os/confine.h"
#include "os/poll.h"

namespace hermit::host {

struct Preopen {
  std::string guest_path;  // shown to the guest: "/data", or "."
  std::string host_path;  // UTF-8; if embedded, the directory's path among the embedded files
  bool embedded = false;
  bool read_only = false;
  bool optional = false;  // left out silently if the directory is missing
  std::string below = {};  // a directory further in, found as a guest's own path would be; empty: host_path itself
};

struct Config {
  std::vector<std::string> args;  // args[0] is the program's name
  std::vector<std::string> environment;  // "NAME=value", in order
  std::vector<Preopen> preopens;  // descriptors 3, 4, … in this order (without the optional ones that are missing)
  EmbeddedFiles embedded;
  std::vector<os::FileId> immutable;  // the running file, the cached launcher, the cache directory
  std::vector<os::FileId> pinned;  // directories above the running file: not renamed, not removed
  os::StandardStreams streams;  // os::take_standard_streams()
  u32 max_open_files = 1024;  // descriptors at a time, the standard streams and preopens among them
  bool set_executable = false;  // HOST ["set-executable"]
  std::vector<grants::Net> network;  // NET
  bool run = false;  // HOST ["run"]
  Trace trace;  // HERMIT_TRACE=deny
  std::string directory;  // for the trace: what the guest's "." is, an absolute guest path in normal form
  bool walk_only = false;  // tests: never use a system's own sandboxed resolution (openat2)
};

// Why a host could not be made.
struct StartError {
  enum Kind : u8 { Preopen, Embedded, TooManyFiles } kind;
  size_t index;  // of the preopen or embedded file
  SysError error;  // NotFound, NotDirectory, Access, … (Preopen)
};

struct OpenRequest {
  bool follow = false;  // a symbolic link at the end of the path
  bool read = false;
  bool write = false;
  bool create = false;
  bool exclusive = false;
  bool truncate = false;
  bool directory = false;
  os::FileFlags flags = {};
};

class Host {
 public:
  static std::expected<std::unique_ptr<Host>, StartError> create(Config config);

  [[nodiscard]] const std::vector<std::string>& args() const { return config_.args; }
  [[nodiscard]] const std::vector<std::string>& environment() const { return config_.environment; }
  [[nodiscard]] bool may_set_executable() const { return config_.set_executable; }
  [[nodiscard]] bool may_run() const { return config_.run; }
  [[nodiscard]] const Trace& trace() const { return config_.trace; }
  [[nodiscard]] DescriptorTable& descriptors() { return descriptors_; }
  // What the guest tried with `operation`, for explain().
  struct Attempt {
    std::string_view operation;  // "open"
    const Descriptor* directory;
    std::string_view path;  // empty: the descriptor itself
    bool follow = false;
    bool writes = false;
  };
  // Tells the trace about a call that failed with `error`, if it was refused by a rule of this host (explain.cc).
  // `second`: the other end of a link or a rename.
  void explain(const Attempt& attempt, const Attempt* second, SysError error) const;

  // For os::confine: the granted directories, and whether a standard stream is a socket. Requires: the guest has not
  // run.
  [[nodiscard]] std::vector<os::ConfinedRoot> confined_roots();
  [[nodiscard]] bool has_sockets();

  // Paths (paths.cc). `directory` may be any open descriptor (NotDirectory if it is none); `path` is relative to it and
  // may not leave it: NotPermitted for an absolute path, for `..` above it and for links that lead out. Paths with a
  // NUL byte are Invalid, longer than kMaxPath NameTooLong, empty NotFound. Everything that changes something gives
  // ReadOnlyFileSystem on a read-only grant and FileBusy on an immutable file.
  static constexpr size_t kMaxPath = 4096;
  SysResult<Descriptor> open(const Descriptor& directory, std::string_view path, const OpenRequest& request);
  // What was opened for reading alone is not asked what it is until somebody needs that: everything here but read and
  // closing requires a settled descriptor.
  static void settle(Descriptor& descriptor);
  SysResult<os::FileStatus> path_status(const Descriptor& directory, std::string_view path, bool follow);
  SysResult<void> path_set_times(const Descriptor& directory, std::string_view path, bool follow,
                                 os::TimeChange accessed, os::TimeChange modified);
  SysResult<void> create_directory(const Descriptor& directory, std::string_view path);
  SysResult<void> remove_directory(const Descriptor& directory, std::string_view path);
  SysResult<void> remove_file(const Descriptor& directory, std::string_view path);
  SysResult<std::string> read_link(const Descriptor& directory, std::string_view path);
  // Absolute targets are NotPermitted; others are stored as they are, and resolved only when somebody follows them.
  SysResult<void> create_link(std::string_view target, const Descriptor& directory, std::string_view path);
  // CrossDevice if one side is read-only and the other is not.
  SysResult<void> hard_link(const Descriptor& from_directory, std::string_view from, bool follow,
                            const Descriptor& to_directory, std::string_view to);
  SysResult<void> rename(const Descriptor& from_directory, std::string_view from, const Descriptor& to_directory,
                         std::string_view to);

  // Descriptors (files.cc): os::file.h for both real and embedded files, at the rights of the descriptor. BadDescriptor
  // if it was not opened for the operation, IsDirectory for directories.
  SysResult<size_t> read(Descriptor& file, os::ReadBuffers buffers);
  SysResult<size_t> write(Descriptor& file, os::WriteBuffers buffers);
  SysResult<size_t> read_at(Descriptor& file, os::ReadBuffers buffers, u64 offset);
  SysResult<size_t> write_at(Descriptor& file, os::WriteBuffers buffers, u64 offset);
  SysResult<u64> seek(Descriptor& file, i64 offset, os::SeekFrom from);
  SysResult<os::FileStatus> status(const Descriptor& file) const;
  SysResult<void> set_size(Descriptor& file, u64 size);
  SysResult<void> allocate(Descriptor& file, u64 offset, u64 length);
  SysResult<void> advise(Descriptor& file, u64 offset, u64 length, os::Advice advice);
  SysResult<void> set_times(Descriptor& file, os::TimeChange accessed, os::TimeChange modified);
  SysResult<void> set_flags(Descriptor& file, os::FileFlags flags);
  SysResult<void> sync(Descriptor& file, bool data_only);
  SysResult<void> set_executable(Descriptor& file);  // NotPermitted without the grant
  // The snapshot that fd_readdir pages through; a new one if `restart` or there is none yet.
  SysResult<const Listing*> list(Descriptor& directory, bool restart);

  // Network (network.cc): TCP and UDP clients behind the gate. Access for what NET does not grant; without NET
  // (!has_network()) the caller refuses every call, so that a guest without it learns nothing.
  [[nodiscard]] bool has_network() const { return gate_.is_open(); }
  // The addresses of a name that the guest may see, at most os::kMaxAddresses. An address as `host` is its own answer.
  // Errors: Access (not granted, or every answer was dropped), NotFound, Again, Io.
  SysResult<std::vector<IpAddress>> resolve(std::string_view host, os::AddressFamily family);
  SysResult<Descriptor> open_socket(bool ipv6, os::SocketType type);
  SysResult<void> connect(Descriptor& socket, const SocketAddress& to);
  // Only to port 0 of a datagram socket: NET is outbound.
  SysResult<void> bind(Descriptor& socket, const SocketAddress& to);
  SysResult<void> set_membership(Descriptor& socket, const IpAddress& group, u32 interface_number, bool join);
  // Also for inherited sockets, except that nobody asks where those were connected to: `to` is none there or granted.
  // Datagrams that come to a socket of the guest's own from where it may not send are thrown away unseen.
  SysResult<size_t> send(Descriptor& socket, os::WriteBuffers buffers, const std::optional<SocketAddress>& to);
  SysResult<os::Received> receive(Descriptor& socket, os::ReadBuffers buffers, os::ReceiveOptions options);

 private:
  explicit Host(Config config);
  SysResult<Descriptor> open_preopen(const Preopen& preopen);
  [[nodiscard]] bool is_immutable(const os::FileId& id) const;
  [[nodiscard]] bool is_pinned(const os::FileId& id) const;
  // FileBusy if `name` or the directory that holds it is immutable.
  [[nodiscard]] SysResult<void> guard(const os::Handle& parent, const std::string& name) const;
  SysResult<Descriptor> open_embedded(const Descriptor& directory, std::string_view path, const OpenRequest& request);
  void add_nowhere(u32 number);
  void deny_network(std::string_view operation, std::string_view target) const;
  [[nodiscard]] bool explain_outside(const Attempt& attempt, SysError error) const;
  SysResult<os::Handle> open_handle(const Descriptor& directory, std::string_view path, const OpenRequest& request);

  Config config_;
  DescriptorTable descriptors_;
  EmbeddedTree embedded_;
  NetworkGate gate_;
};

}  // namespace hermit::host
