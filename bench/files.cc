// What the sandbox costs: open, stat, read and close through the functions of WASI, called directly, against the system
// calls a native program makes. Prints a table. Bar: the four together take at most 1.5
// times as long.
//
//   hermit_files [--walk]      --walk: component by component, as on systems without openat2
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

#include "base/endian.h"
#include "os/clock.h"
#include "wasi1/layout.h"
#include "wasi1/wasi.h"

namespace hermit {
namespace {

constexpr double kBar = 1.5;
constexpr int kBatch = 50;
constexpr int kBatches = 600;
constexpr u32 kPath = 1024, kIovec = 16, kResult = 64, kRecord = 128, kData = 8192, kSize = 4096;

enum Step { kOpen, kStat, kRead, kClose, kSteps };
constexpr const char* kNames[kSteps] = {"open", "stat", "read 4 KiB", "close"};

u64 now() { return os::clock_time(os::Clock::Monotonic).value_or(0); }

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "%s failed\n", what);
  std::exit(1);
}

// A guest with one mapped directory.
class Guest {
 public:
  Guest(const std::string& folder, bool walk) : memory_(65536) {
    host::Config config;
    config.preopens = {{.guest_path = "/data", .host_path = folder}};
    config.walk_only = walk;
    auto host = host::Host::create(std::move(config));
    if (!host) fail("the host");
    host_ = std::move(*host);
    wasi_ = std::make_unique<wasi1::Wasi>(*host_);
    store_le<u32>(memory_.data() + kIovec, kData);
    store_le<u32>(memory_.data() + kIovec + 4, kSize);
  }
  void set_path(const std::string& path) {
    std::memcpy(memory_.data() + kPath, path.data(), path.size());
    length_ = path.size();
  }
  void step(Step step) {
    constexpr u64 kRights = wasi1::rights::kFdRead | wasi1::rights::kFdSeek | wasi1::rights::kFdFilestatGet;
    switch (step) {
      case kOpen: call(open_, {3, 1, kPath, length_, 0, kRights, 0, 0, kResult}); break;
      case kStat: call(stat_, {3, 1, kPath, length_, kRecord}); break;
      case kRead: call(read_, {fd(), kIovec, 1, kResult + 4}); break;
      default: call(close_, {fd()}); break;
    }
  }

 private:
  using Function = const runtime::HostFunction*;
  static Function find(std::string_view name) {
    const auto table = wasi1::functions();
    return &*std::ranges::find(table, name, &runtime::HostFunction::name);
  }
  u64 fd() const { return load_le<u32>(memory_.data() + kResult); }
  void call(Function function, std::initializer_list<u64> arguments) {
    u64 slots[16];
    std::ranges::copy(arguments, slots);
    runtime::HostCall call{slots, memory_.data(), memory_.size()};
    function->call(wasi_.get(), call);
    if (slots[0] != 0) fail(std::string(function->name).c_str());
  }

  std::vector<u8> memory_;
  std::unique_ptr<host::Host> host_;
  std::unique_ptr<wasi1::Wasi> wasi_;
  u64 length_ = 0;
  const Function open_ = find("path_open"), stat_ = find("path_filestat_get"), read_ = find("fd_read"),
                 close_ = find("fd_close");
};

class Native {
 public:
  explicit Native(const std::string& folder) : folder_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY)) {}
  void set_path(const std::string& path) { path_ = path; }
  void step(Step step) {
    struct stat st;
    bool ok = false;
    switch (step) {
      case kOpen: ok = (fd_ = ::openat(folder_, path_.c_str(), O_RDONLY | O_CLOEXEC)) != -1; break;
      case kStat: ok = ::fstatat(folder_, path_.c_str(), &st, 0) == 0; break;
      case kRead: ok = ::read(fd_, data_, kSize) == kSize; break;
      default: ok = ::close(fd_) == 0; break;
    }
    if (!ok) fail(kNames[step]);
  }

 private:
  int folder_;
  int fd_ = -1;
  std::string path_;
  char data_[kSize];
};

// Nanoseconds of each step, summed over a batch, and of the whole sequence in `total` without clocks in between.
template <typename Program>
void measure(Program& program, u64 (&best)[kSteps + 1]) {
  u64 sums[kSteps + 1] = {};
  for (int i = 0; i < kBatch; ++i) {
    for (int step = 0; step < kSteps; ++step) {
      const u64 start = now();
      program.step(static_cast<Step>(step));
      sums[step] += now() - start;
    }
  }
  const u64 start = now();
  for (int i = 0; i < kBatch; ++i) {
    for (int step = 0; step < kSteps; ++step) program.step(static_cast<Step>(step));
  }
  sums[kSteps] = now() - start;
  for (int i = 0; i <= kSteps; ++i) best[i] = std::min(best[i], sums[i] / kBatch);
}

void compare(Native& native, Guest& guest, const std::string& path) {
  native.set_path(path);
  guest.set_path(path);
  u64 natively[kSteps + 1], sandboxed[kSteps + 1];
  std::ranges::fill(natively, ~u64{0});
  std::ranges::fill(sandboxed, ~u64{0});
  for (int i = 0; i < kBatches; ++i) {  // in turn, so that both see the same machine
    measure(native, natively);
    measure(guest, sandboxed);
  }
  std::printf("%-34s native ns  WASI ns  ratio\n", path.c_str());
  for (int i = 0; i <= kSteps; ++i) {
    const double ratio = static_cast<double>(sandboxed[i]) / static_cast<double>(natively[i]);
    std::printf("  %-32s %9llu %8llu %6.2f", i == kSteps ? "all four" : kNames[i],
                static_cast<unsigned long long>(natively[i]), static_cast<unsigned long long>(sandboxed[i]), ratio);
    if (i == kSteps) std::printf("   bar %.1f: %s", kBar, ratio <= kBar ? "met" : "MISSED");
    std::printf("\n");
  }
}

int run(bool walk) {
  char name[] = "/tmp/hermit-bench-XXXXXX";
  const std::string base = ::mkdtemp(name);
  const std::string data(kSize, 'x');
  for (const char* folder : {"/src", "/src/lib", "/src/lib/deep"}) ::mkdir((base + folder).c_str(), 0755);
  const std::string paths[] = {"file", "src/lib/deep/file"};
  for (const std::string& path : paths) {
    const int fd = ::open((base + "/" + path).c_str(), O_WRONLY | O_CREAT, 0644);
    if (::write(fd, data.data(), data.size()) != static_cast<ssize_t>(data.size())) fail("writing");
    ::close(fd);
  }
  Native native(base);
  Guest guest(base, walk);
  for (const std::string& path : paths) compare(native, guest, path);
  (void)!std::system(("rm -rf '" + base + "'").c_str());
  return 0;
}

}  // namespace
}  // namespace hermit

int main(int argc, char** argv) { return hermit::run(argc > 1 && std::strcmp(argv[1], "--walk") == 0); }
