// Validator and interpreter: what validates runs, with little memory and fuel. Input that begins as a module is one,
// all other input is a list of choices for module_maker.h. Such a module validates, and two runs of it agree.
#include <algorithm>
#include <bit>
#include <string>

#include "base/check.h"
#include "base/endian.h"
#include "interp/interpreter.h"
#include "module_maker.h"

namespace {

using namespace hermit;

constexpr u64 kFuel = 50'000;
constexpr runtime::Limits kLimits = {.memory_bytes = u64{4} << 20, .stack_bytes = u64{256} << 10};
constexpr u64 kMaxTableElements = 1 << 20;  // those declared are allocated before anything runs

struct Run {
  explicit Run(const wasm::Module& module) : program(interp::engine(), kLimits) {
    CHECK(program.ok());
    program.add_host_functions(kHost, this);
    interp::set_fuel(program, kFuel);
    instance = program.instantiate(module, "main").instance;
  }

  // The host functions that module_maker.h knows.
  static Trap same(void*, runtime::HostCall& call) {
    call.slots[0] ^= call.memory_size;
    return Trap::None;
  }
  static Trap many(void*, runtime::HostCall& call) {  // more results than parameters
    call.slots[0] = 1, call.slots[1] = ~u64{0}, call.slots[2] = 0x3f800000;
    return Trap::None;
  }
  static Trap again(void* context, runtime::HostCall& call) {  // calls the guest while the guest waits
    Run& run = *static_cast<Run*>(context);
    if (run.instance == nullptr) return Trap::None;
    return run.call(call.u32_at(0));
  }

  // Calls the export of this number, if it is a function.
  Trap call(u64 number) {
    const auto& exports = instance->module->exports;
    if (exports.empty()) return Trap::None;
    const auto& item = exports[number % exports.size()];
    if (item.kind != wasm::ExternalKind::Function) return Trap::None;
    runtime::Function& function = *instance->function(item.index);
    std::vector<u64> slots(std::max<size_t>(function.param_slots, function.result_slots) + 1u);
    for (size_t i = 0, slot = 0; i < function.type->params.size(); ++i) {
      const wasm::ValType type = function.type->params[i];
      if (wasm::is_reference(type) && !wasm::is_defaultable(type)) return Trap::None;
      if (!wasm::is_reference(type)) slots[slot] = type == wasm::ValType::I32 ? 3 : 0x4000000000000005;
      slot += type == wasm::ValType::V128 ? 2 : 1;
    }
    const Trap trap = program.call(function, slots.data());
    outcome += static_cast<char>(trap);
    if (trap != Trap::None) {
      for (const runtime::TraceFrame& frame : program.backtrace()) outcome += std::to_string(frame.offset);
      return trap;
    }
    for (size_t i = 0, slot = 0; i < function.type->results.size(); ++i) {
      const wasm::ValType type = function.type->results[i];
      if (!wasm::is_reference(type)) outcome += std::to_string(slots[slot]) + ' ';  // references are addresses
      slot += type == wasm::ValType::V128 ? 2 : 1;
    }
    return trap;
  }
  // Everything that two runs must agree on.
  std::string finish() {
    if (instance == nullptr) return "no instance";
    for (u64 i = 0; i < instance->module->exports.size() && i < 16; ++i) (void)call(i);
    u64 digest = 0;
    for (const abi::Memory* memory : instance->memory_space) {
      for (u64 i = 0; i < memory->size; i += sizeof(u64))
        digest = std::rotl(digest, 5) ^ load_le<u64>(memory->base + i);
    }
    return outcome + std::to_string(digest);
  }

  static constexpr wasm::ValType kI32[] = {wasm::ValType::I32}, kI64[] = {wasm::ValType::I64};
  static constexpr wasm::ValType kMany[] = {wasm::ValType::I32, wasm::ValType::I64, wasm::ValType::F32};
  static constexpr runtime::HostFunction kHost[] = {
      {"host", "same", kI64, kI64, same}, {"host", "many", {}, kMany, many}, {"host", "again", kI32, {}, again}};

  std::string outcome;
  runtime::Program program;
  runtime::Instance* instance = nullptr;
};

bool is_small(const wasm::Module& module) {
  u64 elements = 0;
  for (const auto& table : module.tables) elements += table.limits.min;
  return elements <= kMaxTableElements && module.tables.size() < 100 && module.memories.size() < 20;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8* data, size_t size) {
  const fuzz::Input input = fuzz::read_input({data, size});
  if (!input.module || !is_small(*input.module)) return 0;
  const std::string first = Run(*input.module).finish();
  if (input.is_made) CHECK(Run(*input.module).finish() == first);
  return 0;
}
