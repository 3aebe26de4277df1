// Runs one WASI program with given grants, without packing it: what test/wasi/run.py drives the official suite with.
//
//   hermit_wasi PROGRAM.wasm [--native] [--walk-only] [--dir=HOST_PATH] [--env=NAME=VALUE]... [-- ARGUMENTS...]
//
// HOST_PATH is granted as `/`. --native compiles the program and runs that. --walk-only leaves the system's own
// sandboxed resolution (openat2) aside.
#include <cstdio>
#include <string>
#include <string_view>

#include "host/host.h"
#include "interp/interpreter.h"
#include "os/process.h"
#include "os/whole_file.h"
#include "runtime/program.h"
#include "wasi1/wasi.h"
#include "wasm/decoder.h"
#include "wasm/validator.h"
#if HERMIT_NATIVE
#include "compiler/compile.h"
#include "runtime/native.h"
#endif

using namespace hermit;

namespace {

int refuse(const std::string& text) {
  os::write_stderr("hermit_wasi: " + text + "\n");
  return 125;
}

int run(const std::string& path, host::Config config, bool native) {
  const auto view = os::FileView::open(path);
  if (!view) return refuse(path + ": " + os::render(view.error()));
  const auto module = wasm::decode_module(view->bytes());
  if (!module) return refuse(path + ": " + os::render(module.error()));
  const auto code = wasm::validate_all(*module);
  if (!code) return refuse(path + ": " + os::render(code.error()));
  auto host = host::Host::create(std::move(config));
  if (!host) return refuse(std::string("cannot grant: ") + os::describe(host.error().error));
  wasi1::Wasi wasi(**host);
#if HERMIT_NATIVE
  runtime::Program program(native ? runtime::native_engine() : interp::engine());
#else
  runtime::Program program(interp::engine());
#endif
#if HERMIT_NATIVE
  if (native) {
    const wasm::Module* modules[] = {&*module};
    const auto image = compiler::compile_program(modules);
    if (!image) return refuse(path + ": " + os::render(image.error()));
    const auto loaded = runtime::load_native(program, modules, *image);
    if (!loaded) return refuse(path + ": " + os::render(loaded.error()));
  }
#else
  if (native) return refuse("--native: this build has no compiler");
#endif
  program.add_host_functions(wasi1::functions(), &wasi);
  const auto started = program.instantiate(*module, "main");
  if (started.link_error) return refuse(started.link_error->text);
  Trap trap = started.trap;
  if (trap == Trap::None) {
    runtime::Function* const start = runtime::Program::exported_function(*started.instance, "_start");
    if (start == nullptr) return refuse("no _start");
    trap = program.call(*start, nullptr);
  }
  if (trap == Trap::None) return 0;
  if (trap == Trap::Exit) return static_cast<int>(wasi.exit_code);
  os::write_stderr(std::string(trap_message(trap)) + "\n");
  return 134;
}

}  // namespace

int main(int argc, char** argv) {
  host::Config config;
  config.streams = os::take_standard_streams();
  const std::vector<std::string> arguments = os::arguments(argc, argv);
  if (arguments.size() < 2) return refuse("no program");
  config.args = {arguments[1].substr(arguments[1].rfind('/') + 1)};
  bool own = true;
  bool native = false;
  for (size_t i = 2; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (!own) {
      config.args.push_back(word);
    } else if (word == "--") {
      own = false;
    } else if (word == "--native") {
      native = true;
    } else if (word == "--walk-only") {
      config.walk_only = true;
    } else if (word.starts_with("--dir=")) {
      config.preopens.push_back({.guest_path = "/", .host_path = word.substr(6)});
    } else if (word.starts_with("--env=")) {
      config.environment.push_back(word.substr(6));
    } else {
      return refuse("unknown option " + word);
    }
  }
  return run(arguments[1], std::move(config), native);
}
