// The functions of module `hermit` behind HOST workers: an owner starts further instances of its own program and
// exchanges messages with them (docs/wasi.md). Both ends use the same functions; a worker knows only its owner, as 0.
//
// What a message takes is bounded by the memory of whoever sends it, and by what the mailboxes hold.
#include <cstring>
#include <new>

#include "os/thread.h"
#include "wasi1/call.h"

namespace hermit::wasi1 {

namespace {

using Result = os::Mailboxes::Result;

constexpr u32 kOwner = 0;

Outcome<void> to_outcome(Result result, Errno full, Errno gone) {
  if (result == Result::Done) return {};
  return fail(result == Result::Full ? full : gone);
}

// Refuses a worker what only its owner may do.
Outcome<WorkerAccess*> owner(const Call& call) {
  WorkerAccess* const access = call.wasi().workers;
  if (access->self) return fail(Errno::Perm);
  return access;
}

// A start function that waited for the owner would wait for ever.
bool may_wait(const WorkerAccess& access) { return !access.self || access.is_set_up; }

}  // namespace

Outcome<void> worker_start(Call& call) {
  TRY(WorkerAccess * access, owner(call));
  TRY_VOID(call.bytes(call.arg(0), sizeof(u32)));
  const auto number = access->boxes.open();
  if (!number) return fail(Errno::Again);
  access->has_started = true;
  if (const Errno error = access->start(access->context, *number); error != Errno::Success) {
    access->boxes.close(*number);
    access->boxes.leave(*number);
    return fail(error);
  }
  return call.store(call.arg(0), *number);
}

Outcome<void> worker_send(Call& call) {
  WorkerAccess& access = *call.wasi().workers;
  TRY(const std::span<u8> bytes, call.bytes(call.arg(1), call.arg(2)));
  if (!may_wait(access)) return fail(Errno::Perm);
  if (access.self && call.arg(0) != kOwner) return fail(Errno::Pipe);
  // Not std::nothrow: the object file that defines it brings the machinery of exceptions into the launcher.
  os::Message message{std::unique_ptr<u8[]>(new (std::nothrow_t{}) u8[bytes.size()]), bytes.size()};
  if (message.bytes == nullptr) return fail(Errno::Nomem);
  if (!bytes.empty()) std::memcpy(message.bytes.get(), bytes.data(), bytes.size());
  const Result result =
      access.self ? access.boxes.answer(*access.self, message) : access.boxes.send(call.arg(0), message);
  return to_outcome(result, Errno::Again, Errno::Pipe);
}

Outcome<void> worker_wait(Call& call) {
  const WorkerAccess& access = *call.wasi().workers;
  TRY_VOID(call.bytes(call.arg(0), sizeof(u32)));
  TRY_VOID(call.bytes(call.arg(1), sizeof(u32)));
  if (!may_wait(access)) return fail(Errno::Perm);
  std::optional<os::Mailboxes::Event> event;
  if (access.self) {
    const auto size = access.boxes.wait(*access.self);
    if (!size) return fail(Errno::Pipe);
    event = {Result::Done, kOwner, *size};
  } else {
    event = access.boxes.wait();
    if (!event) return fail(Errno::Badf);
  }
  TRY_VOID(call.store(call.arg(0), event->worker));
  if (event->result != Result::Done) return fail(Errno::Pipe);
  return call.store(call.arg(1), static_cast<u32>(event->size));
}

Outcome<void> worker_receive(Call& call) {
  const WorkerAccess& access = *call.wasi().workers;
  TRY(const std::span<u8> room, call.bytes(call.arg(1), call.arg(2)));
  if (access.self && call.arg(0) != kOwner) return fail(Errno::Again);
  os::Message message;
  const Result result = access.self ? access.boxes.take(*access.self, room.size(), message)
                                    : access.boxes.receive(call.arg(0), room.size(), message);
  TRY_VOID(to_outcome(result, Errno::Msgsize, Errno::Again));
  if (message.size != 0) std::memcpy(room.data(), message.bytes.get(), message.size);
  return {};
}

Outcome<void> worker_close(Call& call) {
  TRY(WorkerAccess * access, owner(call));
  access->boxes.close(call.arg(0));
  return {};
}

Trap worker_count(void* context, runtime::HostCall& call) {
  const WorkerAccess& access = *static_cast<Wasi*>(context)->workers;
  call.slots[0] = access.self ? 0 : std::min(os::processors(), os::Mailboxes::kWorkers);
  return Trap::None;
}

}  // namespace hermit::wasi1
