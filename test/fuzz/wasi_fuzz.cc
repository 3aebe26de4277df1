// The functions of WASI and the socket extensions, called in any order with any arguments and memory, on a real
// directory. The guest has base/rw, base/ro and, if the input says so, a network that nobody answers on. After each
// input nothing outside of the grants has been written, linked or read: the guest's memory holds none of it.
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/endian.h"
#include "wasi1/layout.h"
#include "wasi1/wasi.h"

namespace {

using namespace hermit;

constexpr u32 kMemory = 65536;
constexpr u32 kIovecs = 1024, kPaths = 2048, kPathSize = 64, kSubscriptions = 8192, kAddresses = 12288, kText = 16384;
constexpr size_t kTokenSize = 16;

std::string base;  // the directory
std::string token;  // stands in every name and content outside of the grants; other in each process

// The places of the host that no guest may change: their change times.
struct Outside {
  static constexpr size_t kCount = 6;
  timespec changed[kCount];
  bool operator==(const Outside& other) const { return std::memcmp(changed, other.changed, sizeof changed) == 0; }
};
Outside look_outside() {
  Outside now;
  const std::string places[Outside::kCount] = {
      base, base + "/secret-" + token, base + "/outside", base + "/outside/" + token, base + "/ro", base + "/ro/file"};
  for (size_t i = 0; i < Outside::kCount; ++i) {
    struct stat st;
    CHECK(::lstat(places[i].c_str(), &st) == 0);
    now.changed[i] = st.st_ctim;
  }
  return now;
}
Outside outside_at_start;

void write_file(const std::string& path, std::string_view text) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  CHECK(fd >= 0);
  CHECK(::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  ::close(fd);
}

void remove_below(const std::string& path) {
  ::nftw(
      path.c_str(),
      [](const char* entry, const struct stat*, int, struct FTW* where) {
        return where->level == 0 ? 0 : ::remove(entry);
      },
      20, FTW_DEPTH | FTW_PHYS);
}

// Names and change times of all below base/rw.
std::string writable_now() {
  static std::string all;
  all.clear();
  ::nftw((base + "/rw").c_str(),
         [](const char* entry, const struct stat* st, int, struct FTW*) {
           all += entry;
           all.append(reinterpret_cast<const char*>(&st->st_ctim), sizeof st->st_ctim);
           return 0;
         },
         20, FTW_PHYS);
  return all;
}
std::string writable_at_start;

// A fresh base/rw: every input finds the same.
void make_writable() {
  if (!writable_at_start.empty() && writable_now() == writable_at_start) return;
  const std::string rw = base + "/rw";
  remove_below(rw);
  CHECK(::mkdir((rw + "/d").c_str(), 0755) == 0);
  write_file(rw + "/f", "hello");
  write_file(rw + "/d/x", "x");
  CHECK(::symlink("../outside", (rw + "/up").c_str()) == 0);
  CHECK(::symlink((base + "/secret-" + token).c_str(), (rw + "/abs").c_str()) == 0);
  CHECK(::symlink("d/x", (rw + "/in").c_str()) == 0);
  CHECK(::symlink("d", (rw + "/dir").c_str()) == 0);
  writable_at_start = writable_now();
}

void clean_up() {
  remove_below(base);
  ::rmdir(base.c_str());
}

void start() {
  struct rlimit limit = {16 << 20, 16 << 20};
  ::setrlimit(RLIMIT_FSIZE, &limit);
  ::signal(SIGXFSZ, SIG_IGN);
  ::signal(SIGPIPE, SIG_IGN);
  const char* folder = std::getenv("TMPDIR");
  std::string name = std::string(folder != nullptr ? folder : "/tmp") + "/hermit-fuzz-XXXXXX";
  CHECK(::mkdtemp(name.data()) != nullptr);
  base = name;
  std::atexit(clean_up);
  struct timespec now;
  ::clock_gettime(CLOCK_REALTIME, &now);
  token = std::to_string((static_cast<u64>(now.tv_nsec) + 1) * 0x9e3779b97f4a7c15).substr(0, kTokenSize);
  token.resize(kTokenSize, '7');
  for (const char* directory : {"/rw", "/ro", "/outside"}) CHECK(::mkdir((base + directory).c_str(), 0755) == 0);
  write_file(base + "/secret-" + token, token);
  write_file(base + "/outside/" + token, token);
  write_file(base + "/ro/file", "read only");
  make_writable();
  outside_at_start = look_outside();
}

// Not seen by the fuzzer, or it would learn the token and write it itself.
__attribute__((no_sanitize("coverage"), noinline)) bool holds_token(const std::vector<u8>& memory) {
  u64 first;
  std::memcpy(&first, token.data(), sizeof first);
  for (size_t i = 0; i + kTokenSize <= memory.size(); ++i) {
    u64 here;
    std::memcpy(&here, memory.data() + i, sizeof here);
    if (here == first) return true;
  }
  return false;
}

class Input {
 public:
  explicit Input(ByteView bytes) : bytes_(bytes) {}
  [[nodiscard]] bool empty() const { return bytes_.empty(); }
  u8 byte() {
    if (bytes_.empty()) return 0;
    const u8 byte = bytes_[0];
    bytes_ = bytes_.subspan(1);
    return byte;
  }
  u64 number(int size) {
    u64 value = 0;
    for (int i = 0; i < size; ++i) value = value << 8 | byte();
    return value;
  }

