// The socket extensions as a guest calls them, against servers on loopback in this process.
#include <gtest/gtest.h>

#include <algorithm>
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/endian.h"
#include "wasi1/errno.h"
#include "wasi1/layout.h"
#include "wasi1/wasi.h"

namespace hermit::wasi1 {
namespace {

constexpr u32 kMemory = 65536;
constexpr u32 kIovecs = 1024;  // addresses the tests use
constexpr u32 kText = 2048;
constexpr u32 kOut = 4096;
constexpr u32 kAddress = 512;
constexpr u32 kBytes = 600;  // what a WasmEdge address points to
constexpr u32 kResult = 256;
constexpr u32 kWasmEdgeTypes[] = {0, 1, 2};  // any, datagram, stream

// A socket of the test's own on 127.0.0.1 or ::1, at a port that the system chose.
class Server {
 public:
  explicit Server(int type, bool ipv6 = false) : fd_(::socket(ipv6 ? AF_INET6 : AF_INET, type, 0)) {
    sockaddr_in v4 = {};
    v4.sin_family = AF_INET;
    v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    sockaddr_in6 v6 = {};
    v6.sin6_family = AF_INET6;
    v6.sin6_addr = in6addr_loopback;
    ok_ = ipv6 ? ::bind(fd_, reinterpret_cast<sockaddr*>(&v6), sizeof v6) == 0
               : ::bind(fd_, reinterpret_cast<sockaddr*>(&v4), sizeof v4) == 0;
    if (type == SOCK_STREAM) ok_ = ok_ && ::listen(fd_, 8) == 0;
    sockaddr_in6 name = {};
    socklen_t size = sizeof name;
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&name), &size);
    port_ = ntohs(name.sin6_port);  // at the same place in both
    ::fcntl(fd_, F_SETFL, O_NONBLOCK);
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() { ::close(fd_); }

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] u16 port() const { return port_; }
  [[nodiscard]] std::string entry() const { return "127.0.0.1:" + std::to_string(port_); }
  // The next connection, or -1 if there is none.
  [[nodiscard]] int accept() const {
    pollfd item = {fd_, POLLIN, 0};
    ::poll(&item, 1, 100);
    return ::accept(fd_, nullptr, nullptr);
  }

 private:
  int fd_;
  bool ok_ = false;
  u16 port_ = 0;
};

class SocketTest : public testing::Test {
 protected:
  SocketTest() : memory(kMemory) { start({}); }

  void start(std::initializer_list<std::string> entries) {
    host::Config config;
    for (const std::string& entry : entries) config.network.push_back(*grants::parse_net(entry));
    config.max_open_files = 16;
    host = std::move(*host::Host::create(std::move(config)));
    wasi = std::make_unique<Wasi>(*host);
  }

  // Calls the function of this name with so many parameters; the answer is its errno as a number.
  u32 call(std::string_view name, std::initializer_list<u64> args) {
    for (const auto table : {functions(), socket_functions()}) {
      for (const auto& function : table) {
        if (function.name != name || function.params.size() != args.size()) continue;
        u64 slots[16] = {};
        std::copy(args.begin(), args.end(), slots);
        runtime::HostCall host_call{slots, memory.data(), memory.size()};
        EXPECT_EQ(function.call(wasi.get(), host_call), Trap::None);
        return static_cast<u32>(slots[0]);
      }
    }
    ADD_FAILURE() << name << " with " << args.size() << " parameters";
    return ~u32{0};
  }
  static u32 number(Errno error) { return static_cast<u32>(error); }

  u8* at(u32 address) { return memory.data() + address; }
  u32 u32_at(u32 address) { return load_le<u32>(at(address)); }
  std::string text_at(u32 address, u32 length) { return std::string(at(address), at(address) + length); }
  u32 put(u32 address, std::string_view text) {
    std::copy(text.begin(), text.end(), at(address));
    at(address)[text.size()] = 0;
    return static_cast<u32>(text.size());
  }
  void put_iovec(u32 address, u32 length, u32 index = 0) {
    store_le<u32>(at(kIovecs + index * 8), address);
    store_le<u32>(at(kIovecs + index * 8 + 4), length);
  }

  // WAMR: 127.0.0.1 or ::1 at kAddress.
  void wamr_address(u16 port, bool ipv6 = false) {
    std::fill_n(at(kAddress), 24, u8{0});
    store_le<u32>(at(kAddress), ipv6 ? 1 : 0);
    if (ipv6) {
      store_le<u16>(at(kAddress + 4 + 14), u16{1});
      store_le<u16>(at(kAddress + 20), port);
    } else {
      at(kAddress + 4)[0] = 127, at(kAddress + 4)[3] = 1;
      store_le<u16>(at(kAddress + 8), port);
    }
  }
  u32 wamr_open(u32 type, u32 family = 0) {
    EXPECT_EQ(call("sock_open", {~u32{0}, family, type, kResult}), 0u);
    return u32_at(kResult);
  }
  u32 wamr_connect(u32 fd, u16 port, bool ipv6 = false) {
    wamr_address(port, ipv6);
    return call("sock_connect", {fd, kAddress});
  }
  // WasmEdge: {pointer, length} at kAddress.
  void edge_address(u32 size) {
    store_le<u32>(at(kAddress), kBytes);
    store_le<u32>(at(kAddress + 4), size);
  }
  void edge_loopback() {
    edge_address(4);
    std::fill_n(at(kBytes), 4, u8{0});
    at(kBytes)[0] = 127, at(kBytes)[3] = 1;
  }

