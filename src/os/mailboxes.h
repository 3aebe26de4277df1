// Messages between an owner and its workers, each on a thread of its own: bytes, handed over and never shared.
//
// Every worker has two boxes, for what the owner sends and for what it answers, with room for kBoxSize messages each.
// The owner never waits for room, so a worker that waits for it cannot wait for ever. Not on WASI, whose programs meet
// mailboxes as functions of the host (os/workers.h).
#pragma once

#include <memory>
#include <optional>

#include "os/thread.h"

namespace hermit::os {

struct Message {
  std::unique_ptr<u8[]> bytes;
  size_t size = 0;
};

class Mailboxes {
 public:
  static constexpr u32 kWorkers = 64;  // at a time
  static constexpr size_t kBoxSize = 2;

  enum class Result : u8 {
    Done,
    Full,  // there is no room for a message
    Gone,  // nobody will send or take one any more
  };

  // The owner's side. Worker numbers are below kWorkers; those that open() has not given are Gone.

  // The number of a new worker, or nothing if there are kWorkers. Whoever runs it calls leave() at its end.
  std::optional<u32> open();
  // Moves from `message` only if the result is Done.
  Result send(u32 worker, Message& message);
  // The worker's next wait() says Gone; what it has answered is dropped, its number is free once it has left.
  void close(u32 worker);
  // Waits until some worker has answered, or has left without being closed (`result` is Gone then, and its number
  // free). Nothing if there is no worker. Workers take turns.
  struct Event {
    Result result;
    u32 worker;
    size_t size;  // of its oldest answer
  };
  std::optional<Event> wait();
  // Takes its oldest answer, if that has at most `room` bytes. Else Gone, or Full for a message that is larger.
  Result receive(u32 worker, size_t room, Message& message);
  // Waits until all that were closed have left.
  void wait_for_closed();

  // A worker's side.

  // Waits for a message; its size, or nothing if the owner has closed this worker.
  std::optional<size_t> wait(u32 self);
  Result take(u32 self, size_t room, Message& message);
  // Waits for room. Gone if the owner has closed this worker.
  Result answer(u32 self, Message& message);
  void leave(u32 self);

 private:
  struct Box {
    Message messages[kBoxSize];
    size_t count = 0;
    void put(Message& message) { messages[count++] = static_cast<Message&&>(message); }
    Result pop(size_t room, Message& message);
  };
  struct Worker {
    bool open = false;
    bool closed = false;  // by the owner
    bool left = false;
    Box to, from;
  };
  void forget(Worker& worker) { worker = Worker(); }

  Monitor monitor_;
  Worker workers_[kWorkers];
  u32 turn_ = 0;  // where the owner's next wait begins to look
};

}  // namespace hermit::os
