// A worker is made by the thread that asks for it, so that what is missing (memory, the export) is an answer, and then
// runs on its own. Its host has no arguments, no environment, no streams, no directories, no network and no extensions.
// What is wrong with it the launcher says. (Not even standard error: a handle cannot have two owners on Windows, and it
// would be more than something to write to, a terminal's keyboard or a connection.)
//
// Workers end with the process, or leave when the owner has closed them.
#include "launcher/workers.h"

#include "launcher/native.h"
#include "os/trap.h"
#include "runtime/native.h"

namespace hermit::launcher {

struct WorkerPool::Worker {
  Worker(WorkerPool& the_pool, u32 number)
      : pool(the_pool), access{.boxes = the_pool.boxes_, .self = number}, guest(the_pool.loaded_, the_pool.name_) {}
  WorkerPool& pool;
  wasi1::WorkerAccess access;
  Guest guest;
  runtime::Instance* instance = nullptr;
};

wasi1::Errno WorkerPool::start(void* context, u32 number) {
  using wasi1::Errno;
  auto& pool = *static_cast<WorkerPool*>(context);
  auto worker = std::make_unique<Worker>(pool, number);
  Guest& guest = worker->guest;
  guest.program.emplace(pool.owner_.program->engine(), pool.loaded_.limits);
  if (!guest.program->ok()) return Errno::Nomem;
#ifdef HERMIT_NATIVE
  if (&guest.program->engine() == &runtime::native_engine())
    runtime::share_native(*pool.owner_.program, *guest.program);
#endif
  auto host = host::Host::create({});
  if (!host) return Errno::Nomem;
  guest.offer(std::move(*host), &pool.owner_.host(), &worker->access);
  const auto instance = guest.set_up();
  if (!instance) return Errno::Nomem;
  worker->instance = *instance;
  const runtime::Function* const entry = runtime::Program::exported_function(**instance, wasi1::kWorkerEntry);
  if (entry == nullptr || *entry->type != wasm::FuncType{}) return Errno::Nosys;
  worker->access.is_set_up = true;
  if (!os::start_thread(run, worker.get())) return Errno::Again;
  (void)worker.release();
  return Errno::Success;
}

// However it ends, what there is to say has been said; the owner learns from the mailboxes that it is gone.
void WorkerPool::run(void* context) {
  std::unique_ptr<Worker> worker(static_cast<Worker*>(context));
  os::Mailboxes& boxes = worker->pool.boxes_;
  const u32 number = *worker->access.self;
  (void)worker->guest.call(*worker->instance, wasi1::kWorkerEntry, nullptr);
  worker.reset();
#ifdef HERMIT_NATIVE
  os::finish_thread_for_faults();
#endif
  boxes.leave(number);
}

}  // namespace hermit::launcher
