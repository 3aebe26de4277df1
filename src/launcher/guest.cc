#include "launcher/guest.h"

#include "launcher/program.h"
#include "launcher/report.h"
#include "wasm/entry.h"

namespace hermit::launcher {

Ended Guest::fail(int code, std::string_view message) const {
  report(name_, message);
  return Ended(code);
}

void Guest::offer(std::unique_ptr<host::Host> host, const host::Host* granted, wasi1::WorkerAccess* workers) {
  host_ = std::move(host);
  wasi_.emplace(*host_);
  wasi_->workers = workers;
  program->add_host_functions(wasi1::functions(), &*wasi_);
  program->add_host_functions(wasi1::socket_functions(), &*wasi_);
  program->add_host_functions(wasi1::extension_functions(granted != nullptr ? *granted : *host_), &*wasi_);
  if (workers != nullptr) program->add_host_functions(wasi1::worker_functions(), &*wasi_);
}

Ended Guest::trapped(Trap trap) {
  if (trap == Trap::Exit) return Ended(static_cast<int>(wasi_->exit_code));
  report_trap(name_, trap, *program);
  return Ended(kTrapped);
}

std::expected<runtime::Instance*, int> Guest::instantiate(const LoadedModule& loaded) {
  const auto started = program->instantiate(loaded.module, loaded.name.empty() ? "main" : loaded.name);
  if (started.link_error) {
    const bool limit = started.link_error->error.kind == ErrorKind::Limit && loaded_.config.limit.memory_bytes;
    return fail(kCannotRun, loaded.label + ": " + started.link_error->text + (limit ? " (LIMIT memory)" : ""));
  }
  if (started.trap != Trap::None) return trapped(started.trap);
  return started.instance;
}

std::expected<void, int> Guest::call(const runtime::Instance& instance, std::string_view function, u64* slots) {
  const Trap trap = program->call(*runtime::Program::exported_function(instance, function), slots);
  if (trap != Trap::None) return trapped(trap);
  return {};
}

std::expected<runtime::Instance*, int> Guest::set_up() {
  runtime::Instance* main = nullptr;
  for (const size_t i : loaded_.order) {
    const LoadedModule& loaded = loaded_.modules[i];
    const auto instance = instantiate(loaded);
    if (!instance) return instance;
    if (loaded.name.empty()) {
      main = *instance;
    } else if ((*instance)->find_export(wasm::kReactorSetup)) {
      if (auto ready = call(**instance, wasm::kReactorSetup, nullptr); !ready) return Ended(ready.error());
    }
  }
  return main;
}

}  // namespace hermit::launcher
