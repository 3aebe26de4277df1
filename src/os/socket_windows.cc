// Sockets. Windows' calls, errors and shutdown rules are those of BSD, behind names of their own; ws2_32.dll is loaded
// from the system's folder on first use and its functions are looked up by name.
//
// Waiting: WSAPoll does not report a failed connection attempt before Windows 10 2004, select does, in its third set.
#include "os/socket_windows.h"

#include <winsock2.h>
#include <ws2tcpip.h>

#include <algorithm>

#include "os/handle_windows.h"
#include "os/once_windows.h"
#include "os/resolve.h"
#include "os/socket.h"
#include "os/socket_options.h"
#include "os/wide_windows.h"

#ifndef WSA_FLAG_NO_HANDLE_INHERIT
#define WSA_FLAG_NO_HANDLE_INHERIT 0x80
#endif
#ifndef SIO_UDP_CONNRESET
#define SIO_UDP_CONNRESET _WSAIOW(IOC_VENDOR, 12)
#endif

namespace hermit::os {
namespace {

constexpr i64 kMicrosecondsPerMillisecond = 1000;

struct Winsock {
#define WINSOCK_FUNCTIONS(X) \
  X(WSAStartup)              \
  X(WSAGetLastError)         \
  X(WSASocketW)              \
  X(WSAIoctl)                \
  X(WSARecv)                 \
  X(WSARecvFrom)             \
  X(WSASend)                 \
  X(WSASendTo)               \
  X(WSAPoll)                 \
  X(select)                  \
  X(getsockopt)              \
  X(setsockopt)              \
  X(ioctlsocket)             \
  X(connect) X(bind) X(getsockname) X(getpeername) X(shutdown) X(accept) X(closesocket) X(GetAddrInfoW) X(FreeAddrInfoW)
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
const Winsock& winsock() { return only<Winsock>(); }

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

SysResult<SOCKET> socket_of(const Handle& handle) {
  const auto file = socket_file(handle);
  if (!file) return fail(file.error());
  return socket_of((*file)->handle);
}

// Why reading or writing failed. After a failed connection attempt that is the attempt's error, as elsewhere.
SysError transfer_error(SOCKET socket, int error) {
  if (error == WSAENOTCONN || error == WSAECONNRESET) {
    int attempt = 0;
    int size = sizeof attempt;
    const int result = winsock().getsockopt(socket, SOL_SOCKET, SO_ERROR, reinterpret_cast<char*>(&attempt), &size);
    if (result == 0 && attempt != 0) error = attempt;
  }
  return from_windows(static_cast<DWORD>(error));
}

SysResult<void> done(int result) {
  if (result != 0) return fail_socket();
  return {};
}

// One of getsockname and getpeername.
template <typename Call>
SysResult<SocketAddress> name_of(const Handle& handle, Call call) {
  const auto socket = socket_of(handle);
  if (!socket) return fail(socket.error());
  sockaddr_storage storage = {};
  int size = sizeof storage;
  if (call(*socket, reinterpret_cast<sockaddr*>(&storage), &size) != 0) {
    // A socket that was never bound has no name yet; elsewhere that is the address 0 with port 0.
    if (winsock().WSAGetLastError() != WSAEINVAL) return fail_socket();
    return SocketAddress();
  }
  const auto address = to_address(storage, static_cast<size_t>(size));
  if (!address) return fail(SysError::AddressFamilyNotSupported);
  return *address;
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
  if (writing) {
    fd_set writable = {};
    fd_set failed = {};
    writable.fd_count = failed.fd_count = 1;
    writable.fd_array[0] = failed.fd_array[0] = socket_of(handle);
    const timeval now = {};
    const int count = winsock().select(0, nullptr, &writable, &failed, &now);
    return {.ready = count != 0, .hangup = false, .invalid = count < 0};
  }
  WSAPOLLFD item = {};
  item.fd = socket_of(handle);
  item.events = POLLRDNORM;
  if (winsock().WSAPoll(&item, 1, 0) < 0) return {.ready = true, .hangup = false, .invalid = true};
  return {
      .ready = item.revents != 0, .hangup = (item.revents & POLLHUP) != 0, .invalid = (item.revents & POLLNVAL) != 0};
}

SysResult<Handle> open_socket(bool ipv6, SocketType type) {
  if (!winsock().usable) return fail(SysError::NetworkDown);
  const SOCKET socket =
      winsock().WSASocketW(ipv6 ? AF_INET6 : AF_INET, type == SocketType::Stream ? SOCK_STREAM : SOCK_DGRAM, 0, nullptr,
                           0, WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
  if (socket == INVALID_SOCKET) return fail_socket();
  if (type == SocketType::Datagram) {  // or a refused datagram makes the next receive fail, whoever it comes from
    BOOL off = FALSE;
    DWORD size = 0;
    winsock().WSAIoctl(socket, SIO_UDP_CONNRESET, &off, sizeof off, nullptr, 0, &size, nullptr, nullptr);
  }
  return adopt(reinterpret_cast<HANDLE>(socket), Kind::Socket);
}

SysResult<void> connect(const Handle& handle, const SocketAddress& to) {
  const auto socket = socket_of(handle);
  if (!socket) return fail(socket.error());
  const NativeAddress native(to);
  if (winsock().connect(*socket, native.get(), native.size) == 0) return {};
  if (winsock().WSAGetLastError() == WSAEWOULDBLOCK) return fail(SysError::InProgress);
  return fail_socket();
}

SysResult<void> bind(const Handle& handle, const SocketAddress& to) {
  const auto socket = socket_of(handle);
  if (!socket) return fail(socket.error());
  const NativeAddress native(to);
  return done(winsock().bind(*socket, native.get(), native.size));
}

SysResult<SocketAddress> local_address(const Handle& socket) { return name_of(socket, winsock().getsockname); }
SysResult<SocketAddress> remote_address(const Handle& socket) { return name_of(socket, winsock().getpeername); }

SysResult<Received> receive(const Handle& handle, ReadBuffers buffers, ReceiveOptions options) {
  const auto socket = socket_of(handle);
  if (!socket) return fail(socket.error());
  if (buffers.size() > kMaxBuffers) return fail(SysError::Invalid);
  WSABUF list[kMaxBuffers];
  DWORD count = to_buffers(buffers, list);
  if (count == 0) list[count++] = {};  // Windows wants one
  DWORD bits = (options.peek ? MSG_PEEK : 0) | (options.wait_all && !options.peek ? MSG_WAITALL : 0);
  DWORD size = 0;
  sockaddr_storage from = {};
  int from_size = sizeof from;
  const int result = winsock().WSARecvFrom(*socket, list, count, &size, &bits, reinterpret_cast<sockaddr*>(&from),
                                           &from_size, nullptr, nullptr);
  const auto sender = [&] { return to_address(from, static_cast<size_t>(std::max(from_size, 0))); };
  if (result == 0) return Received{size, (bits & MSG_PARTIAL) != 0, sender()};
  const int error = winsock().WSAGetLastError();
  if (error == WSAESHUTDOWN) return Received{};
  if (error != WSAEMSGSIZE) return fail(transfer_error(*socket, error));
  size_t room = 0;
  for (const auto& buffer : buffers) room += buffer.size();
  return Received{room, true, sender()};
}

SysResult<size_t> send(const Handle& handle, WriteBuffers buffers, const SendOptions& options) {
  const auto socket = socket_of(handle);
  if (!socket) return fail(socket.error());
  if (buffers.size() > kMaxBuffers) return fail(SysError::Invalid);
  WSABUF list[kMaxBuffers];
  DWORD count = to_buffers(buffers, list);
  if (count == 0) list[count++] = {};  // an empty datagram
  DWORD size = 0;
  std::optional<NativeAddress> to;
  if (options.to) to.emplace(*options.to);
  const int result = to ? winsock().WSASendTo(*socket, list, count, &size, 0, to->get(), to->size, nullptr, nullptr)
                        : winsock().WSASend(*socket, list, count, &size, 0, nullptr, nullptr);
  if (result != 0) return fail(transfer_error(*socket, winsock().WSAGetLastError()));
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

SysResult<i64> get_option(const Handle& handle, SocketOption option) {
  const auto socket = socket_of(handle);
  if (!socket) return fail(socket.error());
  const OptionPlace place = place_of(option);
  if (place.option == 0) return fail(SysError::NoProtocolOption);
  union {
    DWORD number;  // of a truth value the system may write one byte only
    linger lingering;
  } value = {};
  int size = place.form == OptionPlace::Linger ? sizeof value.lingering : sizeof value.number;
  if (winsock().getsockopt(*socket, place.level, place.option, reinterpret_cast<char*>(&value), &size) != 0) {
    return fail_socket();
  }
  switch (place.form) {
    case OptionPlace::Number: return value.number;
    case OptionPlace::Truth: return value.number != 0;
    case OptionPlace::Linger: return value.lingering.l_onoff != 0 ? i64{value.lingering.l_linger} : -1;
    case OptionPlace::Time: return i64{value.number} * kMicrosecondsPerMillisecond;
    case OptionPlace::Error: return value.number == 0 ? -1 : static_cast<i64>(from_windows(value.number));
  }
  return fail(SysError::Invalid);
}

SysResult<void> set_option(const Handle& handle, SocketOption option, i64 value) {
  const auto socket = socket_of(handle);
  if (!socket) return fail(socket.error());
  const OptionPlace place = place_of(option);
  if (place.option == 0 || place.form == OptionPlace::Error) return fail(SysError::NoProtocolOption);
  const auto set = [&](const auto& native) {
    return done(winsock().setsockopt(*socket, place.level, place.option, reinterpret_cast<const char*>(&native),
                                     sizeof native));
  };
  if (place.form == OptionPlace::Linger) {
    linger native = {};
    native.l_onoff = value >= 0 ? 1 : 0;
    native.l_linger = static_cast<u_short>(std::clamp<i64>(value, 0, 0xffff));
    return set(native);
  }
  if (place.form == OptionPlace::Time) {  // milliseconds; a shorter time than one is one, not "for ever"
    return set(
        static_cast<DWORD>(clamp_to_int((value + kMicrosecondsPerMillisecond - 1) / kMicrosecondsPerMillisecond)));
  }
  return set(static_cast<DWORD>(place.form == OptionPlace::Truth ? (value != 0 ? 1 : 0) : clamp_to_int(value)));
}

SysResult<void> set_membership(const Handle& handle, const IpAddress& group, u32 interface_number, bool join) {
  const auto socket = socket_of(handle);
  if (!socket) return fail(socket.error());
  if (group.is_v6) {
    ipv6_mreq request = {};
    std::memcpy(&request.ipv6mr_multiaddr, group.bytes.data(), 16);
    request.ipv6mr_interface = interface_number;
    return done(winsock().setsockopt(*socket, IPPROTO_IPV6, join ? IPV6_JOIN_GROUP : IPV6_LEAVE_GROUP,
                                     reinterpret_cast<const char*>(&request), sizeof request));
  }
  ip_mreq request = {};
  std::memcpy(&request.imr_multiaddr, group.bytes.data(), 4);
  std::memcpy(&request.imr_interface, &interface_number, 4);
  return done(winsock().setsockopt(*socket, IPPROTO_IP, join ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP,
                                   reinterpret_cast<const char*>(&request), sizeof request));
}

SysResult<std::vector<IpAddress>> resolve(const std::string& name, AddressFamily family) {
  if (!winsock().usable) return fail(SysError::NetworkDown);
  const auto wide = to_wide(name);
  if (!wide) return fail(SysError::Invalid);
  ADDRINFOW hints = {};
  hints.ai_family = family == AddressFamily::V4 ? AF_INET : family == AddressFamily::V6 ? AF_INET6 : AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;  // else every address comes once for each type
  ADDRINFOW* list = nullptr;
  switch (winsock().GetAddrInfoW(wide->c_str(), nullptr, &hints, &list)) {
    case 0: break;
    case WSATRY_AGAIN: return fail(SysError::Again);
    case WSA_NOT_ENOUGH_MEMORY: return fail(SysError::OutOfMemory);
    case WSANO_RECOVERY: return fail(SysError::Io);
    default: return fail(SysError::NotFound);
  }
  std::vector<IpAddress> result;
  for (const ADDRINFOW* item = list; item != nullptr && result.size() < kMaxAddresses; item = item->ai_next) {
    sockaddr_storage storage = {};
    std::memcpy(&storage, item->ai_addr, std::min<size_t>(item->ai_addrlen, sizeof storage));
    const auto address = to_address(storage, item->ai_addrlen);
    if (address && std::ranges::find(result, address->ip) == result.end()) result.push_back(address->ip);
  }
  winsock().FreeAddrInfoW(list);
  if (result.empty()) return fail(SysError::NotFound);
  return result;
}

}  // namespace hermit::os
