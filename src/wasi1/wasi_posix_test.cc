// WASI preview 1 on what only POSIX systems have, or what they make differently: pipes and sockets by number, symbolic
// links, signals, modes.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wasi1/wasi_test.h"

namespace hermit::wasi1 {
namespace {

TEST_F(WasiTest, LinksThroughTheInterface) {
  put(kText, "target");
  put(kText2, "link");
  EXPECT_EQ(call("path_symlink", {kText, 6, kRw, kText2, 4}), 0u);
  EXPECT_EQ(call("path_readlink", {kRw, kText2, 4, kOut, 100, kResult}), 0u);
  EXPECT_EQ(text_at(kOut, u32_at(kResult)), "target");
  EXPECT_EQ(call("path_readlink", {kRw, kText2, 4, kOut, 3, kResult}), 0u);
  EXPECT_EQ(u32_at(kResult), 3u);
  EXPECT_EQ(call("path_filestat_get", {kRw, 0, kText2, 4, kOut}), 0u);
  EXPECT_EQ(memory[kOut + 16], 7);
  EXPECT_EQ(call("path_filestat_get", {kRw, 1, kText2, 4, kOut}), number(Errno::Noent));
  put(kText, "/etc/x");
  EXPECT_EQ(call("path_symlink", {kText, 6, kRw, kText2, 4}), number(Errno::Perm));
}

TEST_F(PollTest, PipesFilesAndBadDescriptors) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const u32 reader = adopt(ends[0]);
  subscribe_fd(0, 1, 1, reader);
  subscribe_clock(1, 2, 1, 5'000'000, 0);
  EXPECT_EQ(poll(2), 0u);
  EXPECT_EQ(u32_at(kResult), 1u);
  EXPECT_EQ(event_user(0), 2u);  // nothing to read yet
  ASSERT_EQ(::write(ends[1], "abc", 3), 3);
  EXPECT_EQ(poll(2), 0u);
  EXPECT_EQ(event_user(0), 1u);
  EXPECT_EQ(event_type(0), 1);
  EXPECT_EQ(event_bytes(0), 3u);
  EXPECT_EQ(event_flags(0), 0);
  ::close(ends[1]);
  EXPECT_EQ(read(reader), "abc");
  EXPECT_EQ(poll(1), 0u);
  EXPECT_EQ(event_flags(0), 1);  // the writer is gone
  const u32 file = must_open("file", kOpenCreate);
  subscribe_fd(0, 3, 1, file);
  subscribe_fd(1, 4, 2, file);
  subscribe_fd(2, 5, 1, 999);
  subscribe_clock(3, 6, 1, ~u64{0}, 0);
  EXPECT_EQ(poll(4), 0u);
  EXPECT_EQ(u32_at(kResult), 3u);
  EXPECT_EQ(event_user(2), 5u);
  EXPECT_EQ(event_error(2), number(Errno::Badf));
  record(0, 0, 3);
  EXPECT_EQ(poll(1), number(Errno::Inval));
}

TEST_F(PollTest, Sockets) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  const u32 socket = adopt(ends[0]);
  put(kText, "ping");
  put_iovec(0, kText, 4);
  EXPECT_EQ(call("sock_send", {socket, kIovecs, 1, 0, kResult}), 0u);
  EXPECT_EQ(u32_at(kResult), 4u);
  char text[8];
  EXPECT_EQ(::read(ends[1], text, sizeof text), 4);
  ASSERT_EQ(::write(ends[1], "pong", 4), 4);
  put_iovec(0, kOut, 100);
  EXPECT_EQ(call("sock_recv", {socket, kIovecs, 1, 1, kResult, kResult + 4}), 0u);  // a look
  EXPECT_EQ(call("sock_recv", {socket, kIovecs, 1, 0, kResult, kResult + 4}), 0u);
  EXPECT_EQ(text_at(kOut, u32_at(kResult)), "pong");
  EXPECT_EQ(u16_at(kResult + 4), 0);
  EXPECT_EQ(call("sock_send", {socket, kIovecs, 1, 1, kResult}), number(Errno::Inval));
  EXPECT_EQ(call("sock_shutdown", {socket, 4}), number(Errno::Inval));
  EXPECT_EQ(call("sock_shutdown", {socket, 2}), 0u);
  EXPECT_EQ(::read(ends[1], text, sizeof text), 0);
  EXPECT_EQ(call("sock_accept", {socket, 0, kResult}), number(Errno::Inval));
  ::close(ends[1]);
  const u32 file = must_open("file", kOpenCreate);
  EXPECT_EQ(call("sock_shutdown", {file, 3}), number(Errno::Notsock));
  EXPECT_EQ(call("sock_recv", {file, kIovecs, 1, 0, kResult, kResult + 4}), number(Errno::Notsock));
  EXPECT_EQ(call("sock_send", {file, kIovecs, 1, 0, kResult}), number(Errno::Notsock));
  EXPECT_EQ(call("sock_accept", {file, 0, kResult}), number(Errno::Notsock));
  EXPECT_EQ(call("sock_shutdown", {999, 3}), number(Errno::Badf));
}

