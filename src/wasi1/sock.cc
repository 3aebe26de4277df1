// The sock_* functions of preview 1: on sockets that the process inherited as standard streams, on what it accepted
// from them, and on those that the guest opened itself (sock_wamr.cc, sock_wasmedge.cc).
#include "wasi1/sockets.h"

namespace hermit::wasi1 {
namespace {

constexpr u32 kShutRead = 1, kShutWrite = 2;  // sdflags

}  // namespace

Outcome<void> open_socket(Call& call, bool ipv6, os::SocketType type, size_t result) {
  TRY_VOID(call.bytes(call.arg(result), 4));
  if (call.host().descriptors().is_full()) return fail(Errno::Mfile);
  TRY(host::Descriptor socket, call.host().open_socket(ipv6, type));
  socket.api_rights = rights::kSocket & ~rights::kSockAccept;
  TRY(const u32 number, call.host().descriptors().insert(std::move(socket)));
  return call.store(call.arg(result), number);
}

Outcome<os::ReceiveOptions> receive_options(u32 flags) {
  if ((flags & ~kReceiveFlags) != 0) return fail(Errno::Inval);
  return os::ReceiveOptions{.peek = (flags & kPeek) != 0, .wait_all = (flags & kWaitAll) != 0};
}

Outcome<void> accept_connection(Call& call, u32 flags, size_t result) {
  TRY(host::Descriptor * listener, call.socket(0, rights::kSockAccept));
  if ((flags & ~kFdNonblock) != 0) return fail(Errno::Inval);
  TRY_VOID(call.bytes(call.arg(result), 4));
  if (call.host().descriptors().is_full()) return fail(Errno::Mfile);
  TRY(os::Handle handle, os::accept(listener->handle, flags != 0));
  host::Descriptor connection;
  connection.type = listener->type;
  connection.flags = from_fdflags(flags);
  connection.readable = true;
  connection.writable = true;
  connection.handle = std::move(handle);
  connection.api_rights = rights::kSocket & ~rights::kSockAccept;
  TRY(const u32 number, call.host().descriptors().insert(std::move(connection)));
  return call.store(call.arg(result), number);
}

Outcome<void> sock_accept(Call& call) { return accept_connection(call, call.arg(1), 2); }

Outcome<void> sock_recv(Call& call) {
  TRY(host::Descriptor * socket, call.socket(0, rights::kFdRead));
  Buffers<u8> buffers;
  TRY_VOID(call.buffers(1, buffers));
  TRY(const os::ReceiveOptions options, receive_options(call.arg(3)));
  TRY_VOID(call.bytes(call.arg(4), 4));
  TRY_VOID(call.bytes(call.arg(5), 2));
  TRY(const os::Received received, call.host().receive(*socket, buffers.get(), options));
  TRY_VOID(call.store(call.arg(4), static_cast<u32>(received.size)));
  return call.store(call.arg(5), received.truncated ? kTruncated : u16{0});
}

Outcome<void> sock_send(Call& call) {
  TRY(host::Descriptor * socket, call.socket(0, rights::kFdWrite));
  Buffers<const u8> buffers;
  TRY_VOID(call.buffers(1, buffers));
  if (call.arg(3) != 0) return fail(Errno::Inval);  // no flags are defined
  TRY_VOID(call.bytes(call.arg(4), 4));
  TRY(const size_t count, call.host().send(*socket, buffers.get(), std::nullopt));
  return call.store(call.arg(4), static_cast<u32>(count));
}

Outcome<void> sock_shutdown(Call& call) {
  TRY(host::Descriptor * socket, call.socket(0, rights::kSockShutdown));
  const u32 how = call.arg(1);
  if (how == 0 || (how & ~(kShutRead | kShutWrite)) != 0) return fail(Errno::Inval);
  TRY_VOID(os::shut_down(socket->handle, (how & kShutRead) != 0, (how & kShutWrite) != 0));
  return {};
}

}  // namespace hermit::wasi1
