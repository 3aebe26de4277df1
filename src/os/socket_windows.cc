// Sockets that the process inherited as standard streams. Windows' calls, errors and shutdown rules are those of BSD,
// behind names of their own; ws2_32.dll is loaded from the system's folder on first use and its functions are looked up
// by name.
#include "os/socket_windows.h"

#include <winsock2.h>

#include <algorithm>

#include "os/handle_windows.h"
#include "os/socket.h"

namespace hermit::os {
namespace {

struct Winsock {
#define WINSOCK_FUNCTIONS(X) \
  X(WSAStartup)              \
  X(WSAGetLastError) X(WSARecv) X(WSASend) X(WSAPoll) X(getsockopt) X(ioctlsocket) X(shutdown) X(accept) X(closesocket)
#define MEMBER(name) decltype(&::name) name = nullptr;
  WINSOCK_FUNCTIONS(MEMBER)
#undef MEMBER
  bool usable = false;

  Winsock() {
    const HMODULE library = LoadLibraryExW(L"ws2_32.dll", nullptr, LOAD_LIBRARY_SEARCH_SYSTEM32);
    if (library == nullptr) return;
#define LOOK_UP(function)                                                                                       \
  function = reinterpret_cast<decltype(function)>(reinterpret_cast<void*>(GetProcAddress(library, #function))); \
  if (function == nullptr) return;
    WINSOCK_FUNCTIONS(LOOK_UP)
#undef LOOK_UP
    WSADATA data;
    usable = WSAStartup(MAKEWORD(2, 2), &data) == 0;
  }
};

// The one library of the process, constant once loaded.
const Winsock& winsock() {
  static const Winsock library;
  return library;
}

SOCKET socket_of(HANDLE handle) { return reinterpret_cast<SOCKET>(handle); }

std::unexpected<SysError> fail_socket() { return fail(from_windows(static_cast<DWORD>(winsock().WSAGetLastError()))); }

int type_of(HANDLE handle) {
  if (!winsock().usable) return 0;
  int type = 0;
  int size = sizeof type;
  const int result =
      winsock().getsockopt(socket_of(handle), SOL_SOCKET, SO_TYPE, reinterpret_cast<char*>(&type), &size);
  return result == 0 ? type : 0;
}

SysResult<OpenFile*> socket_file(const Handle& handle) {
  OpenFile* const file = open_file(handle);
  if (file == nullptr) return fail(SysError::BadDescriptor);
  if (file->kind != Kind::Socket) return fail(SysError::NotSocket);
  return file;
}

template <typename Buffers>
DWORD to_buffers(Buffers buffers, WSABUF (&out)[kMaxBuffers]) {
  DWORD count = 0;
  for (const auto& buffer : buffers) {
    out[count].buf = const_cast<char*>(reinterpret_cast<const char*>(buffer.data()));
    out[count++].len = static_cast<ULONG>(std::min<size_t>(buffer.size(), 0x40000000));
  }
  return count;
}

}  // namespace

bool is_socket(HANDLE handle) { return type_of(handle) != 0; }
bool is_datagram(HANDLE handle) { return type_of(handle) == SOCK_DGRAM; }
void close_socket(HANDLE handle) { winsock().closesocket(socket_of(handle)); }

void set_socket_blocking(HANDLE handle, bool blocking) {
  u_long nonblocking = blocking ? 0 : 1;
  winsock().ioctlsocket(socket_of(handle), static_cast<long>(FIONBIO), &nonblocking);
}

u64 socket_readable_bytes(HANDLE handle) {
  u_long size = 0;
  return winsock().ioctlsocket(socket_of(handle), FIONREAD, &size) == 0 ? size : 0;
}

SocketReadiness look_at_socket(HANDLE handle, bool writing) {
  WSAPOLLFD item = {};
  item.fd = socket_of(handle);
  item.events = writing ? POLLWRNORM : POLLRDNORM;
  if (winsock().WSAPoll(&item, 1, 0) < 0) return {.ready = true, .hangup = false, .invalid = true};
  return {
      .ready = item.revents != 0, .hangup = (item.revents & POLLHUP) != 0, .invalid = (item.revents & POLLNVAL) != 0};
}

SysResult<Received> receive(const Handle& socket, ReadBuffers buffers, ReceiveOptions options) {
  const auto file = socket_file(socket);
  if (!file) return fail(file.error());
  if (buffers.size() > kMaxBuffers) return fail(SysError::Invalid);
  WSABUF list[kMaxBuffers];
  const DWORD count = to_buffers(buffers, list);
  DWORD bits = (options.peek ? MSG_PEEK : 0) | (options.wait_all && !options.peek ? MSG_WAITALL : 0);
  DWORD size = 0;
  if (winsock().WSARecv(socket_of((*file)->handle), list, count, &size, &bits, nullptr, nullptr) == 0) {
    return Received{size, (bits & MSG_PARTIAL) != 0};
  }
  const int error = winsock().WSAGetLastError();
  if (error == WSAESHUTDOWN) return Received{};
  if (error != WSAEMSGSIZE) return fail(from_windows(static_cast<DWORD>(error)));
  size_t room = 0;
  for (const auto& buffer : buffers) room += buffer.size();
  return Received{room, true};
}

SysResult<size_t> send(const Handle& socket, WriteBuffers buffers) {
  const auto file = socket_file(socket);
  if (!file) return fail(file.error());
  if (buffers.size() > kMaxBuffers) return fail(SysError::Invalid);
  WSABUF list[kMaxBuffers];
  const DWORD count = to_buffers(buffers, list);
  DWORD size = 0;
  if (winsock().WSASend(socket_of((*file)->handle), list, count, &size, 0, nullptr, nullptr) != 0) return fail_socket();
  return size;
}

SysResult<void> shut_down(const Handle& socket, bool reading, bool writing) {
  const auto file = socket_file(socket);
  if (!file) return fail(file.error());
  if (!reading && !writing) return {};
  const int how = reading && writing ? SD_BOTH : reading ? SD_RECEIVE : SD_SEND;
  if (winsock().shutdown(socket_of((*file)->handle), how) != 0) return fail_socket();
  return {};
}

SysResult<Handle> accept(const Handle& socket, bool nonblocking) {
  const auto file = socket_file(socket);
  if (!file) return fail(file.error());
  const SOCKET next = winsock().accept(socket_of((*file)->handle), nullptr, nullptr);
  if (next == INVALID_SOCKET) return fail_socket();
  const auto handle = reinterpret_cast<HANDLE>(next);
  set_socket_blocking(handle, !nonblocking);  // Windows lets it inherit the listening socket's mode
  FileFlags flags;
  flags.nonblocking = nonblocking;
  return adopt(handle, Kind::Socket, flags);
}

}  // namespace hermit::os
