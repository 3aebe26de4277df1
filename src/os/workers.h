// Workers of the tool: helpers on other processors that share nothing with it. Bytes go in, bytes come out.
//
// Native builds run them as threads. On WASI the host has them (HOST workers, docs/wasi.md): a worker is another
// instance of the same program, whose exported function `hermit_worker` the host calls; that has to call
// serve_as_worker() with the function given here.
#pragma once

#include <memory>
#include <optional>

#include "base/bytes.h"

namespace hermit::os {

// What a worker sees of its owner.
class WorkerOwner {
 public:
  explicit WorkerOwner(void* context) : context_(context) {}
  // Waits for the owner's next message; nothing when there will be no more.
  std::optional<Bytes> receive();
  // Waits while two answers have not been taken. False if nobody will take one any more.
  bool answer(ByteView message);

 private:
  [[maybe_unused]] void* context_;  // WASI: there is only one owner
};

// A worker's life: answers what it receives. When it returns while the owner still needs it, wait() says so.
using Serve = void (*)(WorkerOwner& owner);

// How many workers can be at work at a time, besides the caller, who mostly waits: the processors that this process
// may use. 0 where there are no workers.
u32 most_workers();

class Workers {
 public:
  // Starts `count` workers, or as many as the system has room for.
  Workers(u32 count, Serve serve);
  // Ends them: they leave when they ask for their next message.
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  // Worker numbers are below this.
  [[nodiscard]] u32 count() const { return count_; }
  // False if the worker has ended, or has two messages it has not looked at yet.
  bool send(u32 worker, ByteView message);
  // Waits for the next answer of any worker. Nothing if a worker has ended by itself.
  struct Answer {
    u32 worker;
    Bytes message;
  };
  std::optional<Answer> wait();

 private:
  struct State;
  std::shared_ptr<State> state_;
  u32 count_ = 0;
};

// WASI only, for the exported function `hermit_worker`.
void serve_as_worker(Serve serve);

}  // namespace hermit::os
