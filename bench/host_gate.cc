// hermit_host_gate: what the way from compiled code to a host function and back costs, for functions of several types.
//
// A module calls an empty host function in a loop, and an empty function of its own of the same type in the same loop;
// the difference of the two is what the gate and its C++ side cost (src/runtime/native_gate.cc, native_host.cc).
// Batches of all take turns, the fastest of each counts. Each call gets what the one before returned, so none overlaps
// the next. Prints nanoseconds of a call. Exit code 1 if a bar is missed.
//
// Functions of integers alone have two gates of their own: one for parameters in registers, and one for one or two
// more. Of WASI and its extensions, only path_open takes the second.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <vector>

#include "compiler/compile.h"
#include "os/clock.h"
#include "runtime/native.h"
#include "wasm/decoder.h"
#include "wasm/module_builder.h"
#include "wasm/validator.h"

namespace hermit {
namespace {

using wasm::Code;
using wasm::Op;
using wasm::ValType;
using enum wasm::ValType;

constexpr double kBar = 10;
constexpr u32 kCalls = 20'000;  // some 0.15 ms: often nothing interrupts it
constexpr int kBatches = 2000;

// The first parameter's slot is the result's, so nothing is to be done.
Trap do_nothing(void*, runtime::HostCall&) { return Trap::None; }

struct Shape {
  const char* text;
  std::vector<ValType> params, results;
};

// Exports "host" and "guest": call the function so many times. Is there a result, it becomes the next call's first
// argument.
Bytes make_module(const Shape& shape) {
  wasm::ModuleBuilder m;
  const u32 type = m.type(shape.params, shape.results);
  const u32 loop_type = m.type({I32}, {});
  const u32 host = m.import_function("bench", "empty", type);
  // With a `return` it is no leaf that the compiler inlines (inline.cc), and its code is the same as without.
  Code empty;
  if (!shape.results.empty()) empty.local_get(0);
  const u32 guest = m.function(type, {}, empty.op(Op::Return));
  for (const auto& [name, callee] : {std::pair{"host", host}, std::pair{"guest", guest}}) {
    Code body;  // local 0 counts down, those behind it are the arguments
    body.begin(Op::Loop);
    for (u32 i = 0; i < shape.params.size(); ++i) body.local_get(1 + i);
    body.op(Op::Call, {callee});
    if (!shape.results.empty()) body.local_set(1);
    body.local_get(0).i32(1).op(Op::I32Sub).op(Op::LocalTee, {0}).op(Op::BrIf, {0}).end();
    wasm::ModuleBuilder::LocalRuns locals;
    for (const ValType param : shape.params) locals.emplace_back(1, param);
    m.export_function(name, m.function(loop_type, locals, body));
  }
  return m.build();
}

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "hermit_host_gate: %s\n", what);
  std::exit(2);
}

u64 now() { return os::clock_time(os::Clock::Monotonic).value_or(0); }

class Guest {
 public:
  explicit Guest(const Shape& shape) : shape_(shape), bytes_(make_module(shape)) {
    auto module = wasm::decode_module(bytes_);
    if (!module) fail(module.error().what);
    module_ = std::move(*module);
    if (const auto valid = wasm::validate_all(module_); !valid) fail(valid.error().what);
    const wasm::Module* modules[] = {&module_};
    const auto image = compiler::compile_program(modules);
    if (!image) fail(image.error().what);
    if (!program_.ok()) fail("no memory for the stack");
    if (const auto loaded = runtime::load_native(program_, modules, *image); !loaded) fail(loaded.error().what);
    program_.add_host_functions({&function_, 1}, nullptr);
    const auto started = program_.instantiate(module_);
    if (started.instance == nullptr) fail("the module does not start");
    host_ = runtime::Program::exported_function(*started.instance, "host");
    guest_ = runtime::Program::exported_function(*started.instance, "guest");
  }
  void run_batches() {
    fastest_host_ = std::min(fastest_host_, time(*host_));
    fastest_guest_ = std::min(fastest_guest_, time(*guest_));
  }
  void report() const {
    const double over = fastest_host_ - fastest_guest_;
    std::printf("  %-36s %8.2f %8.2f %8.2f   bar %.0f ns: %s\n", shape_.text, fastest_host_, fastest_guest_, over, kBar,
                over <= kBar ? "met" : "MISSED");
  }

 private:
  // Nanoseconds of a call.
  double time(runtime::Function& loop) {
    u64 slots[1] = {kCalls};
    const u64 start = now();
    if (program_.call(loop, slots) != Trap::None) fail("a trap");
    return static_cast<double>(now() - start) / kCalls;
  }

  const Shape& shape_;
  Bytes bytes_;
  wasm::Module module_;
  runtime::HostFunction function_ = {"bench", "empty", shape_.params, shape_.results, do_nothing};
  runtime::Program program_{runtime::native_engine()};
  runtime::Function* host_ = nullptr;
  runtime::Function* guest_ = nullptr;
  double fastest_host_ = 1e9, fastest_guest_ = 1e9;
};

int run() {
  if (const char* why = runtime::native_refusal()) fail(why);
  const Shape shapes[] = {
      {"[] -> []", {}, {}},
      {"[i32] -> [i32]", {I32}, {I32}},
      {"as fd_write: 4 parameters", {I32, I32, I32, I32}, {I32}},
      {"as path_open: 9, so one on the stack", {I32, I32, I32, I32, I32, I64, I64, I32, I32}, {I32}},
  };
  std::deque<Guest> guests;
  for (const Shape& shape : shapes) guests.emplace_back(shape);
  for (int i = 0; i < kBatches; ++i) {
    for (Guest& guest : guests) guest.run_batches();
  }
  std::printf("%-38s %8s %8s %8s\n", "a call of an empty function (ns)", "host's", "guest's", "over");
  for (const Guest& guest : guests) guest.report();
  return 0;
}

}  // namespace
}  // namespace hermit

int main() { return hermit::run(); }
