// HOST workers: further guests of the same program, each on a thread of its own. They share code and modules, which
// nothing writes to, and meet the program in mailboxes only.
#pragma once

#include <string>

#include "launcher/guest.h"

namespace hermit::launcher {

class WorkerPool {
 public:
  // Requires: `loaded`, `owner` and `name` stay as long as the process, once a worker was started.
  WorkerPool(const LoadedProgram& loaded, Guest& owner, const std::string& name)
      : loaded_(loaded), owner_(owner), name_(name + ": worker") {}
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // What makes the owner an owner.
  wasi1::WorkerAccess* access() { return &access_; }

 private:
  struct Worker;
  static wasi1::Errno start(void* pool, u32 number);
  static void run(void* worker);

  const LoadedProgram& loaded_;
  Guest& owner_;
  const std::string name_;
  os::Mailboxes boxes_;
  wasi1::WorkerAccess access_{.boxes = boxes_, .start = start, .context = this};
};

}  // namespace hermit::launcher
