// One lock and one condition for all: messages are large and rare.
#include "os/mailboxes.h"

namespace hermit::os {

Mailboxes::Result Mailboxes::Box::pop(size_t room, Message& message) {
  if (count == 0) return Result::Gone;
  if (messages[0].size > room) return Result::Full;
  message = static_cast<Message&&>(messages[0]);
  for (size_t i = 1; i < count; ++i) messages[i - 1] = static_cast<Message&&>(messages[i]);
  --count;
  return Result::Done;
}

std::optional<u32> Mailboxes::open() {
  const Locked locked(monitor_);
  for (u32 i = 0; i < kWorkers; ++i) {
    if (workers_[i].open) continue;
    workers_[i].open = true;
    return i;
  }
  return std::nullopt;
}

Mailboxes::Result Mailboxes::send(u32 worker, Message& message) {
  const Locked locked(monitor_);
  if (worker >= kWorkers) return Result::Gone;
  Worker& to = workers_[worker];
  if (!to.open || to.closed || to.left) return Result::Gone;
  if (to.to.count == kBoxSize) return Result::Full;
  to.to.put(message);
  monitor_.wake();
  return Result::Done;
}

void Mailboxes::close(u32 worker) {
  const Locked locked(monitor_);
  if (worker >= kWorkers || !workers_[worker].open) return;
  if (workers_[worker].left) return forget(workers_[worker]);
  workers_[worker].closed = true;
  monitor_.wake();
}

std::optional<Mailboxes::Event> Mailboxes::wait() {
  const Locked locked(monitor_);
  while (true) {
    bool any = false;
    for (u32 i = 0; i < kWorkers; ++i) {
      const u32 number = (turn_ + i) % kWorkers;
      Worker& worker = workers_[number];
      if (!worker.open || worker.closed) continue;
      any = true;
      if (worker.from.count == 0 && !worker.left) continue;
      turn_ = number + 1;
      if (worker.from.count != 0) return Event{Result::Done, number, worker.from.messages[0].size};
      forget(worker);
      return Event{Result::Gone, number, 0};
    }
    if (!any) return std::nullopt;
    monitor_.wait();
  }
}

Mailboxes::Result Mailboxes::receive(u32 worker, size_t room, Message& message) {
  const Locked locked(monitor_);
  if (worker >= kWorkers || workers_[worker].closed) return Result::Gone;
  const Result result = workers_[worker].from.pop(room, message);
  monitor_.wake();
  return result;
}

void Mailboxes::wait_for_closed() {
  const Locked locked(monitor_);
  for (const Worker& worker : workers_) {
    while (worker.closed) monitor_.wait();
  }
}

std::optional<size_t> Mailboxes::wait(u32 self) {
  const Locked locked(monitor_);
  const Worker& worker = workers_[self];
  while (worker.to.count == 0 && !worker.closed) monitor_.wait();
  if (worker.closed) return std::nullopt;
  return worker.to.messages[0].size;
}

Mailboxes::Result Mailboxes::take(u32 self, size_t room, Message& message) {
  const Locked locked(monitor_);
  return workers_[self].to.pop(room, message);
}

Mailboxes::Result Mailboxes::answer(u32 self, Message& message) {
  const Locked locked(monitor_);
  Worker& worker = workers_[self];
  while (worker.from.count == kBoxSize && !worker.closed) monitor_.wait();
  if (worker.closed) return Result::Gone;
  worker.from.put(message);
  monitor_.wake();
  return Result::Done;
}

void Mailboxes::leave(u32 self) {
  const Locked locked(monitor_);
  Worker& worker = workers_[self];
  worker.left = true;
  if (worker.closed) forget(worker);
  monitor_.wake();
}

}  // namespace hermit::os
