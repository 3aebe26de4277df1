// poll_oneoff: waits for the first of a list of clocks, reads and writes.
//
// Clocks become deadlines on the monotonic clock, descriptors a list for os::poll. Whatever can be answered without
// waiting (bad descriptors, unknown clocks, regular files) makes the wait a mere look at the others, so that one call
// reports everything that has happened.
#include "os/poll.h"

#include <limits>
#include <vector>

#include "os/clock.h"
#include "wasi1/call.h"

namespace hermit::wasi1 {
namespace {

enum class EventType : u8 { Clock = 0, Read = 1, Write = 2 };
constexpr u16 kAbsoluteTime = 1;
constexpr u16 kHangup = 1;
constexpr u64 kNever = std::numeric_limits<u64>::max();
constexpr size_t kNoItem = ~size_t{0};

struct Subscription {
  u64 user_data = 0;
  EventType type = EventType::Clock;
  u64 deadline = kNever;   // of a clock, on the monotonic clock
  size_t item = kNoItem;   // of a descriptor that has to be polled
  bool ready = false;      // answered without polling
  Errno error = Errno::Success;
  u64 bytes = 0;
};

u64 saturating_add(u64 a, u64 b) { return a > kNever - b ? kNever : a + b; }

void read_clock(const u8* body, u64 now, Subscription& subscription) {
  const u32 id = load_le<u32>(body);
  const u64 timeout = load_le<u64>(body + 8);
  const u16 flags = load_le<u16>(body + 24);
  // Waiting for processor time that only this thread could use would never end.
  if (id > 1) subscription.error = id > 3 ? Errno::Inval : Errno::Notsup;
  if ((flags & ~kAbsoluteTime) != 0) subscription.error = Errno::Inval;
  subscription.ready = subscription.error != Errno::Success;
  const bool is_absolute = (flags & kAbsoluteTime) != 0;
  if (!is_absolute) {
    subscription.deadline = saturating_add(now, timeout);
  } else if (id == 1) {
    subscription.deadline = timeout;
  } else {
    const u64 wall = os::clock_time(os::Clock::RealTime).value_or(0);
    subscription.deadline = timeout <= wall ? now : saturating_add(now, timeout - wall);
  }
}

void read_descriptor(const Call& call, u32 number, Subscription& subscription, std::vector<os::PollItem>& items) {
  const host::Descriptor* const file = call.host().descriptors().find(number);
  const bool is_write = subscription.type == EventType::Write;
  subscription.ready = true;
  if (file == nullptr) {
    subscription.error = Errno::Badf;
  } else if (file->embedded) {
    const auto status = call.host().status(*file);
    if (!is_write && status && status->size > file->position) subscription.bytes = status->size - file->position;
  } else {
    subscription.ready = false;
    subscription.item = items.size();
    items.push_back({.handle = file->handle.raw(), .writing = is_write});
  }
}

Outcome<std::vector<Subscription>> read_subscriptions(const Call& call, u32 count, u64 now,
                                                      std::vector<os::PollItem>& items) {
  TRY(const std::span<u8> list, call.bytes(call.arg(0), u64{count} * kSubscriptionSize));
  std::vector<Subscription> result(count);
  for (u32 i = 0; i < count; ++i) {
    const u8* const record = list.data() + size_t{i} * kSubscriptionSize;
    if (record[8] > static_cast<u8>(EventType::Write)) return fail(Errno::Inval);
    result[i].user_data = load_le<u64>(record);
    result[i].type = static_cast<EventType>(record[8]);
    if (result[i].type == EventType::Clock) {
      read_clock(record + 16, now, result[i]);
    } else {
      read_descriptor(call, load_le<u32>(record + 16), result[i], items);
    }
  }
  return result;
}

// How long to wait: not at all if something is ready, for ever without a clock.
std::optional<u64> timeout_of(const std::vector<Subscription>& subscriptions, u64 now) {
  u64 deadline = kNever;
  for (const Subscription& subscription : subscriptions) {
    if (subscription.ready) return 0;
    deadline = std::min(deadline, subscription.deadline);
  }
  if (deadline == kNever) return std::nullopt;
  return deadline <= now ? 0 : deadline - now;
}

// Writes the event of a subscription, if there is one now.
bool store_event(const Subscription& subscription, const std::vector<os::PollItem>& items, u64 now, u8* p) {
  const os::PollItem* const item = subscription.item == kNoItem ? nullptr : &items[subscription.item];
  const bool is_clock = subscription.type == EventType::Clock;
  if (!subscription.ready && !(item != nullptr && item->ready) && !(is_clock && subscription.deadline <= now))
    return false;
  std::memset(p, 0, kEventSize);
  store_le<u64>(p, subscription.user_data);
  store_le<u16>(p + 8, static_cast<u16>(item != nullptr && item->invalid ? Errno::Badf : subscription.error));
  p[10] = static_cast<u8>(subscription.type);
  if (is_clock) return true;
  const bool reads = item != nullptr && subscription.type == EventType::Read;
  store_le<u64>(p + 16, reads ? os::readable_bytes(item->handle) : subscription.bytes);
  store_le<u16>(p + 24, item != nullptr && item->hangup ? kHangup : u16{0});
  return true;
}

}  // namespace

Outcome<void> poll_oneoff(Call& call) {
  const u32 count = call.arg(2);
  if (count == 0 || count > kMaxSubscriptions) return fail(Errno::Inval);
  TRY(const std::span<u8> events, call.bytes(call.arg(1), u64{count} * kEventSize));
  TRY_VOID(call.bytes(call.arg(3), 4));
  const auto monotonic = [] { return os::clock_time(os::Clock::Monotonic).value_or(0); };

  std::vector<os::PollItem> items;
  TRY(const std::vector<Subscription> subscriptions, read_subscriptions(call, count, monotonic(), items));
  u32 happened = 0;
  while (happened == 0) {
    TRY_VOID(os::poll(items, timeout_of(subscriptions, monotonic())));
    const u64 now = monotonic();
    for (const Subscription& subscription : subscriptions) {
      if (store_event(subscription, items, now, events.data() + size_t{happened} * kEventSize)) ++happened;
    }
  }
  return call.store(call.arg(3), happened);
}

}  // namespace hermit::wasi1
