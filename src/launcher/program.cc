// From the modules in a bundle to an exit code: take their outlines from a native image, or decode and validate all of
// them → host → instantiate the linked ones, each behind those it imports from → instantiate the main one → call the
// entry. A program runs compiled or interpreted as a whole.
//
// A linked module that has `_initialize` (a reactor) is set up right after it is instantiated, before anything can
// import from it; the main module only if ENTRYPOINT names one of its functions, since a command does that itself.
#include "launcher/program.h"

#include <deque>
#include <optional>
#include <utility>

#include "host/host.h"
#include "interp/interpreter.h"
#include "launcher/confine.h"
#include "launcher/entrypoint.h"
#include "launcher/native.h"
#include "launcher/report.h"
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

struct LoadedModule {
  std::string name;   // what others import it as; empty for the main module
  std::string label;  // for messages: "main.wasm", "link/foo.wasm"
  std::optional<zip::Content> content;  // what `module` is made of; nothing if that is the native image
  wasm::Module module;
};

// How a program ends before its entry returns: an exit code, after the reason has been reported.
using Ended = std::unexpected<int>;

class Run {
 public:
  Run(const bundle::Bundle& bundle, const std::string& name, const std::optional<EngineWish>& wish)
      : bundle_(bundle), name_(name), wish_(wish) {
    const grants::Limits& limit = bundle.config().limit;
    limits_.memory_bytes = limit.memory_bytes.value_or(limits_.memory_bytes);
    limits_.stack_bytes = limit.stack_bytes.value_or(limits_.stack_bytes);
  }

  int run(Grants grants);
  // What the program wants to be replaced by, once it has ended.
  std::optional<wasi1::RunRequest> take_request() {
    return wasi_ ? std::exchange(wasi_->run_request, std::nullopt) : std::nullopt;
  }

 private:
  std::expected<void, int> load();
  bool load_compiled();
  std::expected<void, int> add_module(std::string name, std::string label,
                                      std::expected<zip::Content, bundle::Problem> content);
  std::expected<std::vector<size_t>, int> order();
  std::expected<runtime::Instance*, int> instantiate(const LoadedModule& loaded);
  std::expected<void, int> call(const runtime::Instance& instance, std::string_view function, u64* slots);
  std::expected<void, int> enter(const runtime::Instance& instance);
  Ended fail(int code, std::string_view message) {
    report(name_, message);
    return Ended(code);
  }
  Ended trapped(Trap trap);

  const bundle::Bundle& bundle_;
  const std::string& name_;
  const std::optional<EngineWish>& wish_;
  runtime::Limits limits_;
  std::optional<NativeProgram> native_;
  std::deque<LoadedModule> modules_;  // those of LINK in its order, then the main one
  std::optional<EmbeddedContents> embedded_;
  std::unique_ptr<host::Host> host_;
  std::optional<wasi1::Wasi> wasi_;
  std::optional<runtime::Program> program_;
};

std::expected<void, int> Run::add_module(std::string name, std::string label,
                                         std::expected<zip::Content, bundle::Problem> content) {
  if (!content) {
    const bool no_program = name.empty() && bundle_.zip().find("main.wasm") == nullptr;
    return fail(no_program ? kNoProgram : kCannotRun, content.error().text);
  }
  LoadedModule& loaded = modules_.emplace_back(std::move(name), std::move(label), std::move(*content), wasm::Module{});
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
  program_.emplace(runtime::native_engine(), limits_);
  if (!program_->ok()) return false;
  std::vector<const wasm::Module*> modules;
  const auto add = [&](std::string name, std::string label, wasm::Module& outline) {
    modules_.push_back({std::move(name), std::move(label), std::nullopt, std::move(outline)});
    modules.push_back(&modules_.back().module);
  };
  const std::vector<std::string>& link = bundle_.config().link;
  for (size_t i = 0; i < link.size(); ++i) add(link[i], "link/" + link[i] + ".wasm", native_->outlines[i]);
  add("", "main.wasm", native_->outlines.back());
  const auto loaded = runtime::load_native(*program_, native_->image, true, modules);
  if (loaded) return true;
  report_interpreted(name_, loaded.error().what);
  modules_.clear();
#endif
  return false;
}