  u32 write(u32 fd, std::string_view text) {
    put(kText, text);
    put_iovec(kText, static_cast<u32>(text.size()));
    return call("fd_write", {fd, kIovecs, 1, kResult});
  }
  std::string read(u32 fd, u32 size = 64) {
    put_iovec(kOut, size);
    EXPECT_EQ(call("fd_read", {fd, kIovecs, 1, kResult}), 0u);
    return text_at(kOut, u32_at(kResult));
  }
  void set_nonblocking(u32 fd) { EXPECT_EQ(call("fd_fdstat_set_flags", {fd, kFdNonblock}), 0u); }
  // Waits for one event of `fd`, at most `milliseconds`; the event's type (0 clock, 1 read, 2 write) and error.
  std::pair<u32, u32> wait(u32 fd, u8 type, u64 milliseconds) {
    constexpr u32 kSubscriptions = 8192, kEvents = 9000;
    std::fill_n(at(kSubscriptions), 2 * kSubscriptionSize, u8{0});
    at(kSubscriptions + 8)[0] = type;
    store_le<u32>(at(kSubscriptions + 16), fd);
    store_le<u32>(at(kSubscriptions + 48 + 16), 1);
    store_le<u64>(at(kSubscriptions + 48 + 24), milliseconds * 1'000'000);
    EXPECT_EQ(call("poll_oneoff", {kSubscriptions, kEvents, 2, kResult}), 0u);
    return {at(kEvents)[10], load_le<u16>(at(kEvents + 8))};
  }

  std::vector<u8> memory;
  std::unique_ptr<host::Host> host;
  std::unique_ptr<Wasi> wasi;
};

TEST_F(SocketTest, WithoutNetEveryCallIsRefused) {
  size_t count = 0;
  for (const auto& function : socket_functions()) {
    u64 slots[16] = {};
    runtime::HostCall host_call{slots, memory.data(), memory.size()};
    EXPECT_EQ(function.call(wasi.get(), host_call), Trap::None);
    EXPECT_EQ(slots[0], number(Errno::Acces)) << function.name;
    ++count;
  }
  EXPECT_EQ(count, 48u + 13u);
}

TEST_F(SocketTest, NoTwoFunctionsHaveNameAndTypeInCommon) {
  std::vector<std::pair<std::string_view, std::vector<wasm::ValType>>> seen;
  for (const auto table : {functions(), socket_functions()}) {
    for (const auto& function : table) {
      EXPECT_EQ(function.module, "wasi_snapshot_preview1");
      std::pair item(function.name, std::vector<wasm::ValType>(function.params.begin(), function.params.end()));
      EXPECT_EQ(std::ranges::count(seen, item), 0) << function.name;
      seen.push_back(std::move(item));
    }
  }
}

TEST_F(SocketTest, ATcpConversation) {
  const Server server(SOCK_STREAM);
  start({server.entry()});
  const u32 fd = wamr_open(1);
  EXPECT_EQ(call("fd_fdstat_get", {fd, kOut}), 0u);
  EXPECT_EQ(at(kOut)[0], 6) << "SOCKET_STREAM";
  ASSERT_EQ(wamr_connect(fd, server.port()), 0u);
  const int peer = server.accept();
  ASSERT_NE(peer, -1);
  EXPECT_EQ(write(fd, "ping"), 0u);
  char buffer[64];
  EXPECT_EQ(::read(peer, buffer, sizeof buffer), 4);
  EXPECT_EQ(::write(peer, "pong!", 5), 5);
  EXPECT_EQ(wait(fd, 1, 1000).first, 1u);
  EXPECT_EQ(read(fd), "pong!");

  EXPECT_EQ(call("sock_addr_remote", {fd, kAddress}), 0u);
  EXPECT_EQ(u32_at(kAddress), 0u);
  EXPECT_EQ(text_at(kAddress + 4, 4), std::string("\x7f\0\0\1", 4));
  EXPECT_EQ(load_le<u16>(at(kAddress + 8)), server.port());
  EXPECT_EQ(call("sock_addr_local", {fd, kAddress}), 0u);
  EXPECT_NE(load_le<u16>(at(kAddress + 8)), 0);

  // Peeking leaves it there; half a shutdown ends one direction.
  EXPECT_EQ(::write(peer, "abc", 3), 3);
  put_iovec(kOut, 10);
  EXPECT_EQ(call("sock_recv", {fd, kIovecs, 1, 1, kResult, kResult + 8}), 0u);
  EXPECT_EQ(u32_at(kResult), 3u);
  EXPECT_EQ(read(fd), "abc");
  EXPECT_EQ(call("sock_shutdown", {fd, 2}), 0u);
  EXPECT_EQ(::read(peer, buffer, sizeof buffer), 0);
  EXPECT_EQ(::write(peer, "last", 4), 4);
  ::close(peer);
  EXPECT_EQ(read(fd), "last");
  EXPECT_EQ(read(fd), "");
  EXPECT_EQ(call("sock_close", {fd}), 0u);
  EXPECT_EQ(call("fd_close", {fd}), number(Errno::Badf));
}

