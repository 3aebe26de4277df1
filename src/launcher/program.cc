// From the modules in a bundle to an exit code: take their outlines from a native image, or decode and validate all of
// them → host → instantiate them, each behind those it imports from (guest.cc) → call the entry. A program runs
// compiled or interpreted as a whole.
//
// The main module's `_initialize` is called only if ENTRYPOINT names one of its functions: a command does that itself.
#include "launcher/program.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <utility>

#include "host/host.h"
#include "interp/interpreter.h"
#include "launcher/confine.h"
#include "launcher/entrypoint.h"
#include "launcher/guest.h"
#include "launcher/native.h"
#include "launcher/report.h"
#include "launcher/workers.h"
#include "os/deadline.h"
#include "os/process.h"
#include "runtime/native.h"
#include "runtime/program.h"
#include "wasi1/wasi.h"
#include "wasm/decoder.h"
#include "wasm/entry.h"
#include "wasm/linking.h"
#include "wasm/validator.h"

namespace hermit::launcher {
namespace {

// The embedded files of the bundle, inflated when the guest first reads them.
class EmbeddedContents {
 public:
  explicit EmbeddedContents(const bundle::Bundle& bundle) : bundle_(bundle) {}

  static Result<ByteView> load(void* context, size_t index) {
    auto* const self = static_cast<EmbeddedContents*>(context);
    auto content = self->bundle_.read(self->bundle_.files()[index]);
    if (!content) return std::unexpected(Error{ErrorKind::Malformed, "damaged embedded file", 0});
    self->contents_.push_back(std::move(*content));
    return self->contents_.back().bytes();
  }

 private:
  const bundle::Bundle& bundle_;
  std::deque<zip::Content> contents_;  // addresses stay when it grows
};

bool grants_workers(const bundle::Config& config) {
  return std::ranges::count(config.host, grants::HostExtension::Workers) != 0;
}

class Run {
 public:
  Run(const bundle::Bundle& bundle, const std::string& name, const std::optional<EngineWish>& wish)
      : bundle_(bundle), name_(name), wish_(wish), loaded_{bundle.config(), {}, {}, {}} {
    const grants::Limits& limit = bundle.config().limit;
    loaded_.limits.memory_bytes = limit.memory_bytes.value_or(loaded_.limits.memory_bytes);
    loaded_.limits.stack_bytes = limit.stack_bytes.value_or(loaded_.limits.stack_bytes);
    loaded_.modules.reserve(bundle.config().link.size() + 1);
  }

  int run(Grants grants);
  // What the program wants to be replaced by, once it has ended.
  std::optional<wasi1::RunRequest> take_request() {
    return has_host_ ? std::exchange(guest_.wasi().run_request, std::nullopt) : std::nullopt;
  }

 private:
  std::expected<void, int> load();
  bool load_compiled();
  std::expected<void, int> add_module(std::string name, std::string label,
                                      std::expected<zip::Content, bundle::Problem> content);
  std::expected<std::vector<size_t>, int> order();
  std::expected<void, int> enter(const runtime::Instance& instance);
  Ended fail(int code, std::string_view message) const { return guest_.fail(code, message); }

