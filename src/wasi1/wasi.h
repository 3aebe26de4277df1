// WASI preview 1: the 46 functions of module `wasi_snapshot_preview1`, and Hermit's own module `hermit`.
// https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md; choices we made: docs/wasi.md.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "host/host.h"
#include "os/mailboxes.h"
#include "runtime/host_function.h"
#include "wasi1/errno.h"

namespace hermit::wasi1 {

// What a guest with HOST run asks to be replaced by: the archive of a packed program, and its arguments.
struct RunRequest {
  Bytes archive;
  std::vector<std::string> arguments;
};

// A guest's end of the mailboxes between workers and their owner.
struct WorkerAccess {
  os::Mailboxes& boxes;
  std::optional<u32> self = {};  // the number of this worker; nothing: the guest is the owner
  bool is_set_up = false;  // of a worker: it runs on its own thread. Before, its owner waits for it and cannot answer
  // For an owner: makes an instance and lets it run on a thread of its own, which leaves the mailboxes in the end.
  Errno (*start)(void* context, u32 worker) = nullptr;
  void* context = nullptr;
  bool has_started = false;
};

// The context of every function below. Does not own the host.
struct Wasi {
  explicit Wasi(host::Host& the_host);
  host::Host& host;
  WorkerAccess* workers = nullptr;  // not owned; null: worker_functions() are not offered
  u32 exit_code = 0;  // set when a function has returned Trap::Exit
  std::optional<RunRequest> run_request = {};  // likewise, and the guest is to be replaced
};

// All functions of `wasi_snapshot_preview1`; their context is a Wasi*. Static storage.
std::span<const runtime::HostFunction> functions();
// The socket extensions of WAMR and WasmEdge in the same module: functions of one name differ in their types. Every
// call answers `acces` if the host has no network grant.
std::span<const runtime::HostFunction> socket_functions();
// `hermit.set_executable(fd) -> errno` and `hermit.run(archive, size, arguments, size) -> errno`, each only if the host
// has its grant. Called on behalf of another host (a worker's) they look at its grants again.
std::span<const runtime::HostFunction> extension_functions(const host::Host& host);
// `hermit.worker_*`, for a Wasi with `workers`.
std::span<const runtime::HostFunction> worker_functions();
// The exported function that a worker's life is, [] -> [].
inline constexpr std::string_view kWorkerEntry = "hermit_worker";

}  // namespace hermit::wasi1
