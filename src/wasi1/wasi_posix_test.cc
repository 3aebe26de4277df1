// WASI preview 1 as a guest calls it: numbers in slots, a small memory, and whatever nonsense may stand in both.
#include "wasi1/wasi.h"

#include <algorithm>
#include <sys/socket.h>

#include "base/endian.h"
#include "host/sandbox_test_posix.h"
#include "os/clock.h"
#include "wasi1/errno.h"
#include "wasi1/layout.h"

namespace hermit::wasi1 {
namespace {

constexpr u32 kMemory = 65536;
constexpr u32 kIovecs = 1024;   // addresses the tests use
constexpr u32 kText = 2048;
constexpr u32 kText2 = 12288;
constexpr u32 kOut = 40960;
constexpr u32 kResult = 512;
constexpr u32 kRw = 3, kRo = 4;
constexpr u64 kAll = ~u64{0};

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
    store_le<u32>(memory.data() + kIovecs + index * 8, address);
    store_le<u32>(memory.data() + kIovecs + index * 8 + 4, length);
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
    ::unlink(box.at("rw/d/file" + std::to_string(names.size())).c_str());
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
  EXPECT_EQ(call("fd_filestat_set_times", {fd, 1'000'000'007, 2'000'000'009, 1 | 4}), 0u);
  EXPECT_EQ(call("fd_filestat_get", {fd, kOut}), 0u);
  EXPECT_EQ(u64_at(kOut + 40), 1'000'000'007u);
  EXPECT_EQ(u64_at(kOut + 48), 2'000'000'009u);
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
  // A moment before 1970 has no number: it reads as 0.
  const timespec times[2] = {{-5, 0}, {-5, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, box.at("rw/file").c_str(), times, 0), 0);
  EXPECT_EQ(call("fd_filestat_get", {fd, kOut}), 0u);
  EXPECT_EQ(u64_at(kOut + 48), 0u);
  EXPECT_EQ(call("fd_sync", {fd}), 0u);
  EXPECT_EQ(call("fd_datasync", {fd}), 0u);
}

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
    u8* const p = memory.data() + kText + index * kSubscriptionSize;
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
  u32 adopt(int fd) {
    host::Descriptor pipe;
    pipe.handle = os::Handle(fd);
    pipe.type = os::status(pipe.handle)->type;
    pipe.readable = pipe.writable = true;
    pipe.api_rights = pipe.type == os::FileType::SocketStream ? rights::kSocket : rights::kFile;
    return *box.host().descriptors().insert(std::move(pipe));
  }
};

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
