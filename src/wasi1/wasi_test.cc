// WASI preview 1 as a guest calls it, with whatever nonsense may stand in its arguments; on every system.
#include "wasi1/wasi_test.h"

namespace hermit::wasi1 {
namespace {

TEST_F(WasiTest, HasAllFortySixFunctionsOnce) {
  const auto table = functions();
  EXPECT_EQ(table.size(), 46u);
  for (const auto& f : table) {
    EXPECT_EQ(f.module, "wasi_snapshot_preview1");
    EXPECT_EQ(std::count_if(table.begin(), table.end(), [&](const auto& g) { return g.name == f.name; }), 1);
    EXPECT_EQ(f.results.size(), f.name == "proc_exit" ? 0u : 1u) << f.name;
  }
}

TEST_F(WasiTest, ExitKeepsItsCode) {
  call("proc_exit", {33});
  EXPECT_EQ(trap, Trap::Exit);
  EXPECT_EQ(wasi.exit_code, 33u);
}

TEST_F(WasiTest, ArgumentsAndEnvironment) {
  EXPECT_EQ(call("args_sizes_get", {kResult, kResult + 4}), 0u);
  EXPECT_EQ(u32_at(kResult), 1u);
  EXPECT_EQ(u32_at(kResult + 4), 8u);
  EXPECT_EQ(call("args_get", {kResult, kOut}), 0u);
  EXPECT_EQ(u32_at(kResult), kOut);
  EXPECT_EQ(text_at(kOut, 8), std::string("program\0", 8));
  EXPECT_EQ(call("environ_sizes_get", {kResult, kResult + 4}), 0u);
  EXPECT_EQ(u32_at(kResult), 0u);
  EXPECT_EQ(call("args_get", {kMemory - 3, kOut}), number(Errno::Fault));
  EXPECT_EQ(call("args_get", {kResult, kMemory - 7}), number(Errno::Fault));
}

TEST_F(WasiTest, PreopensAreNumberedFromThree) {
  EXPECT_EQ(call("fd_prestat_get", {kRw, kResult}), 0u);
  EXPECT_EQ(u32_at(kResult), 0u);
  EXPECT_EQ(u32_at(kResult + 4), 3u);
  EXPECT_EQ(call("fd_prestat_dir_name", {kRw, kOut, 3}), 0u);
  EXPECT_EQ(text_at(kOut, 3), "/rw");
  EXPECT_EQ(call("fd_prestat_dir_name", {kRw, kOut, 2}), number(Errno::Nametoolong));
  EXPECT_EQ(call("fd_prestat_dir_name", {kRw, kMemory - 2, 3}), number(Errno::Fault));
  EXPECT_EQ(call("fd_prestat_get", {5, kResult}), number(Errno::Badf));
}

TEST_F(WasiTest, ReadWriteSeek) {
  const u32 fd = must_open("file", kOpenCreate);
  EXPECT_EQ(write(fd, "hello world"), 0u);
  EXPECT_EQ(call("fd_seek", {fd, static_cast<u64>(i64{-5}), 1, kResult}), 0u);
  EXPECT_EQ(u64_at(kResult), 6u);
  EXPECT_EQ(read(fd), "world");
  EXPECT_EQ(call("fd_tell", {fd, kResult}), 0u);
  EXPECT_EQ(u64_at(kResult), 11u);
  EXPECT_EQ(call("fd_seek", {fd, static_cast<u64>(i64{-1}), 0, kResult}), number(Errno::Inval));
  EXPECT_EQ(call("fd_seek", {fd, 0, 3, kResult}), number(Errno::Inval));
  put_iovec(0, kOut, 2);
  put_iovec(1, kOut + 100, 0);
  put_iovec(2, kOut + 2, 3);
  EXPECT_EQ(call("fd_pread", {fd, kIovecs, 3, 1, kResult}), 0u);
  EXPECT_EQ(text_at(kOut, u32_at(kResult)), "ello ");
  EXPECT_EQ(call("fd_pread", {fd, kIovecs, 1, u64{1} << 63, kResult}), number(Errno::Inval));
}

TEST_F(WasiTest, AppendModeAndPositionedWrites) {
  const u32 fd = must_open("log", kOpenCreate, kAll, kFdAppend);
  EXPECT_EQ(write(fd, "one"), 0u);
  EXPECT_EQ(call("fd_seek", {fd, 0, 0, kResult}), 0u);
  EXPECT_EQ(write(fd, "two"), 0u);
  EXPECT_EQ(box.read("rw/log"), "onetwo");
  put(kText, "X");
  put_iovec(0, kText, 1);
  EXPECT_EQ(call("fd_pwrite", {fd, kIovecs, 1, 1, kResult}), 0u);
  EXPECT_EQ(box.read("rw/log"), "oXetwo");  // at its offset, although the file is in append mode
  EXPECT_EQ(write(fd, "!"), 0u);
  EXPECT_EQ(box.read("rw/log"), "oXetwo!");  // and the mode has survived
  EXPECT_EQ(call("fd_fdstat_set_flags", {fd, 0}), 0u);
  EXPECT_EQ(call("fd_seek", {fd, 0, 0, kResult}), 0u);
  EXPECT_EQ(write(fd, "_"), 0u);
  EXPECT_EQ(box.read("rw/log"), "_Xetwo!");
  EXPECT_EQ(call("fd_fdstat_set_flags", {fd, kFdSync}), number(Errno::Inval));
  EXPECT_EQ(call("fd_fdstat_set_flags", {fd, 32}), number(Errno::Inval));
}

TEST_F(WasiTest, RightsDecideHowAFileIsOpened) {
  box.write("rw/file", "text");
  const u32 reader = must_open("file", 0, rights::kFdRead);
  EXPECT_EQ(write(reader, "x"), number(Errno::Badf));
  EXPECT_EQ(call("fd_filestat_set_size", {reader, 0}), number(Errno::Notcapable));
  const u32 writer = must_open("file", 0, rights::kFdWrite);
  put_iovec(0, kOut, 4);
  EXPECT_EQ(call("fd_read", {writer, kIovecs, 1, kResult}), number(Errno::Badf));
  EXPECT_EQ(call("fd_fdstat_get", {reader, kOut}), 0u);
  EXPECT_EQ(memory[kOut], 4);
  EXPECT_EQ(u64_at(kOut + 8), rights::kFdRead);
  // Rights can be given up, never won.
  EXPECT_EQ(call("fd_fdstat_set_rights", {reader, 0, 0}), 0u);
  EXPECT_EQ(call("fd_fdstat_set_rights", {reader, rights::kFdRead, 0}), number(Errno::Notcapable));
  EXPECT_EQ(call("fd_read", {reader, kIovecs, 1, kResult}), number(Errno::Badf));
  // A directory that passes on no writing opens nothing for writing.
  EXPECT_EQ(call("fd_fdstat_set_rights", {kRw, rights::kDirectory, rights::kFdRead}), 0u);
  EXPECT_EQ(open("file", 0, rights::kFdWrite), number(Errno::Notcapable));
  EXPECT_EQ(open("file", 0, rights::kFdRead), 0u);
  EXPECT_EQ(call("fd_fdstat_set_rights", {kRw, rights::kPathOpen, rights::kFdRead}), 0u);
  EXPECT_EQ(open("new", kOpenCreate, rights::kFdRead), number(Errno::Notcapable));
  EXPECT_EQ(open("file", kOpenTruncate, rights::kFdRead), number(Errno::Notcapable));
  EXPECT_EQ(box.read("rw/file"), "text");
}

TEST_F(WasiTest, DirectoriesAreNoFiles) {
  const u32 directory = must_open(".", kOpenDirectory, kAll & ~rights::kFdWrite);
  put_iovec(0, kOut, 4);
  EXPECT_EQ(call("fd_read", {directory, kIovecs, 1, kResult}), number(Errno::Isdir));
  EXPECT_EQ(write(directory, "x"), number(Errno::Isdir));
  EXPECT_EQ(call("fd_seek", {directory, 0, 1, kResult}), number(Errno::Isdir));
  EXPECT_EQ(call("fd_allocate", {directory, 0, 1}), number(Errno::Isdir));
  EXPECT_EQ(call("fd_filestat_set_size", {directory, 0}), number(Errno::Isdir));
  EXPECT_EQ(open(".", kOpenDirectory, rights::kFdRead | rights::kFdWrite), number(Errno::Isdir));
  const u32 file = must_open("file", kOpenCreate);
  EXPECT_EQ(open("x", 0, kAll, 0, file), number(Errno::Notdir));
  EXPECT_EQ(call("fd_readdir", {file, kOut, 100, 0, kResult}), number(Errno::Notdir));
}

TEST_F(WasiTest, PathsOutOfTheGrantAreRefused) {
  EXPECT_EQ(open("../secret"), number(Errno::Perm));
  EXPECT_EQ(open("/etc/passwd"), number(Errno::Perm));
  EXPECT_EQ(open("missing"), number(Errno::Noent));
  EXPECT_EQ(open("file", kOpenCreate, kAll, 0, kRo), number(Errno::Rofs));
  EXPECT_EQ(open("file", 0, rights::kFdRead, 0, kRo), 0u);
  EXPECT_EQ(open("x", 16), number(Errno::Inval));
  EXPECT_EQ(open("x", 0, kAll, 32), number(Errno::Inval));
  EXPECT_EQ(call("path_open", {kRw, 2, kText, 1, 0, 0, 0, 0, kResult}), number(Errno::Inval));
}

TEST_F(WasiTest, BadPointersAreFaultsAndChangeNothing) {
  const u32 fd = must_open("file", kOpenCreate);
  for (const u64 bad : {u64{kMemory - 3}, u64{kMemory}, u64{0xffffffff}, u64{0xfffffffc}}) {
    EXPECT_EQ(call("fd_write", {fd, bad, 1, kResult}), number(Errno::Fault));
    EXPECT_EQ(call("fd_read", {fd, bad, 1, kResult}), number(Errno::Fault));
    put_iovec(0, kText, 4);
    EXPECT_EQ(call("fd_write", {fd, kIovecs, 1, bad}), number(Errno::Fault));
    EXPECT_EQ(call("fd_filestat_get", {fd, bad}), number(Errno::Fault));
    EXPECT_EQ(call("fd_fdstat_get", {fd, bad}), number(Errno::Fault));
    EXPECT_EQ(call("clock_time_get", {0, 0, bad}), number(Errno::Fault));
    EXPECT_EQ(call("random_get", {bad, 8}), number(Errno::Fault));
    EXPECT_EQ(call("fd_readdir", {kRw, bad, 8, 0, kResult}), number(Errno::Fault));
    EXPECT_EQ(call("path_open", {kRw, 0, bad, 8, kOpenCreate, 0, 0, 0, kResult}), number(Errno::Fault));
    EXPECT_EQ(call("poll_oneoff", {bad, kOut, 1, kResult}), number(Errno::Fault));
    EXPECT_EQ(call("poll_oneoff", {kOut, bad, 1, kResult}), number(Errno::Fault));
    const u32 length = put(kText, "created");
    EXPECT_EQ(call("path_open", {kRw, 0, kText, length, kOpenCreate, 0, 0, 0, bad}), number(Errno::Fault));
    put_iovec(0, static_cast<u32>(bad), 4);
    EXPECT_EQ(call("fd_write", {fd, kIovecs, 1, kResult}), number(Errno::Fault));
  }
  put_iovec(0, kText, 0xffffffff);
  EXPECT_EQ(call("fd_write", {fd, kIovecs, 1, kResult}), number(Errno::Fault));
  EXPECT_EQ(box.read("rw/file"), "");
  EXPECT_FALSE(box.exists("rw/created"));
}

TEST_F(WasiTest, TheLastBytesOfMemoryWork) {
  EXPECT_EQ(call("clock_time_get", {0, 0, kMemory - 8}), 0u);
  EXPECT_EQ(call("random_get", {kMemory - 8, 8}), 0u);
  EXPECT_EQ(call("random_get", {kMemory, 0}), 0u);
  EXPECT_EQ(call("random_get", {kMemory + 1, 0}), number(Errno::Fault));
  EXPECT_EQ(call("random_get", {0, kMemory}), 0u);
  EXPECT_NE(std::count(memory.begin(), memory.end(), u8{0}), kMemory);
  EXPECT_EQ(call("random_get", {0, 0xffffffff}), number(Errno::Fault));
}

TEST_F(WasiTest, HugeCountsAreRefused) {
  const u32 fd = must_open("file", kOpenCreate);
  EXPECT_EQ(call("fd_write", {fd, 0, 1025, kResult}), number(Errno::Inval));
  EXPECT_EQ(call("fd_read", {fd, 0, 0xffffffff, kResult}), number(Errno::Inval));
  EXPECT_EQ(call("fd_write", {fd, kIovecs, 0, kResult}), 0u);
  EXPECT_EQ(u32_at(kResult), 0u);
  EXPECT_EQ(call("poll_oneoff", {0, 0, 0, kResult}), number(Errno::Inval));
  EXPECT_EQ(call("poll_oneoff", {0, 0, 0xffffffff, kResult}), number(Errno::Inval));
  EXPECT_EQ(call("poll_oneoff", {0, 0, 4097, kResult}), number(Errno::Inval));
  EXPECT_EQ(call("path_open", {kRw, 0, 0, 0xffffffff, 0, 0, 0, 0, kResult}), number(Errno::Fault));
  EXPECT_EQ(call("path_open", {kRw, 0, 0, 5000, 0, 0, 0, 0, kResult}), number(Errno::Nametoolong));
  // 1024 buffers of the whole memory: a short read of what is there, no overflow.
  box.write("rw/file", "abc");
  for (u32 i = 0; i < 64; ++i) put_iovec(i, 0, i == 0 ? 1 : 2);
  std::fill(memory.begin() + kIovecs, memory.begin() + kIovecs + 8, u8{0});
  EXPECT_EQ(call("fd_pread", {fd, kIovecs, 64, 0, kResult}), 0u);
  EXPECT_EQ(u32_at(kResult), 3u);
}

TEST_F(WasiTest, ReaddirPagesAndCutsTheLastEntry) {
  box.make_directory("rw/d");
  for (int i = 0; i < 2000; ++i) box.write("rw/d/file" + std::to_string(i), "");
  const u32 fd = must_open("d", kOpenDirectory, kAll & ~rights::kFdWrite);
  std::vector<std::string> names;
  u64 cookie = 0;
  constexpr u32 kBuffer = 300;
  while (true) {
    ASSERT_EQ(call("fd_readdir", {fd, kOut, kBuffer, cookie, kResult}), 0u);
    const u32 used = u32_at(kResult);
    u32 at = 0;
    while (at + kDirentSize <= used) {
      const u32 length = u32_at(kOut + at + 16);
      if (at + kDirentSize + length > used) break;
      names.push_back(text_at(kOut + at + kDirentSize, length));
      EXPECT_EQ(memory[kOut + at + 20], names.size() <= 2 ? 3 : 4);
      cookie = u64_at(kOut + at);
      at += kDirentSize + length;
    }
    // Entries come and go meanwhile; positions keep their meaning.
    box.remove("rw/d/file" + std::to_string(names.size()));
    box.write("rw/d/extra" + std::to_string(names.size()), "");
    if (used < kBuffer) break;
  }
  ASSERT_EQ(names.size(), 2002u);
  EXPECT_EQ(names[0], ".");
  EXPECT_EQ(names[1], "..");
  std::sort(names.begin(), names.end());
  EXPECT_EQ(std::unique(names.begin(), names.end()), names.end());
  EXPECT_EQ(call("fd_readdir", {fd, kOut, kBuffer, 1u << 30, kResult}), 0u);
  EXPECT_EQ(u32_at(kResult), 0u);
  EXPECT_EQ(call("fd_readdir", {fd, kOut, 10, 0, kResult}), 0u);
  EXPECT_EQ(u32_at(kResult), 10u);
  EXPECT_EQ(call("fd_readdir", {fd, kOut, 0, 0, kResult}), 0u);
  EXPECT_EQ(u32_at(kResult), 0u);
}

TEST_F(WasiTest, RenumberAndClosedDescriptors) {
  const u32 a = must_open("a", kOpenCreate);
  const u32 b = must_open("b", kOpenCreate);
  EXPECT_EQ(call("fd_renumber", {a, b}), 0u);
  EXPECT_EQ(write(b, "to a"), 0u);
  EXPECT_EQ(box.read("rw/a"), "to a");
  EXPECT_EQ(call("fd_close", {a}), number(Errno::Badf));
  EXPECT_EQ(write(a, "x"), number(Errno::Badf));
  EXPECT_EQ(call("fd_renumber", {b, a}), number(Errno::Badf));
  EXPECT_EQ(call("fd_renumber", {b, b}), 0u);
  EXPECT_EQ(call("fd_renumber", {b, 0xffffffff}), number(Errno::Badf));
  EXPECT_EQ(call("fd_close", {b}), 0u);
  EXPECT_EQ(call("fd_close", {b}), number(Errno::Badf));
  EXPECT_EQ(call("fd_close", {0xffffffff}), number(Errno::Badf));
  // A read-only grant that takes another's number stays read-only.
  EXPECT_EQ(call("fd_renumber", {kRo, kRw}), 0u);
  EXPECT_EQ(open("new", kOpenCreate), number(Errno::Rofs));
  EXPECT_EQ(call("fd_prestat_get", {kRo, kResult}), number(Errno::Badf));
}

TEST_F(WasiTest, TimesAndSizes) {
  const u32 fd = must_open("file", kOpenCreate);
  EXPECT_EQ(call("fd_filestat_set_times", {fd, 1'000'000'700, 2'000'000'900, 1 | 4}), 0u);
  EXPECT_EQ(call("fd_filestat_get", {fd, kOut}), 0u);
  EXPECT_EQ(u64_at(kOut + 40), 1'000'000'700u);
  EXPECT_EQ(u64_at(kOut + 48), 2'000'000'900u);
  EXPECT_EQ(memory[kOut + 16], 4);
  EXPECT_EQ(call("fd_filestat_set_times", {fd, 0, 0, 3}), number(Errno::Inval));
  EXPECT_EQ(call("fd_filestat_set_times", {fd, 0, 0, 12}), number(Errno::Inval));
  EXPECT_EQ(call("fd_filestat_set_times", {fd, 0, 0, 16}), number(Errno::Inval));
  EXPECT_EQ(call("fd_filestat_set_size", {fd, 100}), 0u);
  EXPECT_EQ(call("fd_filestat_set_size", {fd, u64{1} << 63}), number(Errno::Fbig));
  EXPECT_EQ(call("fd_allocate", {fd, 90, 20}), 0u);
  EXPECT_EQ(call("fd_allocate", {fd, 0, 0}), number(Errno::Inval));
  EXPECT_EQ(call("fd_allocate", {fd, kAll, kAll}), number(Errno::Fbig));
  EXPECT_EQ(call("fd_advise", {fd, 0, 10, 3}), 0u);
  EXPECT_EQ(call("fd_advise", {fd, 0, 10, 6}), number(Errno::Inval));
  EXPECT_EQ(call("fd_filestat_get", {fd, kOut}), 0u);
  EXPECT_EQ(u64_at(kOut + 32), 110u);
  EXPECT_EQ(call("fd_sync", {fd}), 0u);
  EXPECT_EQ(call("fd_datasync", {fd}), 0u);
}

TEST_F(WasiTest, ClocksAdvance) {
  EXPECT_EQ(call("clock_time_get", {1, 0, kResult}), 0u);
  const u64 before = u64_at(kResult);
  EXPECT_EQ(call("sched_yield", {}), 0u);
  EXPECT_EQ(call("clock_time_get", {1, 0, kResult}), 0u);
  EXPECT_GE(u64_at(kResult), before);
  EXPECT_EQ(call("clock_res_get", {0, kResult}), 0u);
  EXPECT_GE(u64_at(kResult), 1u);
  EXPECT_EQ(call("clock_time_get", {0, 0, kResult}), 0u);
  EXPECT_GT(u64_at(kResult), u64{1'700'000'000} * 1'000'000'000);
  EXPECT_EQ(call("clock_time_get", {4, 0, kResult}), number(Errno::Inval));
  EXPECT_EQ(call("clock_res_get", {0xffffffff, kResult}), number(Errno::Inval));
}

TEST_F(PollTest, ClocksRelativeAndAbsolute) {
  constexpr u64 kMillisecond = 1'000'000;
  const u64 start = now(os::Clock::Monotonic);
  subscribe_clock(0, 7, 1, 20 * kMillisecond, 0);
  subscribe_clock(1, 8, 0, 3'600'000 * kMillisecond, 0);
  EXPECT_EQ(poll(2), 0u);
  EXPECT_EQ(u32_at(kResult), 1u);
  EXPECT_EQ(event_user(0), 7u);
  EXPECT_EQ(event_type(0), 0);
  EXPECT_GE(now(os::Clock::Monotonic) - start, 20 * kMillisecond);
  subscribe_clock(0, 9, 0, now(os::Clock::RealTime) + 10 * kMillisecond, 1);
  subscribe_clock(1, 10, 1, now(os::Clock::Monotonic) + 3'600'000 * kMillisecond, 1);
  EXPECT_EQ(poll(2), 0u);
  EXPECT_EQ(u32_at(kResult), 1u);
  EXPECT_EQ(event_user(0), 9u);
  subscribe_clock(0, 11, 1, 1, 1);  // long ago
  subscribe_clock(1, 12, 0, 1, 1);
  EXPECT_EQ(poll(2), 0u);
  EXPECT_EQ(u32_at(kResult), 2u);
  subscribe_clock(0, 13, 9, 0, 0);
  subscribe_clock(1, 14, 2, 0, 0);
  EXPECT_EQ(poll(2), 0u);
  EXPECT_EQ(u32_at(kResult), 2u);
  EXPECT_EQ(event_error(0), number(Errno::Inval));
  EXPECT_EQ(event_error(1), number(Errno::Notsup));
}

}  // namespace
}  // namespace hermit::wasi1
