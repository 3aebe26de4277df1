// The sock_* functions, on sockets that the process inherited as standard streams or accepted from one.
#include "os/socket.h"

#include "wasi1/call.h"

namespace hermit::wasi1 {
namespace {

constexpr u32 kPeek = 1, kWaitAll = 2, kReceiveFlags = 3;  // riflags
constexpr u16 kTruncated = 1;                              // roflags
constexpr u32 kShutRead = 1, kShutWrite = 2;               // sdflags

}  // namespace

Outcome<void> sock_accept(Call& call) {
  TRY(host::Descriptor * listener, call.socket(0, rights::kSockAccept));
  const u32 flags = call.arg(1);
  if ((flags & ~kFdNonblock) != 0) return fail(Errno::Inval);
  TRY_VOID(call.bytes(call.arg(2), 4));
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
  return call.store(call.arg(2), number);
}

Outcome<void> sock_recv(Call& call) {
  TRY(host::Descriptor * socket, call.socket(0, rights::kFdRead));
  Buffers<u8> buffers;
  TRY_VOID(call.buffers(1, buffers));
  const u32 flags = call.arg(3);
  if ((flags & ~kReceiveFlags) != 0) return fail(Errno::Inval);
  TRY_VOID(call.bytes(call.arg(4), 4));
  TRY_VOID(call.bytes(call.arg(5), 2));
  const os::ReceiveOptions options = {.peek = (flags & kPeek) != 0, .wait_all = (flags & kWaitAll) != 0};
  TRY(const os::Received received, os::receive(socket->handle, buffers.get(), options));
  TRY_VOID(call.store(call.arg(4), static_cast<u32>(received.size)));
  return call.store(call.arg(5), received.truncated ? kTruncated : u16{0});
}

Outcome<void> sock_send(Call& call) {
  TRY(host::Descriptor * socket, call.socket(0, rights::kFdWrite));
  Buffers<const u8> buffers;
  TRY_VOID(call.buffers(1, buffers));
  if (call.arg(3) != 0) return fail(Errno::Inval);  // no flags are defined
  TRY_VOID(call.bytes(call.arg(4), 4));
  TRY(const size_t count, os::send(socket->handle, buffers.get()));
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
