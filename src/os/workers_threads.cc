// Workers as threads, which meet their owner in mailboxes only.
#include <algorithm>
#include <cstring>

#include "os/mailboxes.h"
#include "os/workers.h"

namespace hermit::os {

namespace {

Message to_message(ByteView bytes) {
  Message message{std::make_unique_for_overwrite<u8[]>(bytes.size()), bytes.size()};
  if (!bytes.empty()) std::memcpy(message.bytes.get(), bytes.data(), bytes.size());
  return message;
}

Bytes to_bytes(const Message& message) { return {message.bytes.get(), message.bytes.get() + message.size}; }

}  // namespace

// Of all threads that use it, the last one frees it.
struct Workers::State {
  Mailboxes boxes;
  u32 numbers[Mailboxes::kWorkers] = {};  // of the workers, in the boxes
};

namespace {

struct Thread {
  Mailboxes* boxes;
  u32 number;
  Serve serve;
  std::shared_ptr<void> keep;
};

void run(void* context) {
  const std::unique_ptr<Thread> thread(static_cast<Thread*>(context));
  WorkerOwner owner(thread.get());
  thread->serve(owner);
  thread->boxes->leave(thread->number);
}

}  // namespace

std::optional<Bytes> WorkerOwner::receive() {
  const auto& self = *static_cast<const Thread*>(context_);
  Message message;
  if (!self.boxes->wait(self.number) || self.boxes->take(self.number, SIZE_MAX, message) != Mailboxes::Result::Done)
    return std::nullopt;
  return to_bytes(message);
}

bool WorkerOwner::answer(ByteView bytes) {
  const auto& self = *static_cast<const Thread*>(context_);
  Message message = to_message(bytes);
  return self.boxes->answer(self.number, message) == Mailboxes::Result::Done;
}

u32 most_workers() { return std::min(processors(), Mailboxes::kWorkers); }

Workers::Workers(u32 count, Serve serve) : state_(std::make_shared<State>()) {
  while (count_ < std::min(count, Mailboxes::kWorkers)) {
    const auto number = state_->boxes.open();
    auto thread = std::make_unique<Thread>(Thread{&state_->boxes, *number, serve, state_});
    if (!start_thread(run, thread.get())) {
      state_->boxes.close(*number);
      state_->boxes.leave(*number);
      break;
    }
    (void)thread.release();
    state_->numbers[count_++] = *number;
  }
}

Workers::~Workers() {
  for (u32 i = 0; i < count_; ++i) state_->boxes.close(state_->numbers[i]);
  state_->boxes.wait_for_closed();
}

bool Workers::send(u32 worker, ByteView bytes) {
  Message message = to_message(bytes);
  return state_->boxes.send(state_->numbers[worker], message) == Mailboxes::Result::Done;
}

std::optional<Workers::Answer> Workers::wait() {
  const auto event = state_->boxes.wait();
  Message message;
  if (!event || event->result != Mailboxes::Result::Done ||
      state_->boxes.receive(event->worker, SIZE_MAX, message) != Mailboxes::Result::Done)
    return std::nullopt;
  const u32* const begin = state_->numbers;
  const u32* const end = begin + count_;
  return Answer{static_cast<u32>(std::find(begin, end, event->worker) - begin), to_bytes(message)};
}

void serve_as_worker(Serve) {}

}  // namespace hermit::os