TEST_F(SocketTest, WhatIsNotGrantedIsNotReached) {
  const Server granted(SOCK_STREAM);
  const Server other(SOCK_STREAM);
  start({granted.entry()});
  const u32 fd = wamr_open(1);
  EXPECT_EQ(wamr_connect(fd, other.port()), number(Errno::Acces));
  EXPECT_EQ(wamr_connect(fd, 0), number(Errno::Acces));
  edge_loopback();
  EXPECT_EQ(call("sock_connect", {fd, kAddress, other.port()}), number(Errno::Acces));
  EXPECT_EQ(call("sock_connect", {fd, kAddress, u32{65536} + granted.port()}), number(Errno::Inval));
  put(kText, "x");
  put_iovec(kText, 1);
  wamr_address(other.port());
  EXPECT_EQ(call("sock_send_to", {fd, kIovecs, 1, 0, kAddress, kResult}), number(Errno::Acces));
  EXPECT_EQ(other.accept(), -1);
  wamr_address(granted.port());
  for (const u32 kind : {2u, 3u, ~0u}) {
    store_le<u32>(at(kAddress), kind);
    EXPECT_EQ(call("sock_connect", {fd, kAddress}), number(Errno::Afnosupport));
  }
  EXPECT_EQ(wamr_connect(fd, granted.port()), 0u) << "a refusal leaves the socket usable";
}

TEST_F(SocketTest, ListeningIsRefused) {
  start({"127.0.0.1", "localhost", "[::1]", "0.0.0.0"});
  const u32 stream = wamr_open(1);
  wamr_address(0);
  EXPECT_EQ(call("sock_bind", {stream, kAddress}), number(Errno::Acces));
  EXPECT_EQ(call("sock_listen", {stream, 5}), number(Errno::Acces));
  const u32 datagram = wamr_open(0);
  wamr_address(5353);
  EXPECT_EQ(call("sock_bind", {datagram, kAddress}), number(Errno::Acces));
  edge_loopback();
  EXPECT_EQ(call("sock_bind", {datagram, kAddress, 5353}), number(Errno::Acces));
  EXPECT_EQ(call("sock_bind", {stream, kAddress, 0}), number(Errno::Acces));
  EXPECT_EQ(call("sock_bind", {datagram, kAddress, 0}), 0u);
  EXPECT_EQ(call("sock_addr_local", {datagram, kAddress}), 0u);
  EXPECT_NE(load_le<u16>(at(kAddress + 8)), 0);
  EXPECT_NE(call("sock_accept", {stream, 0, kResult}), 0u);
}

TEST_F(SocketTest, DatagramsAndStrangers) {
  const Server server(SOCK_DGRAM);
  const Server stranger(SOCK_DGRAM);
  start({server.entry()});
  const u32 fd = wamr_open(0);
  EXPECT_EQ(call("fd_fdstat_get", {fd, kOut}), 0u);
  EXPECT_EQ(at(kOut)[0], 5) << "SOCKET_DGRAM";
  put(kText, "hello");
  put_iovec(kText, 5);
  wamr_address(stranger.port());
  EXPECT_EQ(call("sock_send_to", {fd, kIovecs, 1, 0, kAddress, kResult}), number(Errno::Acces));
  wamr_address(server.port());
  ASSERT_EQ(call("sock_send_to", {fd, kIovecs, 1, 0, kAddress, kResult}), 0u);
  EXPECT_EQ(u32_at(kResult), 5u);
  EXPECT_EQ(call("sock_send_to", {fd, kIovecs, 1, 1, kAddress, kResult}), number(Errno::Inval));
  char buffer[64];
  sockaddr_in guest = {};
  socklen_t size = sizeof guest;
  pollfd item = {server.fd(), POLLIN, 0};
  ::poll(&item, 1, 1000);
  EXPECT_EQ(::recvfrom(server.fd(), buffer, sizeof buffer, 0, reinterpret_cast<sockaddr*>(&guest), &size), 5);

  // A stranger's datagram is thrown away by every way of reading, also by a peek, and leaves nothing behind.
  const auto send_from = [&](const Server& from, std::string_view text) {
    ::sendto(from.fd(), text.data(), text.size(), 0, reinterpret_cast<sockaddr*>(&guest), size);
  };
  set_nonblocking(fd);
  send_from(stranger, "evil");
  std::fill_n(at(kOut), 8, u8{'.'});
  put_iovec(kOut, 8);
  EXPECT_EQ(call("sock_recv", {fd, kIovecs, 1, 1, kResult, kResult + 8}), number(Errno::Again));
  EXPECT_EQ(text_at(kOut, 8), std::string("\0\0\0\0....", 8));
  send_from(stranger, "evil");
  send_from(server, "good");
  EXPECT_EQ(read(fd), "good");
  send_from(stranger, "evil");
  send_from(server, "longer than the buffer");
  put_iovec(kOut, 6);
  EXPECT_EQ(call("sock_recv_from", {fd, kIovecs, 1, 0, kAddress, kResult}), 0u);
  EXPECT_EQ(text_at(kOut, u32_at(kResult)), "longer");
  EXPECT_EQ(load_le<u16>(at(kAddress + 8)), server.port());
  put_iovec(kOut, 8);
  EXPECT_EQ(call("fd_read", {fd, kIovecs, 1, kResult}), number(Errno::Again));
  // Without a receiver there is nowhere to send to; connected there is.
  EXPECT_EQ(write(fd, "x"), number(Errno::Destaddrreq));
  EXPECT_EQ(wamr_connect(fd, stranger.port()), number(Errno::Acces));
  EXPECT_EQ(wamr_connect(fd, server.port()), 0u);
  EXPECT_EQ(write(fd, "x"), 0u);
  EXPECT_EQ(call("fd_fdstat_set_flags", {fd, 0}), 0u);
  EXPECT_EQ(call("sock_shutdown", {fd, 1}), 0u);
  EXPECT_EQ(read(fd), "") << "the end, not a wait for ever";
}