TEST_F(WasiTest, RaiseKnowsItsSignals) {
  EXPECT_EQ(call("proc_raise", {0}), 0u);
  EXPECT_EQ(call("proc_raise", {31}), number(Errno::Inval));
  EXPECT_EXIT(call("proc_raise", {15}), testing::KilledBySignal(SIGTERM), "");
}

TEST_F(WasiTest, SetExecutableIsAGrant) {
  EXPECT_TRUE(extension_functions(box.host()).empty());
  host::Config config;
  config.preopens = {{.guest_path = "/", .host_path = box.at("rw")}};
  config.set_executable = true;
  auto host = host::Host::create(std::move(config));
  ASSERT_TRUE(host);
  Wasi granted(**host);
  const auto table = extension_functions(**host);
  ASSERT_EQ(table.size(), 1u);
  EXPECT_EQ(table[0].module, "hermit");
  EXPECT_EQ(table[0].name, "set_executable");
  box.write("rw/tool", "x");
  auto file = (*host)->open(*(*host)->descriptors().find(3), "tool", {.write = true});
  const u32 fd = *(*host)->descriptors().insert(std::move(*file));
  u64 slots[1] = {fd};
  runtime::HostCall host_call{slots, memory.data(), memory.size()};
  EXPECT_EQ(table[0].call(&granted, host_call), Trap::None);
  EXPECT_EQ(slots[0], 0u);
  struct stat st{};
  ASSERT_EQ(::stat(box.at("rw/tool").c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 0111u, 0111u);
}

// A moment before 1970 has no number: it reads as 0.
TEST_F(WasiTest, TimesBeforeTheEpoch) {
  const u32 fd = must_open("file", kOpenCreate);
  const timespec times[2] = {{-5, 0}, {-5, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, box.at("rw/file").c_str(), times, 0), 0);
  EXPECT_EQ(call("fd_filestat_get", {fd, kOut}), 0u);
  EXPECT_EQ(u64_at(kOut + 48), 0u);
}

// The guest hands over an archive and its arguments; what is not in its memory, or does not end in NUL, is refused.
TEST_F(WasiTest, RunIsAGrantAndCopiesWhatItGets) {
  host::Config config;
  config.run = true;
  auto host = host::Host::create(std::move(config));
  ASSERT_TRUE(host);
  Wasi granted(**host);
  const auto table = extension_functions(**host);
  ASSERT_EQ(table.size(), 1u);
  EXPECT_EQ(table[0].name, "run");
  std::vector<u8> guest(64);
  std::memcpy(guest.data(), "archivename\0one\0\0", 18);
  const auto call_run = [&](u64 archive, u64 archive_size, u64 text, u64 text_size) {
    u64 slots[4] = {archive, archive_size, text, text_size};
    runtime::HostCall host_call{slots, guest.data(), guest.size()};
    const Trap trap = table[0].call(&granted, host_call);
    return trap == Trap::Exit ? std::string("exit") : std::to_string(slots[0]);
  };
  EXPECT_EQ(call_run(0, 65, 7, 10), std::to_string(number(Errno::Fault)));
  EXPECT_EQ(call_run(0, 7, 60, 5), std::to_string(number(Errno::Fault)));
  EXPECT_EQ(call_run(0, 7, 7, 3), std::to_string(number(Errno::Inval)));
  EXPECT_EQ(call_run(0, 7, 7, 0), std::to_string(number(Errno::Inval)));
  EXPECT_FALSE(granted.run_request);
  EXPECT_EQ(call_run(0, 7, 7, 10), "exit");
  ASSERT_TRUE(granted.run_request);
  EXPECT_EQ(as_text(granted.run_request->archive), "archive");
  EXPECT_EQ(granted.run_request->arguments, (std::vector<std::string>{"name", "one", ""}));
}

}  // namespace
}  // namespace hermit::wasi1
