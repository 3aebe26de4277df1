// The two socket extensions of preview 1: WAMR's for C and C++, WasmEdge's for Rust and Go. They share the module and
// most names; an import's type says which one it means (docs/wasi.md, Sockets).
#pragma once

#include "wasi1/call.h"

namespace hermit::wasi1 {

// riflags and roflags of preview 1, which both extensions use.
inline constexpr u32 kPeek = 1, kWaitAll = 2, kReceiveFlags = 3;
inline constexpr u16 kTruncated = 1;

// Opens a socket and stores its number where argument `result` points.
Outcome<void> open_socket(Call& call, bool ipv6, os::SocketType type, size_t result);
// Accepts from the inherited socket of argument 0 and stores the connection's number where argument `result` points.
Outcome<void> accept_connection(Call& call, u32 flags, size_t result);
// Inval for flags that preview 1 does not know.
Outcome<os::ReceiveOptions> receive_options(u32 flags);

namespace wamr {
#define SOCKET_FUNCTION(name, ...) Outcome<void> name(Call& call);
#include "wasi1/wamr_functions.def"
#undef SOCKET_FUNCTION
}  // namespace wamr

namespace wasmedge {
#define SOCKET_FUNCTION(name, function, ...) Outcome<void> function(Call& call);
#include "wasi1/wasmedge_functions.def"
#undef SOCKET_FUNCTION
}  // namespace wasmedge

}  // namespace hermit::wasi1