  const bundle::Bundle& bundle_;
  const std::string& name_;
  const std::optional<EngineWish>& wish_;
  std::optional<NativeProgram> native_;
  LoadedProgram loaded_;
  std::optional<EmbeddedContents> embedded_;
  Guest guest_{loaded_, name_};
  bool has_host_ = false;
  std::unique_ptr<WorkerPool> workers_;  // with HOST workers
};

std::expected<void, int> Run::add_module(std::string name, std::string label,
                                         std::expected<zip::Content, bundle::Problem> content) {
  if (!content) {
    const bool no_program = name.empty() && bundle_.zip().find("main.wasm") == nullptr;
    return fail(no_program ? kNoProgram : kCannotRun, content.error().text);
  }
  LoadedModule& loaded =
      loaded_.modules.emplace_back(std::move(name), std::move(label), std::move(*content), wasm::Module{});
  auto module = wasm::decode_module(loaded.content->bytes());
  if (!module) return fail(kCannotRun, loaded.label + ": " + os::render(module.error()));
  loaded.module = std::move(*module);
  if (const auto valid = wasm::validate_all(loaded.module); !valid)
    return fail(kCannotRun, loaded.label + ": " + os::render(valid.error()));
  return {};
}

// False: interpret. What stands in the way of code that is there has been reported.
bool Run::load_compiled() {
  if (wish_) native_ = find_native(bundle_, name_, *wish_);
#ifdef HERMIT_NATIVE
  if (!native_) return false;
  guest_.program.emplace(runtime::native_engine(), loaded_.limits);
  if (!guest_.program->ok()) return false;
  std::vector<const wasm::Module*> modules;
  const auto add = [&](std::string name, std::string label, wasm::Module& outline) {
    loaded_.modules.push_back({std::move(name), std::move(label), std::nullopt, std::move(outline)});
    modules.push_back(&loaded_.modules.back().module);
  };
  const std::vector<std::string>& link = bundle_.config().link;
  for (size_t i = 0; i < link.size(); ++i) add(link[i], "link/" + link[i] + ".wasm", native_->outlines[i]);
  add("", "main.wasm", native_->outlines.back());
  const auto loaded =
      runtime::load_native(*guest_.program, native_->image, true, grants_workers(bundle_.config()), modules);
  if (loaded) return true;
  report_interpreted(name_, loaded.error().what);
  loaded_.modules.clear();
#endif
  return false;
}

std::expected<void, int> Run::load() {
  if (load_compiled()) return {};
  guest_.program.emplace(interp::engine(), loaded_.limits);
  if (!guest_.program->ok()) return fail(kUnusable, "not enough memory for the program's stack");
  for (const std::string& name : bundle_.config().link) {
    if (auto added = add_module(name, "link/" + name + ".wasm", bundle_.link_module(name)); !added) return added;
  }
  return add_module("", "main.wasm", bundle_.main_wasm());
}

std::expected<std::vector<size_t>, int> Run::order() {
  std::vector<wasm::ProgramModule> modules;
  for (const LoadedModule& loaded : loaded_.modules) modules.push_back({loaded.name, &loaded.module});
  auto found = wasm::instantiation_order(modules);
  if (found.cycle.empty()) return std::move(found.order);
  std::string names;
  for (const size_t i : found.cycle) names += loaded_.modules[i].name + ", ";
  return fail(kCannotRun,
              "LINK: these modules import from each other in a circle: " + names.substr(0, names.size() - 2));
}

// Calls ENTRYPOINT, or the command entry. Requires: wasm::entry_problem has nothing to say.
std::expected<void, int> Run::enter(const runtime::Instance& instance) {
  const std::string& entry = bundle_.config().entrypoint;
  if (entry.empty() || entry == wasm::kCommandEntry) return guest_.call(instance, wasm::kCommandEntry, nullptr);

  const wasm::FuncType& type = *runtime::Program::exported_function(instance, entry)->type;
  const std::span<const std::string> words(guest_.host().args());
  auto slots = parse_arguments(words.subspan(1), type.params);
  if (!slots) {
    const u32 index = instance.module->find_export(entry)->index;
    const std::string signature = wasm::describe_item(*instance.module, wasm::ExternalKind::Function, index);
    return fail(kUnusable, "ENTRYPOINT " + entry + " " + signature + ": " + slots.error());
  }
  if (entry != wasm::kReactorSetup && instance.find_export(wasm::kReactorSetup)) {
    if (auto ready = guest_.call(instance, wasm::kReactorSetup, nullptr); !ready) return ready;
  }
  slots->resize(std::max({slots->size(), type.results.size(), size_t{1}}));
  if (auto called = guest_.call(instance, entry, slots->data()); !called) return called;
  if (!os::write_stdout(format_results(*slots, type.results)))
    return fail(kUnusable, "cannot write to standard output");
  return {};
}

int Run::run(Grants grants) {
  const bundle::Config& config = bundle_.config();
  if (config.limit.time_ms) {
    const std::string limit = grants::to_texts({.time_ms = config.limit.time_ms})[0][1];
    const std::string message = message_line(name_, "LIMIT time=" + limit + ": the program took longer and was ended");
    if (!os::end_process_after(*config.limit.time_ms, message, kTimedOut))
      return fail(kUnusable, "LIMIT time: this system has no timer for it").error();
  }
  if (auto loaded = load(); !loaded) return loaded.error();
  auto sequence = order();
  if (!sequence) return sequence.error();
  loaded_.order = std::move(*sequence);
  for (const LoadedModule& loaded : loaded_.modules) {
    std::string problem = wasm::setup_problem(loaded.module);
    if (problem.empty() && loaded.name.empty())
      problem = wasm::entry_problem(loaded.module, config.entrypoint.empty() ? wasm::kCommandEntry : config.entrypoint);
    if (!problem.empty()) return fail(kCannotRun, loaded.label + ": " + problem).error();
  }

  embedded_.emplace(bundle_);
  grants.config.embedded.context = &*embedded_;
  grants.config.embedded.load = &EmbeddedContents::load;
  auto host = host::Host::create(std::move(grants.config));
  if (!host) return fail(kUnusable, describe(host.error(), grants.directives)).error();
  if (grants_workers(config)) workers_ = std::make_unique<WorkerPool>(loaded_, guest_, name_);
  guest_.offer(std::move(*host), nullptr, workers_ ? workers_->access() : nullptr);
  has_host_ = true;

  confine(guest_.host(), config, grants.confine);
  const auto instance = guest_.set_up();
  if (!instance) return instance.error();
  const auto ended = enter(**instance);
  return ended ? 0 : ended.error();
}

}  // namespace

wasi1::RunRequest run_program(const bundle::Bundle& bundle, const std::string& name, Grants grants,
                              const std::optional<EngineWish>& wish) {
  Run run(bundle, name, wish);
  const int code = run.run(std::move(grants));
  // The system takes a process apart faster than destructors do.
  auto next = run.take_request();
  if (!next) os::exit_process(code);
  return std::move(*next);
}

}  // namespace hermit::launcher
