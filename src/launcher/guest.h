// One set of instances of a program's modules, with what they may reach: the program itself, or one of its workers.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bundle/reader.h"
#include "host/host.h"
#include "runtime/program.h"
#include "wasi1/wasi.h"

namespace hermit::launcher {

struct LoadedModule {
  std::string name;   // what others import it as; empty for the main module
  std::string label;  // for messages: "main.wasm", "link/foo.wasm"
  std::optional<zip::Content> content;  // what `module` is made of; nothing if that is the native image
  wasm::Module module;
};

// What all guests of a process are made of. Never changes while one runs, so any thread may read it.
struct LoadedProgram {
  const bundle::Config& config;
  runtime::Limits limits;
  std::vector<LoadedModule> modules;  // those of LINK in its order, then the main one; reserved, so that they stay put
  std::vector<size_t> order;  // in which they are instantiated
};

// How a guest ends before its entry returns: an exit code, after the reason has been reported.
using Ended = std::unexpected<int>;

class Guest {
 public:
  // `name` is for messages. Requires: both outlive the guest.
  Guest(const LoadedProgram& loaded, const std::string& name) : loaded_(loaded), name_(name) {}

  // The steps of a guest's life: `program` with an engine that has its code; offer(); set_up(); call().
  std::optional<runtime::Program> program;

  // Offers the functions of WASI with what `host` grants, and the extensions that `granted`, the program's own host,
  // has. A worker's host grants nothing, so it is told no. `workers` may be null, and is not owned.
  void offer(std::unique_ptr<host::Host> host, const host::Host* granted, wasi1::WorkerAccess* workers);
  // Instantiates all modules in their order. A linked module that has `_initialize` (a reactor) is set up right after
  // it is instantiated, before anything can import from it; the main module is left to the caller. Gives the main one.
  std::expected<runtime::Instance*, int> set_up();
  std::expected<void, int> call(const runtime::Instance& instance, std::string_view function, u64* slots);

  [[nodiscard]] host::Host& host() { return *host_; }
  [[nodiscard]] wasi1::Wasi& wasi() { return *wasi_; }
  Ended fail(int code, std::string_view message) const;

 private:
  std::expected<runtime::Instance*, int> instantiate(const LoadedModule& loaded);
  Ended trapped(Trap trap);

  const LoadedProgram& loaded_;
  const std::string& name_;
  std::unique_ptr<host::Host> host_;
  std::optional<wasi1::Wasi> wasi_;
};

}  // namespace hermit::launcher
