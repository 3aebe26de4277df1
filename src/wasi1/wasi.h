// WASI preview 1: the 46 functions of module `wasi_snapshot_preview1`, and Hermit's own module `hermit`.
// https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md; choices we made: docs/wasi.md.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "host/host.h"
#include "runtime/host_function.h"

namespace hermit::wasi1 {

// What a guest with HOST run asks to be replaced by: the archive of a packed program, and its arguments.
struct RunRequest {
  Bytes archive;
  std::vector<std::string> arguments;
};

// The context of every function below. Does not own the host.
struct Wasi {
  explicit Wasi(host::Host& the_host);
  host::Host& host;
  u32 exit_code = 0;  // set when a function has returned Trap::Exit
  std::optional<RunRequest> run_request = {};  // likewise, and the guest is to be replaced
};

// All functions of `wasi_snapshot_preview1`; their context is a Wasi*. Static storage.
std::span<const runtime::HostFunction> functions();
// The socket extensions of WAMR and WasmEdge in the same module: functions of one name differ in their types. Every
// call answers `acces` if the host has no network grant.
std::span<const runtime::HostFunction> socket_functions();
// `hermit.set_executable(fd) -> errno` and `hermit.run(archive, size, arguments, size) -> errno`, each only if the host
// has its grant.
std::span<const runtime::HostFunction> extension_functions(const host::Host& host);

}  // namespace hermit::wasi1