std::expected<void, int> Run::load() {
  if (load_compiled()) return {};
  program_.emplace(interp::engine(), limits_);
  if (!program_->ok()) return fail(kUnusable, "not enough memory for the program's stack");
  for (const std::string& name : bundle_.config().link) {
    if (auto added = add_module(name, "link/" + name + ".wasm", bundle_.link_module(name)); !added) return added;
  }
  return add_module("", "main.wasm", bundle_.main_wasm());
}

std::expected<std::vector<size_t>, int> Run::order() {
  std::vector<wasm::ProgramModule> modules;
  for (const LoadedModule& loaded : modules_) modules.push_back({loaded.name, &loaded.module});
  auto found = wasm::instantiation_order(modules);
  if (found.cycle.empty()) return std::move(found.order);
  std::string names;
  for (const size_t i : found.cycle) names += modules_[i].name + ", ";
  return fail(kCannotRun,
              "LINK: these modules import from each other in a circle: " + names.substr(0, names.size() - 2));
}

Ended Run::trapped(Trap trap) {
  if (trap == Trap::Exit) return Ended(static_cast<int>(wasi_->exit_code));
  report_trap(name_, trap, *program_);
  return Ended(kTrapped);
}

std::expected<runtime::Instance*, int> Run::instantiate(const LoadedModule& loaded) {
  const auto started = program_->instantiate(loaded.module, loaded.name.empty() ? "main" : loaded.name);
  if (started.link_error) {
    const bool limit = started.link_error->error.kind == ErrorKind::Limit && bundle_.config().limit.memory_bytes;
    return fail(kCannotRun, loaded.label + ": " + started.link_error->text + (limit ? " (LIMIT memory)" : ""));
  }
  if (started.trap != Trap::None) return trapped(started.trap);
  return started.instance;
}

std::expected<void, int> Run::call(const runtime::Instance& instance, std::string_view function, u64* slots) {
  const Trap trap = program_->call(*runtime::Program::exported_function(instance, function), slots);
  if (trap != Trap::None) return trapped(trap);
  return {};
}

// Calls ENTRYPOINT, or the command entry. Requires: wasm::entry_problem has nothing to say.
std::expected<void, int> Run::enter(const runtime::Instance& instance) {
  const std::string& entry = bundle_.config().entrypoint;
  if (entry.empty() || entry == wasm::kCommandEntry) return call(instance, wasm::kCommandEntry, nullptr);

  const wasm::FuncType& type = *runtime::Program::exported_function(instance, entry)->type;
  const std::span<const std::string> words(host_->args());
  auto slots = parse_arguments(words.subspan(1), type.params);
  if (!slots) {
    const u32 index = instance.module->find_export(entry)->index;
    const std::string signature = wasm::describe_item(*instance.module, wasm::ExternalKind::Function, index);
    return fail(kUnusable, "ENTRYPOINT " + entry + " " + signature + ": " + slots.error());
  }
  if (entry != wasm::kReactorSetup && instance.find_export(wasm::kReactorSetup)) {
    if (auto ready = call(instance, wasm::kReactorSetup, nullptr); !ready) return ready;
  }
  slots->resize(std::max({slots->size(), type.results.size(), size_t{1}}));
  if (auto called = call(instance, entry, slots->data()); !called) return called;
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
  const auto sequence = order();
  if (!sequence) return sequence.error();
  for (const LoadedModule& loaded : modules_) {
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
  host_ = std::move(*host);

  wasi_.emplace(*host_);
  program_->add_host_functions(wasi1::functions(), &*wasi_);
  program_->add_host_functions(wasi1::socket_functions(), &*wasi_);
  program_->add_host_functions(wasi1::extension_functions(*host_), &*wasi_);

  confine(*host_, config, grants.confine);
  for (const size_t i : *sequence) {
    const LoadedModule& loaded = modules_[i];
    const auto instance = instantiate(loaded);
    if (!instance) return instance.error();
    if (loaded.name.empty()) {
      const auto ended = enter(**instance);
      return ended ? 0 : ended.error();
    }
    if ((*instance)->find_export(wasm::kReactorSetup)) {
      if (auto ready = call(**instance, wasm::kReactorSetup, nullptr); !ready) return ready.error();
    }
  }
  return 0;
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
