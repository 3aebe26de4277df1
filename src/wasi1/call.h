// One call from the guest: its arguments, its memory, and the descriptors it names. Everything a guest hands over
// passes through here, so this is where it is checked.
#pragma once

#include <algorithm>
#include <span>
#include <string_view>
#include <vector>

#include "base/endian.h"
#include "os/file.h"
#include "wasi1/errno.h"
#include "wasi1/layout.h"
#include "wasi1/wasi.h"

namespace hermit::wasi1 {

// More subscriptions than this in one poll_oneoff are Inval (as Linux refuses more than the open-file limit).
inline constexpr u32 kMaxSubscriptions = 4096;
// A transfer moves at most this much, as on Linux; the guest sees a short read or write.
inline constexpr u64 kMaxTransfer = 0x7ffff000;

// The buffers of an iovec list. Empty ones are left out. A few, which is nearly always, need no memory from the heap;
// room for all of them on the stack would be pages that a start touches for nothing.
template <typename Byte>
class Buffers {
 public:
  using Buffer = std::span<Byte>;
  [[nodiscard]] std::span<const Buffer> get() const { return {many_.empty() ? few_ : many_.data(), count_}; }
  void add(Buffer bytes) {
    if (count_ < kFew) {
      few_[count_] = bytes;
    } else {
      if (many_.empty()) many_.assign(few_, few_ + kFew);
      many_.push_back(bytes);
    }
    ++count_;
  }

 private:
  static constexpr size_t kFew = 8;
  Buffer few_[kFew];
  std::vector<Buffer> many_;
  size_t count_ = 0;
};

class Call {
 public:
  Call(Wasi& wasi, runtime::HostCall& call) : wasi_(wasi), call_(call) {}

  [[nodiscard]] Wasi& wasi() const { return wasi_; }
  [[nodiscard]] host::Host& host() const { return wasi_.host; }
  [[nodiscard]] u32 arg(size_t i) const { return call_.u32_at(i); }
  [[nodiscard]] u64 arg64(size_t i) const { return call_.u64_at(i); }

  // Memory: Fault if any byte lies outside.
  [[nodiscard]] Outcome<std::span<u8>> bytes(u64 address, u64 length) const;
  template <std::integral T>
  Outcome<void> store(u64 address, T value) const {
    TRY(const std::span<u8> place, bytes(address, sizeof(T)));
    store_le(place.data(), value);
    return {};
  }
  // The path of which argument i is the address and argument i + 1 the length. Nametoolong beyond Host::kMaxPath.
  [[nodiscard]] Outcome<std::string_view> path(size_t i) const;
  // The iovec list of which argument i is the address and argument i + 1 the count. Inval beyond os::kMaxBuffers.
  template <typename Byte>
  Outcome<void> buffers(size_t i, Buffers<Byte>& result) const {
    return visit_buffers(i, &result,
                         [](void* to, std::span<u8> piece) { static_cast<Buffers<Byte>*>(to)->add(piece); });
  }

  // The open descriptor that argument i names, if it has all of `rights`. Badf; for a missing right what POSIX would
  // say, if it has a word for it (see call.cc), else Notcapable.
  [[nodiscard]] Outcome<host::Descriptor*> descriptor(size_t i, Rights rights) const;
  // The same for sock_*: Notsock for anything but a socket.
  [[nodiscard]] Outcome<host::Descriptor*> socket(size_t i, Rights rights) const;

 private:
  // The open descriptor that argument i names, for what needs the rights `wanted`; null if there is none.
  [[nodiscard]] host::Descriptor* find(size_t i, Rights wanted) const;
  Outcome<void> visit_buffers(size_t i, void* result, void (*add)(void*, std::span<u8>)) const;

  Wasi& wasi_;
  runtime::HostCall& call_;
};

// Takes from the rights of an opened file or directory those that such a thing never has. Requires: it is settled.
void leave_possible_rights(host::Descriptor& opened);

// Tells the host's trace about a call of `function` that has failed, if the sandbox refused it.
void explain(std::string_view function, const Call& call, Errno number);

// Shared by the fd_* and path_* functions of the same end.
struct TimeChanges {
  os::TimeChange accessed;
  os::TimeChange modified;
};
// Inval for unknown flags, and for a time that is both given and "now".
Outcome<TimeChanges> time_changes(u64 accessed, u64 modified, u32 flags);
Outcome<void> store_filestat(const Call& call, u64 address, const os::FileStatus& status);

// The functions, one per import; the table is in functions.cc.
#define WASI_FUNCTION(name, ...) Outcome<void> name(Call& call);
#include "wasi1/functions.def"
#undef WASI_FUNCTION
#define WORKER_FUNCTION(name, ...) Outcome<void> name(Call& call);
#include "wasi1/worker_functions.def"
#undef WORKER_FUNCTION
Trap worker_count(void* context, runtime::HostCall& call);

}  // namespace hermit::wasi1