 private:
  ByteView bytes_;
};

constexpr std::string_view kNames[] = {"f",
                                       "d",
                                       "in",
                                       "dir",
                                       "up",
                                       "abs",
                                       "new",
                                       "new2",
                                       "d/x",
                                       "dir/x",
                                       "up/x",
                                       "../secret",
                                       "../outside",
                                       "..",
                                       ".",
                                       "/",
                                       "",
                                       "d/../f",
                                       "d/../../ro/file",
                                       "dir/../f",
                                       "new/",
                                       "f/",
                                       "up/",
                                       "./d/./x",
                                       "file",
                                       "../ro/file",
                                       "d/..",
                                       "new/x",
                                       "localhost",
                                       "127.0.0.1",
                                       "9",
                                       "example.org"};

void fill_memory(std::vector<u8>& memory) {
  for (u32 i = 0; i < std::size(kNames); ++i)
    std::copy(kNames[i].begin(), kNames[i].end(), memory.data() + kPaths + size_t{i} * kPathSize);
  const u32 iovecs[][2] = {{kText, 16},      {kText + 16, 0}, {kText + 64, 4000}, {kMemory - 4, 4},
                           {kMemory - 4, 8}, {0, 0xffffffff}, {kText, 65},        {kPaths, 5}};
  for (u32 i = 0; i < std::size(iovecs); ++i) {
    store_le<u32>(memory.data() + kIovecs + size_t{i} * 8, iovecs[i][0]);
    store_le<u32>(memory.data() + kIovecs + size_t{i} * 8 + 4, iovecs[i][1]);
  }
  for (u32 i = 0; i < 6; ++i) {  // clocks, then descriptors to read and write
    u8* const p = memory.data() + kSubscriptions + size_t{i} * wasi1::kSubscriptionSize;
    store_le<u64>(p, i);
    p[8] = static_cast<u8>(i / 2);
    store_le<u32>(p + 16, i);
  }
  // An address of WAMR (127.0.0.1:9), and WasmEdge's {pointer, length} of four bytes.
  u8* const address = memory.data() + kAddresses;
  const u8 loopback[] = {127, 0, 0, 1};
  std::memcpy(address + 4, loopback, 4);
  store_le<u16>(address + 8, 9);
  store_le<u32>(address + 64, kAddresses + 4);
  store_le<u32>(address + 68, 4);
}

// Fills the slots of a call: small numbers (descriptors, flags), addresses of something prepared with their lengths,
// and numbers of the input's own.
void choose_arguments(Input& in, size_t count, u64* slots) {
  for (size_t i = 0; i < count; ++i) {
    const u8 choice = in.byte();
    const u32 low = choice & 31;
    const bool pair = i + 1 < count;
    switch (choice >> 5) {
      case 0:
      case 1: slots[i] = low; break;
      case 2:
      case 3:  // a path and its length
        slots[i] = kPaths + low * kPathSize;
        if (pair) slots[++i] = kNames[low % std::size(kNames)].size();
        break;
      case 4:
        slots[i] = low < 8    ? kIovecs + low * 8
                   : low < 12 ? kSubscriptions + (low & 3) * 96
                   : low < 16 ? kAddresses + (low & 1) * 64
                              : kText + low * 32;
        if (pair && low < 12) slots[++i] = in.byte() % 9;
        break;
      case 5: slots[i] = kText + in.number(2) % 4096; break;
      case 6: {
        constexpr u64 kEdges[] = {0,
                                  1,
                                  ~u64{0},
                                  u64{1} << 63,
                                  (u64{1} << 63) - 1,
                                  0xffffffff,
                                  0x80000000,
                                  kMemory,
                                  kMemory - 1,
                                  kMemory - 4,
                                  kMemory - 8,
                                  kMemory - 24,
                                  0x1fffffff,
                                  1'000'000'000,
                                  u64{1} << 40,
                                  4096};
        slots[i] = kEdges[low % std::size(kEdges)];
        break;
      }
      default: slots[i] = in.number(static_cast<int>(low % 9)); break;
    }
  }
}

// poll_oneoff waits for nothing: clocks are due, and there is always one.
void shorten_waits(std::vector<u8>& memory, const u64* slots) {
  const u64 list = static_cast<u32>(slots[0]),
            count = std::min<u64>(static_cast<u32>(slots[2]), kMemory / wasi1::kSubscriptionSize);
  bool has_clock = false;
  for (u64 i = 0; i < count; ++i) {
    const u64 at = list + i * wasi1::kSubscriptionSize;
    if (at + wasi1::kSubscriptionSize > kMemory) return;  // refused
    u8* const p = memory.data() + at;
    if (p[8] != 0 && (has_clock || i + 1 < count)) continue;
    has_clock = true;
    p[8] = 0;
    store_le<u32>(p + 16, 1);
    store_le<u64>(p + 24, load_le<u64>(p + 24) % 1000);
    store_le<u16>(p + 40, 0);
  }
}

std::unique_ptr<host::Host> make_host(u8 choice) {
  host::Config config;
  config.args = {"program", "argument"};
  config.environment = {"A=1", "B=2"};
  config.preopens = {{.guest_path = "/rw", .host_path = base + "/rw"},
                     {.guest_path = "/ro", .host_path = base + "/ro", .read_only = true}};
  config.max_open_files = 24;
  config.walk_only = (choice & 1) != 0;
  config.set_executable = config.run = (choice & 2) != 0;
  if ((choice & 4) != 0) {
    config.network.push_back(*grants::parse_net("127.0.0.1:9"));
    config.network.push_back(*grants::parse_net("localhost:9"));
  }
  for (os::Handle& stream : config.streams.streams) stream = os::Handle(::open("/dev/null", O_RDWR | O_CLOEXEC));
  auto host = host::Host::create(std::move(config));
  CHECK(host.has_value());
  return std::move(*host);
}

// Sockets that wait would wait for ever.
void never_block(host::Host& host) {
  for (u32 i = 0; i < 24; ++i) {
    const host::Descriptor* const open = host.descriptors().find(i);
    if (open == nullptr || (open->type != os::FileType::SocketStream && open->type != os::FileType::SocketDatagram))
      continue;
    const int fd = static_cast<int>(open->handle.raw());
    if (fd >= 0) ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
  }
}

void run(Input& in) {
  std::vector<u8> memory(kMemory);
  fill_memory(memory);
  const auto host = make_host(in.byte());
  wasi1::Wasi wasi(*host);
  std::vector<const runtime::HostFunction*> functions;
  for (const auto& list : {wasi1::functions(), wasi1::socket_functions(), wasi1::extension_functions(*host)}) {
    for (const runtime::HostFunction& function : list) functions.push_back(&function);
  }
  for (int calls = 0; calls < 60 && !in.empty(); ++calls) {
    const u8 choice = in.byte();
    if (choice == 255) {  // the guest writes something itself
      const u64 at = in.number(2) % (kMemory - 8);
      store_le<u64>(memory.data() + at, in.number(8));
      continue;
    }
    const runtime::HostFunction& function = *functions[choice % functions.size()];
    u64 slots[16] = {};
    choose_arguments(in, function.params.size(), slots);
    for (size_t i = 0; i < function.params.size(); ++i) {
      if (function.params[i] == wasm::ValType::I32) slots[i] = static_cast<u32>(slots[i]);
    }
    if (function.name == "proc_raise") slots[0] |= 64;  // it would
    if (function.name == "poll_oneoff") shorten_waits(memory, slots);
    runtime::HostCall call{slots, memory.data(), memory.size()};
    if (function.call(&wasi, call) != Trap::None) break;
    never_block(*host);
  }
  CHECK(!holds_token(memory));
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  start();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const u8* data, size_t size) {
  const int free_before = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::close(free_before);
  make_writable();
  Input in({data, size});
  run(in);
  CHECK(look_outside() == outside_at_start);
  const int free_after = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::close(free_after);
  CHECK(free_before == free_after);
  return 0;
}
