// A guest's side of the functions, for their tests: numbers in slots, a small memory, and a sandbox of files.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/endian.h"
#include "host/sandbox_test.h"
#include "os/clock.h"
#include "wasi1/errno.h"
#include "wasi1/layout.h"
#include "wasi1/wasi.h"

namespace hermit::wasi1 {

inline constexpr u32 kMemory = 65536;
inline constexpr u32 kIovecs = 1024;   // addresses the tests use
inline constexpr u32 kText = 2048;
inline constexpr u32 kText2 = 12288;
inline constexpr u32 kOut = 40960;
inline constexpr u32 kResult = 512;
inline constexpr u32 kRw = 3, kRo = 4;
inline constexpr u64 kAll = ~u64{0};

class WasiTest : public testing::Test {
 protected:
  WasiTest() : box(false), memory(kMemory), wasi(box.host()) {}

  // Calls a function; the answer is its errno as a number.
  u32 call(std::string_view name, std::initializer_list<u64> args) {
    const auto table = functions();
    const auto found = std::find_if(table.begin(), table.end(), [&](const auto& f) { return f.name == name; });
    EXPECT_NE(found, table.end()) << name;
    EXPECT_EQ(found->params.size(), args.size()) << name;
    u64 slots[16] = {};
    std::copy(args.begin(), args.end(), slots);
    runtime::HostCall host_call{slots, memory.data(), memory.size()};
    trap = found->call(&wasi, host_call);
    return static_cast<u32>(slots[0]);
  }
  static u32 number(Errno error) { return static_cast<u32>(error); }

  u32 put(u32 address, std::string_view text) {
    std::copy(text.begin(), text.end(), memory.begin() + address);
    return static_cast<u32>(text.size());
  }
  void put_iovec(u32 index, u32 address, u32 length) {
    store_le<u32>(memory.data() + kIovecs + size_t{index} * 8, address);
    store_le<u32>(memory.data() + kIovecs + size_t{index} * 8 + 4, length);
  }
  u32 u32_at(u32 address) { return load_le<u32>(memory.data() + address); }
  u64 u64_at(u32 address) { return load_le<u64>(memory.data() + address); }
  u16 u16_at(u32 address) { return load_le<u16>(memory.data() + address); }
  std::string text_at(u32 address, u32 length) {
    return std::string(memory.begin() + address, memory.begin() + address + length);
  }

  u32 open(std::string_view path, u32 open_flags = 0, u64 base = kAll, u32 fd_flags = 0, u32 directory = kRw) {
    const u32 length = put(kText, path);
    return call("path_open", {directory, kSymlinkFollow, kText, length, open_flags, base, kAll, fd_flags, kResult});
  }
  u32 must_open(std::string_view path, u32 open_flags = 0, u64 base = kAll, u32 fd_flags = 0) {
    EXPECT_EQ(open(path, open_flags, base, fd_flags), 0u) << path;
    return u32_at(kResult);
  }
  u32 write(u32 fd, std::string_view text) {
    put(kText, text);
    put_iovec(0, kText, static_cast<u32>(text.size()));
    return call("fd_write", {fd, kIovecs, 1, kResult});
  }
  std::string read(u32 fd, u32 size = 64) {
    put_iovec(0, kOut, size);
    EXPECT_EQ(call("fd_read", {fd, kIovecs, 1, kResult}), 0u);
    return text_at(kOut, u32_at(kResult));
  }

  host::Sandbox box;
  std::vector<u8> memory;
  Wasi wasi;
  Trap trap = Trap::None;
};

class PollTest : public WasiTest {
 protected:
  void subscribe_clock(u32 index, u64 user, u32 clock, u64 timeout, u32 flags) {
    u8* const p = record(index, user, 0);
    store_le<u32>(p + 16, clock);
    store_le<u64>(p + 24, timeout);
    store_le<u16>(p + 40, static_cast<u16>(flags));
  }
  void subscribe_fd(u32 index, u64 user, u8 type, u32 fd) { store_le<u32>(record(index, user, type) + 16, fd); }
  u8* record(u32 index, u64 user, u8 type) {
    u8* const p = memory.data() + kText + size_t{index} * kSubscriptionSize;
    std::fill(p, p + kSubscriptionSize, u8{0});
    store_le<u64>(p, user);
    p[8] = type;
    return p;
  }
  u32 poll(u32 count) { return call("poll_oneoff", {kText, kOut, count, kResult}); }
  u64 event_user(u32 i) { return u64_at(kOut + i * kEventSize); }
  u16 event_error(u32 i) { return u16_at(kOut + i * kEventSize + 8); }
  u8 event_type(u32 i) { return memory[kOut + i * kEventSize + 10]; }
  u64 event_bytes(u32 i) { return u64_at(kOut + i * kEventSize + 16); }
  u16 event_flags(u32 i) { return u16_at(kOut + i * kEventSize + 24); }
  static u64 now(os::Clock clock) { return os::clock_time(clock).value(); }

  // Gives one end of a pipe to the guest.
  u32 adopt(os::Handle::Raw end) {
    host::Descriptor pipe;
    pipe.handle = os::Handle(end);
    pipe.type = os::status(pipe.handle)->type;
    pipe.readable = pipe.writable = true;
    pipe.api_rights = pipe.type == os::FileType::SocketStream ? rights::kSocket : rights::kFile;
    return *box.host().descriptors().insert(std::move(pipe));
  }
};

}  // namespace hermit::wasi1
