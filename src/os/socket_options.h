// socket_options.def as a table of this system's numbers, and the conversions that BSD sockets and Winsock share.
// Requires: the system's socket headers are included before.
#pragma once

#include <algorithm>
#include <cstring>

#include "os/socket.h"

// What a system does not have.
#ifndef SO_REUSEPORT
#define SO_REUSEPORT 0
#endif
#ifndef TCP_QUICKACK
#define TCP_QUICKACK 0
#endif
#ifndef TCP_FASTOPEN_CONNECT
#define TCP_FASTOPEN_CONNECT 0
#endif
// Names and numbers that differ.
#ifndef TCP_KEEPIDLE
#ifdef TCP_KEEPALIVE
#define TCP_KEEPIDLE TCP_KEEPALIVE  // macOS
#else
#define TCP_KEEPIDLE 3  // Windows 10 1709; older headers of mingw-w64 lack both
#endif
#endif
#ifndef TCP_KEEPINTVL
#define TCP_KEEPINTVL 17
#endif

namespace hermit::os {

struct OptionPlace {
  enum Form : u8 { Number, Truth, Linger, Time, Error };
  int level;
  int option;  // 0: this system has none
  Form form;
};

inline OptionPlace place_of(SocketOption option) {
  static constexpr OptionPlace kPlaces[] = {
#define SOCKET_OPTION(name, level, option, form) {level, option, OptionPlace::form},
#include "os/socket_options.def"
#undef SOCKET_OPTION
  };
  return kPlaces[static_cast<size_t>(option)];
}

// For both systems' sockaddr, whose members have the same names. `Storage` is sockaddr_storage.
struct NativeAddress {
  sockaddr_storage storage = {};
  int size = 0;

  explicit NativeAddress(const SocketAddress& address) {
    if (address.ip.is_v6) {
      sockaddr_in6 native = {};
      native.sin6_family = AF_INET6;
      native.sin6_port = big_endian(address.port);
      std::memcpy(&native.sin6_addr, address.ip.bytes.data(), 16);
      set(native);
    } else {
      sockaddr_in native = {};
      native.sin_family = AF_INET;
      native.sin_port = big_endian(address.port);
      std::memcpy(&native.sin_addr, address.ip.bytes.data(), 4);
      set(native);
    }
  }
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }

  static u16 big_endian(u16 port) {
    return static_cast<u16>(port << 8 | port >> 8);
  }  // all our targets are little-endian

 private:
  template <typename T>
  void set(const T& native) {
    std::memcpy(&storage, &native, sizeof native);
    size = sizeof native;
  }
};

// None for other families and for the empty address that a stream's recvmsg gives.
inline std::optional<SocketAddress> to_address(const sockaddr_storage& storage, size_t size) {
  SocketAddress address;
  if (storage.ss_family == AF_INET && size >= sizeof(sockaddr_in)) {
    const auto& native = reinterpret_cast<const sockaddr_in&>(storage);
    std::memcpy(address.ip.bytes.data(), &native.sin_addr, 4);
    address.port = NativeAddress::big_endian(native.sin_port);
    return address;
  }
  if (storage.ss_family == AF_INET6 && size >= sizeof(sockaddr_in6)) {
    const auto& native = reinterpret_cast<const sockaddr_in6&>(storage);
    address.ip.is_v6 = true;
    std::memcpy(address.ip.bytes.data(), &native.sin6_addr, 16);
    address.port = NativeAddress::big_endian(native.sin6_port);
    return address;
  }
  return std::nullopt;
}

inline int clamp_to_int(i64 value) { return static_cast<int>(std::clamp<i64>(value, -0x7fffffff - 1, 0x7fffffff)); }

}  // namespace hermit::os