TEST_F(SocketTest, ConnectingWithoutWaiting) {
  const Server server(SOCK_STREAM);
  u16 closed_port = 0;
  {
    const Server gone(SOCK_STREAM);
    closed_port = gone.port();
  }
  start({server.entry(), "127.0.0.1:" + std::to_string(closed_port)});
  const u32 fd = wamr_open(1);
  set_nonblocking(fd);
  const u32 first = wamr_connect(fd, server.port());
  EXPECT_TRUE(first == 0 || first == number(Errno::Inprogress)) << first;
  EXPECT_EQ(wait(fd, 2, 1000).first, 2u);
  EXPECT_EQ(call("sock_getsockopt", {fd, 0, 2, kOut, 4}), 0u);
  EXPECT_EQ(u32_at(kOut), 0u);
  const int peer = server.accept();
  ASSERT_NE(peer, -1);
  put_iovec(kOut, 8);
  EXPECT_EQ(call("fd_read", {fd, kIovecs, 1, kResult}), number(Errno::Again));
  EXPECT_EQ(wait(fd, 1, 20).first, 0u) << "the clock comes first: there is nothing to read";
  wamr_connect(fd, server.port());  // some systems say yes once more
  EXPECT_EQ(wamr_connect(fd, server.port()), number(Errno::Isconn));
  ::close(peer);

  const u32 refused = wamr_open(1);
  set_nonblocking(refused);
  const u32 answer = wamr_connect(refused, closed_port);
  if (answer == number(Errno::Inprogress)) {
    EXPECT_EQ(wait(refused, 2, 1000).first, 2u);
    store_le<u32>(at(kResult), 4);
    EXPECT_EQ(call("sock_getsockopt", {refused, 0, 2, kOut, kResult}), 0u);
    EXPECT_EQ(u32_at(kOut), number(Errno::Connrefused));
  } else {
    EXPECT_EQ(answer, number(Errno::Connrefused));
  }
  EXPECT_EQ(call("sock_addr_remote", {refused, kAddress}), number(Errno::Notconn));
}

TEST_F(SocketTest, TimeoutsAndBrokenConnections) {
  const Server server(SOCK_STREAM);
  start({server.entry()});
  const u32 fd = wamr_open(1);
  EXPECT_EQ(call("sock_set_recv_timeout", {fd, 30'000}), 0u);
  EXPECT_EQ(call("sock_get_recv_timeout", {fd, kOut}), 0u);
  const u64 timeout = load_le<u64>(at(kOut));
  EXPECT_GE(timeout, 20'000u);  // the system rounds
  EXPECT_LE(timeout, 40'000u);
  EXPECT_EQ(call("sock_set_send_timeout", {fd, ~u64{0}}), 0u) << "for ever, more or less";
  ASSERT_EQ(wamr_connect(fd, server.port()), 0u);
  put_iovec(kOut, 8);
  EXPECT_EQ(call("fd_read", {fd, kIovecs, 1, kResult}), number(Errno::Again));
  // Writing to a closed connection is an error, not a signal.
  ::close(server.accept());
  u32 answer = 0;
  for (int i = 0; i < 10 && answer == 0; ++i) {
    answer = write(fd, "x");
    ::usleep(2000);
  }
  EXPECT_TRUE(answer == number(Errno::Pipe) || answer == number(Errno::Connreset)) << answer;
  put_iovec(kText, 1);
  EXPECT_EQ(call("sock_send", {fd, kIovecs, 1, 0, kResult}), number(Errno::Pipe));
}

TEST_F(SocketTest, Options) {
  start({"127.0.0.1"});
  const u32 fd = wamr_open(1);
  for (const std::string name : {"reuse_addr", "reuse_port", "keep_alive", "broadcast", "tcp_no_delay"}) {
    for (const u8 value : {1, 0}) {
      at(kOut)[0] = 0xee;
      EXPECT_EQ(call("sock_set_" + name, {fd, value}), 0u) << name;
      EXPECT_EQ(call("sock_get_" + name, {fd, kOut}), 0u) << name;
      EXPECT_EQ(at(kOut)[0], value) << name;
    }
  }
  for (const std::string name : {"tcp_keep_idle", "tcp_keep_intvl"}) {
    EXPECT_EQ(call("sock_set_" + name, {fd, 77}), 0u) << name;
    EXPECT_EQ(call("sock_get_" + name, {fd, kOut}), 0u) << name;
    EXPECT_EQ(u32_at(kOut), 77u) << name;
  }
  EXPECT_EQ(call("sock_set_recv_buf_size", {fd, 20000}), 0u);
  EXPECT_EQ(call("sock_get_recv_buf_size", {fd, kOut}), 0u);
  EXPECT_GE(u32_at(kOut), 20000u);
  EXPECT_EQ(call("sock_set_linger", {fd, 1, 5}), 0u);
  EXPECT_EQ(call("sock_get_linger", {fd, kOut, kOut + 4}), 0u);
  EXPECT_EQ(at(kOut)[0], 1);
  EXPECT_EQ(u32_at(kOut + 4), 5u);
  EXPECT_EQ(call("sock_set_linger", {fd, 0, 0}), 0u);
  EXPECT_EQ(call("sock_get_linger", {fd, kOut, kOut + 4}), 0u);
  EXPECT_EQ(at(kOut)[0], 0);
  EXPECT_EQ(call("sock_set_ip_ttl", {fd, 9}), 0u);
  EXPECT_EQ(call("sock_get_ip_ttl", {fd, kOut}), 0u);
  EXPECT_EQ(at(kOut)[0], 9);
  const u32 datagram = wamr_open(0);
  EXPECT_EQ(call("sock_set_ip_multicast_ttl", {datagram, 3}), 0u);
  EXPECT_EQ(call("sock_get_ip_multicast_ttl", {datagram, kOut}), 0u);
  EXPECT_EQ(at(kOut)[0], 3);
  EXPECT_EQ(call("sock_set_ip_multicast_loop", {datagram, 0, 0}), 0u);
  EXPECT_EQ(call("sock_get_ip_multicast_loop", {datagram, 0, kOut}), 0u);
  EXPECT_EQ(at(kOut)[0], 0);
  // Joining a group is receiving from whoever sends to it.
  std::fill_n(at(kAddress), 24, u8{0});
  at(kAddress + 4)[0] = 239;
  EXPECT_EQ(call("sock_set_ip_add_membership", {datagram, kAddress, 0}), number(Errno::Acces));
  EXPECT_EQ(call("sock_set_keep_alive", {99, 1}), number(Errno::Badf));
}

TEST_F(SocketTest, OptionsByNumber) {
  start({"127.0.0.1"});
  const u32 fd = wamr_open(1);
  store_le<u32>(at(kOut), 1);
  EXPECT_EQ(call("sock_setsockopt", {fd, 0, 7, kOut, 4}), 0u);
  store_le<u32>(at(kOut), 0);
  store_le<u32>(at(kResult), 8);
  EXPECT_EQ(call("sock_getsockopt", {fd, 0, 7, kOut, kResult}), 0u);
  EXPECT_EQ(u32_at(kOut), 1u);
  EXPECT_EQ(u32_at(kResult), 4u) << "the size of the answer";
  EXPECT_EQ(call("sock_getsockopt", {fd, 0, 1, kOut, 4}), 0u);
  EXPECT_EQ(u32_at(kOut), kWasmEdgeTypes[2]);
  store_le<u64>(at(kOut), 2);
  store_le<u64>(at(kOut + 8), 500'000);
  EXPECT_EQ(call("sock_setsockopt", {fd, 0, 11, kOut, 16}), 0u);
  store_le<u64>(at(kOut), 0);
  EXPECT_EQ(call("sock_getsockopt", {fd, 0, 11, kOut, 16}), 0u);
  EXPECT_EQ(load_le<u64>(at(kOut)), 2u);
  EXPECT_EQ(call("sock_setsockopt", {fd, 0, 11, kOut, 8}), number(Errno::Inval));
  EXPECT_EQ(call("sock_getsockopt", {fd, 0, 7, kOut, 3}), number(Errno::Inval));
  EXPECT_EQ(call("sock_getsockopt", {fd, 1, 7, kOut, 4}), number(Errno::Inval));
  EXPECT_EQ(call("sock_getsockopt", {fd, 0, 15, kOut, 4}), number(Errno::Inval));
  EXPECT_EQ(call("sock_setsockopt", {fd, 0, 14, kOut, 4}), number(Errno::Acces)) << "binding to a device";
  EXPECT_EQ(call("sock_setsockopt", {fd, 0, 7, kOut, kMemory}), number(Errno::Fault));
}

TEST_F(SocketTest, ResolvingInWamrForm) {
  start({"localhost:6379", "[2001:db8::5]", "192.0.2.7"});
  constexpr u32 kHost = 3000, kService = 3300, kHints = 3400, kList = 3500, kCount = 3480;
  const auto resolve = [&](std::string_view name, std::string_view service, u32 room) {
    put(kHost, name);
    put(kService, service);
    store_le<u32>(at(kCount), 0xeeee);
    return call("sock_addr_resolve", {kHost, kService, kHints, kList, room, kCount});
  };
  const auto hints = [&](u32 type, u32 family, u8 enabled) {
    store_le<u32>(at(kHints), type);
    store_le<u32>(at(kHints + 4), family);
    at(kHints + 8)[0] = enabled;
  };
  hints(1, 2, 1);
  EXPECT_EQ(resolve("LocalHost.", "6379", 4), 0u);
  EXPECT_EQ(u32_at(kCount), 2u);
  EXPECT_EQ(u32_at(kList), 0u);
  EXPECT_EQ(text_at(kList + 4, 4), std::string("\x7f\0\0\1", 4));
  EXPECT_EQ(load_le<u16>(at(kList + 8)), 6379);
  EXPECT_EQ(u32_at(kList + 24), 1u);
  EXPECT_EQ(u32_at(kList + 28), 1u);
  EXPECT_EQ(load_le<u16>(at(kList + 28 + 4 + 14)), 1) << "::1, in groups";
  EXPECT_EQ(load_le<u16>(at(kList + 28 + 20)), 6379);
  hints(0, 0, 0);
  EXPECT_EQ(resolve("localhost", "http", 1), 0u);
  EXPECT_EQ(u32_at(kCount), 4u) << "streams and datagrams of both, of which one fits";
  EXPECT_EQ(load_le<u16>(at(kList + 8)), 80);
  hints(~u32{0}, 1, 1);
  EXPECT_EQ(resolve("2001:db8::5", "", 4), 0u);
  EXPECT_EQ(u32_at(kCount), 2u);
  EXPECT_EQ(load_le<u16>(at(kList + 4)), 0x2001);
  EXPECT_EQ(load_le<u16>(at(kList + 6)), 0xdb8);
  hints(1, 1, 1);
  EXPECT_EQ(resolve("192.0.2.7", "", 4), 0u) << "no such address of this family: none, but no error";
  EXPECT_EQ(u32_at(kCount), 0u);
  hints(1, 2, 1);
  for (const std::string_view name :
       {"example.org", "127.0.0.1.example.org", "localhost.example.org", "127.1", "0x7f000001", "192.0.2.8", ""})
    EXPECT_EQ(resolve(name, "", 4), number(Errno::Acces)) << name;
  EXPECT_EQ(resolve("localhost", "nonesuch", 4), number(Errno::Inval));
  EXPECT_EQ(resolve("localhost", "65536", 4), number(Errno::Inval));
  EXPECT_EQ(resolve("localhost", "", 0x8000'0000), number(Errno::Fault)) << "a list that no memory holds";
  hints(7, 2, 1);
  EXPECT_EQ(resolve("localhost", "", 4), number(Errno::Inval));
  hints(1, 9, 1);
  EXPECT_EQ(resolve("localhost", "", 4), number(Errno::Afnosupport));
  // Text without an end.
  std::fill(memory.begin() + kOut, memory.end(), u8{'a'});
  EXPECT_EQ(call("sock_addr_resolve", {kOut, kService, kHints, kList, 1, kCount}), number(Errno::Nametoolong));
  EXPECT_EQ(call("sock_addr_resolve", {kMemory - 5, kService, kHints, kList, 1, kCount}), number(Errno::Fault));
}

TEST_F(SocketTest, ResolvingInWasmEdgeForm) {
  start({"localhost:6379"});
  constexpr u32 kHost = 3000, kService = 3300, kHints = 3400, kFirst = 3480, kCount = 3484, kRecords = 4000,
                kEnds = 5000, kData = 6000;
  const auto link = [&](u32 records, u32 data_size) {
    store_le<u32>(at(kFirst), kRecords);
    for (u32 i = 0; i < records; ++i) {
      u8* const record = at(kRecords + i * 28);
      std::fill_n(record, 28, u8{0});
      store_le<u32>(record + 12, kEnds + i * 12);
      store_le<u32>(record + 24, i + 1 < records ? kRecords + (i + 1) * 28 : 0);
      store_le<u32>(at(kEnds + i * 12 + 4), data_size);
      store_le<u32>(at(kEnds + i * 12 + 8), kData + i * 32);
    }
  };
  const auto resolve = [&](std::string_view name, std::string_view service, u32 room) {
    const u32 name_size = put(kHost, name), service_size = put(kService, service);
    return call("sock_getaddrinfo",
                {kHost, name_size + 1, kService, service_size + 1, kHints, kFirst, room, kCount});  // with their NULs
  };
  std::fill_n(at(kHints), 28, u8{0});
  at(kHints)[3] = 2;  // streams
  link(4, 26);
  EXPECT_EQ(resolve("localhost", "http", 4), 0u);
  EXPECT_EQ(u32_at(kCount), 2u);
  EXPECT_EQ(at(kRecords)[2], 1) << "family";
  EXPECT_EQ(at(kRecords)[3], 2) << "type";
  EXPECT_EQ(at(kRecords)[4], 1) << "protocol";
  EXPECT_EQ(at(kEnds)[0], 1);
  EXPECT_EQ(text_at(kData, 6), std::string("\0\x50\x7f\0\0\1", 6));
  EXPECT_EQ(at(kEnds + 12)[0], 2);
  EXPECT_EQ(at(kData + 32 + 2 + 15)[0], 1) << "::1 behind the port";
  link(4, 14);
  EXPECT_EQ(resolve("localhost", "6379", 4), 0u);
  EXPECT_EQ(u32_at(kCount), 1u) << "IPv6 does not fit into 14 bytes";
  link(1, 26);
  EXPECT_EQ(resolve("localhost", "", 1), 0u);
  EXPECT_EQ(u32_at(kCount), 1u);
  EXPECT_EQ(resolve("localhost", "", 0), 0u);
  EXPECT_EQ(u32_at(kCount), 0u);
  EXPECT_EQ(resolve("example.org", "", 1), number(Errno::Acces));
  EXPECT_EQ(resolve("localhost", "nonesuch", 1), number(Errno::Aiservice));
  at(kHints)[0] = 4;  // a numeric host only
  EXPECT_EQ(resolve("localhost", "", 1), number(Errno::Ainoname));
  at(kHints)[0] = 0;
  // Lists that lead nowhere, outside, or round.
  link(1, 26);
  EXPECT_EQ(resolve("localhost", "", 0xffff'ffff), 0u);
  EXPECT_EQ(u32_at(kCount), 1u) << "the second record is at 0 and has no room";
  store_le<u32>(at(kFirst), kMemory - 4);
  EXPECT_EQ(resolve("localhost", "", 2), number(Errno::Fault));
  link(2, 26);
  store_le<u32>(at(kRecords + 28 + 24), kRecords);
  EXPECT_EQ(resolve("localhost", "", 0xffff'ffff), 0u);
  store_le<u32>(at(kEnds + 4), 0xffff'ffff);
  EXPECT_EQ(resolve("localhost", "", 2), number(Errno::Fault));
  EXPECT_EQ(call("sock_getaddrinfo", {kHost, 0xffff'ffff, kService, 0, kHints, kFirst, 1, kCount}),
            number(Errno::Fault));
  EXPECT_EQ(call("sock_getaddrinfo", {kHost, 300, kService, 0, kHints, kFirst, 1, kCount}), number(Errno::Nametoolong));
}

TEST_F(SocketTest, AWasmEdgeConversation) {
  const Server server(SOCK_STREAM);
  const Server echo(SOCK_DGRAM);
  start({server.entry(), echo.entry()});
  EXPECT_EQ(call("sock_open", {3, 2, kResult}), number(Errno::Afnosupport)) << "Unix sockets";
  EXPECT_EQ(call("sock_open", {1, 0, kResult}), number(Errno::Protonosupport));
  EXPECT_EQ(call("sock_open", {1, 2, kResult}), 0u);
  const u32 fd = u32_at(kResult);
  edge_loopback();
  ASSERT_EQ(call("sock_connect", {fd, kAddress, server.port()}), 0u);
  const int peer = server.accept();
  ASSERT_NE(peer, -1);
  // The address in both of its forms.
  edge_address(16);
  EXPECT_EQ(call("sock_getpeeraddr", {fd, kAddress, kOut, kOut + 4}), 0u);
  EXPECT_EQ(u32_at(kOut), 4u);
  EXPECT_EQ(u32_at(kOut + 4), server.port());
  EXPECT_EQ(text_at(kBytes, 4), std::string("\x7f\0\0\1", 4));
  edge_address(128);
  EXPECT_EQ(call("sock_getpeeraddr", {fd, kAddress, kOut + 8}), 0u);
  EXPECT_EQ(u32_at(kOut + 8), server.port());
  EXPECT_EQ(text_at(kBytes, 6), std::string("\1\0\x7f\0\0\1", 6));
  EXPECT_EQ(call("sock_getpeeraddr", {fd, kAddress, kOut, kOut + 4}), number(Errno::Inval));
  edge_address(16);
  EXPECT_EQ(call("sock_getlocaladdr", {fd, kAddress, kOut}), number(Errno::Inval));
  ::close(peer);

  EXPECT_EQ(call("sock_open", {1, 1, kResult}), 0u);
  const u32 datagram = u32_at(kResult);
  edge_address(128);  // also as a receiver
  std::fill_n(at(kBytes), 128, u8{0});
  at(kBytes)[0] = 1, at(kBytes)[2] = 127, at(kBytes)[5] = 1;
  put(kText, "hi");
  put_iovec(kText, 2);
  EXPECT_EQ(call("sock_send_to", {datagram, kIovecs, 1, kAddress, echo.port(), 0, kResult}), 0u);
  EXPECT_EQ(call("sock_send_to", {datagram, kIovecs, 1, kAddress, echo.port() ^ 1u, 0, kResult}), number(Errno::Acces));
  at(kBytes)[0] = 3;
  EXPECT_EQ(call("sock_send_to", {datagram, kIovecs, 1, kAddress, echo.port(), 0, kResult}),
            number(Errno::Afnosupport));
  char buffer[8];
  sockaddr_in guest = {};
  socklen_t size = sizeof guest;
  pollfd item = {echo.fd(), POLLIN, 0};
  ::poll(&item, 1, 1000);
  EXPECT_EQ(::recvfrom(echo.fd(), buffer, sizeof buffer, 0, reinterpret_cast<sockaddr*>(&guest), &size), 2);
  EXPECT_EQ(::sendto(echo.fd(), "hello", 5, 0, reinterpret_cast<sockaddr*>(&guest), size), 5);
  put_iovec(kOut, 3);
  EXPECT_EQ(call("sock_recv_from", {datagram, kIovecs, 1, kAddress, 0, kResult, kResult + 4, kResult + 8}), 0u);
  EXPECT_EQ(load_le<u16>(at(kResult)), echo.port());
  EXPECT_EQ(text_at(kOut, u32_at(kResult + 4)), "hel");
  EXPECT_EQ(load_le<u16>(at(kResult + 8)), 1) << "the rest is lost";
  EXPECT_EQ(text_at(kBytes, 6), std::string("\1\0\x7f\0\0\1", 6));
}

TEST_F(SocketTest, IPv6) {
  const Server server(SOCK_STREAM, true);
  if (!server.ok()) GTEST_SKIP() << "no IPv6 loopback";
  start({"[::1]:" + std::to_string(server.port())});
  const u32 fd = wamr_open(1, 1);
  ASSERT_EQ(wamr_connect(fd, server.port(), true), 0u);
  EXPECT_EQ(call("sock_addr_remote", {fd, kAddress}), 0u);
  EXPECT_EQ(u32_at(kAddress), 1u);
  EXPECT_EQ(load_le<u16>(at(kAddress + 4 + 14)), 1);
  EXPECT_EQ(load_le<u16>(at(kAddress + 20)), server.port());
  edge_address(4);
  EXPECT_EQ(call("sock_getpeeraddr", {fd, kAddress, kOut, kOut + 4}), number(Errno::Inval)) << "it does not fit";
}

// An IPv4-mapped address on an IPv6 socket is the IPv4 address, for the gate and for the system.
TEST_F(SocketTest, MappedAddresses) {
  const Server server(SOCK_STREAM);
  const Server other(SOCK_STREAM);
  start({server.entry()});
  if (call("sock_open", {2, 2, kResult}) != 0) GTEST_SKIP() << "no IPv6";
  const u32 fd = u32_at(kResult);
  edge_address(16);
  std::fill_n(at(kBytes), 16, u8{0});
  at(kBytes)[10] = at(kBytes)[11] = 0xff;
  at(kBytes)[12] = 127, at(kBytes)[15] = 1;
  EXPECT_EQ(call("sock_connect", {fd, kAddress, other.port()}), number(Errno::Acces));
  EXPECT_EQ(call("sock_connect", {fd, kAddress, server.port()}), 0u);
}

TEST_F(SocketTest, DescriptorsAreNumbersLikeOthers) {
  const Server server(SOCK_STREAM);
  start({server.entry()});
  const u32 a = wamr_open(1);
  const u32 b = wamr_open(1);
  ASSERT_EQ(wamr_connect(a, server.port()), 0u);
  EXPECT_EQ(call("fd_renumber", {a, b}), 0u);
  EXPECT_EQ(call("sock_addr_remote", {a, kAddress}), number(Errno::Badf));
  EXPECT_EQ(call("sock_addr_remote", {b, kAddress}), 0u);
  EXPECT_EQ(call("fd_close", {b}), 0u);
  EXPECT_EQ(call("sock_addr_remote", {b, kAddress}), number(Errno::Badf));
  EXPECT_EQ(call("fd_seek", {wamr_open(1), 0, 0, kResult}) != 0, true);
  u32 last = 0;
  while (last == 0) last = call("sock_open", {0, 0, 1, kResult});
  EXPECT_EQ(last, number(Errno::Mfile));
}

// Whatever the numbers are, a call answers and touches nothing outside.
TEST_F(SocketTest, HostileArguments) {
  start({"127.0.0.1"});
  const u32 fd = wamr_open(1);
  const u32 datagram = wamr_open(0);
  for (const auto& function : socket_functions()) {
    for (const u64 value :
         {u64{0}, u64{fd}, u64{datagram}, u64{kMemory - 1}, u64{kMemory}, u64{0x7fff'ffff}, u64{0xffff'ffff}}) {
      for (const u32 socket : {fd, datagram, u32{99}}) {
        if (function.name == "sock_close") continue;
        u64 slots[16] = {socket};
        std::fill_n(slots + 1, 15, value);
        set_nonblocking(fd), set_nonblocking(datagram);
        runtime::HostCall host_call{slots, memory.data(), memory.size()};
        EXPECT_EQ(function.call(wasi.get(), host_call), Trap::None) << function.name;
        u64 none[16] = {socket};
        std::fill_n(none + 1, 15, value);
        runtime::HostCall no_memory{none, nullptr, 0};
        EXPECT_EQ(function.call(wasi.get(), no_memory), Trap::None) << function.name;
      }
    }
  }
  wamr_address(80);
  EXPECT_EQ(call("sock_send_to", {datagram, kIovecs, 1025, 0, kAddress, kResult}), number(Errno::Inval))
      << "too many buffers";
  put_iovec(kMemory - 1, 2);
  EXPECT_EQ(call("sock_send_to", {datagram, kIovecs, 1, 0, kAddress, kResult}), number(Errno::Fault));
  EXPECT_EQ(call("sock_recv_from", {datagram, kIovecs, 1, 8, kAddress, kResult}), number(Errno::Fault));
  EXPECT_EQ(call("sock_connect", {fd, kMemory - 23}), number(Errno::Fault));
  edge_address(5);
  EXPECT_EQ(call("sock_connect", {fd, kAddress, 80}), number(Errno::Inval));
  edge_address(0xffff'ffff);
  EXPECT_EQ(call("sock_connect", {fd, kAddress, 80}), number(Errno::Fault));
}

}  // namespace
}  // namespace hermit::wasi1
