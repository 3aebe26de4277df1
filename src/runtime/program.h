// A running program: the facade for whoever starts guests (launcher, tests, benchmarks).
//
//   wasm::Module module = *wasm::decode_module(bytes);       and wasm::validate_all(module)
//   runtime::Program program(interp::engine());
//   program.add_host_functions(wasi1::functions(), &wasi_state);
//   auto started = program.instantiate(module, "main");       // binds imports, runs segments and the start function
//   if (!started.instance) ...                                // started.link_error or started.trap says why
//   Function* start = program.exported_function(*started.instance, "_start");
//   Trap trap = program.call(*start, slots);                  // Trap::None, Trap::Exit, or a failure
//   for (const TraceFrame& frame : program.backtrace()) ...   // after a trap, innermost first
//
// A program may hold many instances; those with a name satisfy later instances' imports (LINK). One guest thread.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/exceptions.h"
#include "runtime/instance.h"
#include "wasm/type_registry.h"

namespace hermit::runtime {

// The innermost frames that backtrace() keeps.
inline constexpr size_t kMaxTraceFrames = 50;

struct TraceFrame {
  const Instance* instance;
  u32 function;  // function index in the instance's module
  u64 offset;    // of the instruction, in the module's bytes
  std::string_view name;  // from the module's name section; empty without one. Hostile text: escape it before printing
};

// How functions are executed. The runtime never looks inside; there is one table per engine (interp/interpreter.h).
struct Engine {
  void* wasm_body;  // FuncRef::body of a function that was never called
  void* host_body;  // FuncRef::body of a host function
  void* (*create)(Program& program);  // the engine's own state for one program; null if memory is refused
  void (*destroy)(void* state);
  // Calls `function` with `slots` (parameters in, results out). May be called again by a host function it runs.
  Trap (*call)(void* state, Function& function, u64* slots);
  // Shows every word of the guest's stack, where references to exceptions may be.
  void (*mark)(void* state, ExceptionMarker& marker);
  // Called once for an instance whose parts are all there, before anything of it runs. Null, or why it cannot run.
  const char* (*link)(void* state, Instance& instance) = nullptr;
  // Writes an active data segment to where it belongs, inside the memory's bounds, in a better way than copying; false
  // if there is none. Called once for a segment. May be null.
  bool (*place_data)(void* state, Memory& memory, u64 to, ByteView bytes) = nullptr;
  // The functions of a module that anything but its own code can reach, ascending: others get no Function, and null in
  // the function space. Nothing: all of them. May be null.
  std::optional<std::vector<u32>> (*reachable)(void* state, const wasm::Module& module) = nullptr;
  const void* (*host_native)(const HostFunction& host) = nullptr;  // FuncRef::native of a host function; may be null
};

struct Limits {
  u64 memory_bytes = ~u64{0};  // of all memories together
  u64 stack_bytes = u64{64} << 20;  // of the guest's call stack
};

// Why an import could not be bound: both sides by name, ready to print behind the module's name.
struct LinkError {
  Error error;  // kind Unlinkable: "unknown import" or "incompatible import type"; System, Limit: no memory
  std::string text;  // e.g. incompatible import type: "env" "f" is a function [i32] -> [], not a function [i64] -> []
};

struct InstantiateResult {
  Instance* instance = nullptr;  // null on failure
  Trap trap = Trap::None;  // a segment or the start function trapped (or Trap::Exit); the instance is then null here,
                           // but lives on, since others may already hold its functions
  std::optional<LinkError> link_error;
};

class Program {
 public:
  // Requires: `engine` outlives the program.
  explicit Program(const Engine& engine, Limits limits = {});
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // False if the engine got no memory for its stack: nothing can be called then.
  [[nodiscard]] bool ok() const { return engine_state_ != nullptr; }

  // Offers host functions to imports of later instances. The span must outlive the program. Two functions may share a
  // name: the import's type chooses.
  void add_host_functions(std::span<const HostFunction> functions, void* context);
  // Offers other things under a name. Requires: their owner outlives the program, or they come from add_*.
  void define(std::string module, std::string name, Extern item);
  // New objects owned by the program, for embedders that offer them (the spec tests' "spectest").
  Result<Memory*> add_memory(const wasm::MemoryType& type);
  Result<Table*> add_table(const wasm::TableType& type);
  Global* add_global(const wasm::GlobalType& type, u64 value, u64 high = 0);  // `high`: of a v128
  Tag* add_tag(const wasm::FuncType& type, u32 type_id);

  // Instantiates a validated module as section 4.5.4 of the specification says. `module` and its bytes must outlive the
  // program. With a non-empty name the instance's exports satisfy imports from that module name afterwards, also under
  // further names given to register_instance.
  InstantiateResult instantiate(const wasm::Module& module, std::string_view name = {});
  void register_instance(std::string_view name, Instance& instance);

  // Null if there is no such exported function.
  [[nodiscard]] static Function* exported_function(const Instance& instance, std::string_view name);

  // Requires: ok(); `slots` holds max(parameters, results) slots and the parameters.
  [[nodiscard]] Trap call(Function& function, u64* slots);

  // Of the last trap, innermost first, at most kMaxTraceFrames; `trace_depth` is how many frames there were.
  [[nodiscard]] std::span<const TraceFrame> backtrace() const { return trace_; }
  [[nodiscard]] u64 trace_depth() const { return trace_depth_; }
  void set_backtrace(std::vector<TraceFrame> frames, u64 depth) {
    trace_ = std::move(frames);
    trace_depth_ = depth;
  }

  [[nodiscard]] const Engine& engine() const { return engine_; }
  [[nodiscard]] void* engine_state() const { return engine_state_; }
  // The first instance of a module, or null.
  [[nodiscard]] const Instance* instance_of(const wasm::Module& module) const;
  [[nodiscard]] const Limits& limits() const { return limits_; }
  [[nodiscard]] abi::Execution& execution() { return execution_; }
  // The id of a function type that mentions no type indices: equal types have equal ids in this program.
  u32 canonical_type(const wasm::FuncType& type);
  // The ids of a module's types.
  std::vector<u32> type_ids(const wasm::Module& module);
  // Is the type of id `a` the type of id `b`, or a declared subtype of it? call_indirect asks when ids differ.
  [[nodiscard]] bool is_subtype(u32 a, u32 b) const { return wasm::is_subtype_index(a, b, type_shapes_); }
  [[nodiscard]] ExceptionHeap& exceptions() { return exceptions_; }

 private:
  struct HostGroup {
    std::span<const HostFunction> functions;
    void* context;
  };
  struct HostBinding {
    Function function;
    wasm::FuncType type;
  };

  [[nodiscard]] std::optional<Extern> resolve(const wasm::Module& module, const wasm::Import& import,
                                              std::span<const u32> ids, std::optional<LinkError>& error);
  [[nodiscard]] Function* bind_host(const HostFunction& function, void* context);
  [[nodiscard]] std::optional<LinkError> bind_imports(const wasm::Module& module, Instance& instance);
  [[nodiscard]] std::optional<LinkError> allocate(const wasm::Module& module, Instance& instance);
  [[nodiscard]] std::optional<LinkError> allocate_tables(const wasm::Module& module, Instance& instance);
  [[nodiscard]] Trap run_segments(Instance& instance);
  static void mark_exceptions(void* program, ExceptionMarker& marker);

  const Engine& engine_;
  Limits limits_;
  abi::Execution execution_;
  MemoryBudget budget_;
  wasm::TypeRegistry type_registry_;
  std::vector<wasm::TypeShape> type_shapes_;  // by id; only what is_subtype needs
  std::vector<HostGroup> host_groups_;
  std::map<std::pair<std::string, std::string>, Extern, std::less<>> definitions_;
  std::map<std::string, Instance*, std::less<>> named_;
  std::map<std::pair<const HostFunction*, void*>, std::unique_ptr<HostBinding>> host_functions_;
  std::vector<std::unique_ptr<Memory>> memories_;
  std::vector<std::unique_ptr<Table>> tables_;
  std::vector<std::unique_ptr<Global>> globals_;
  std::vector<std::unique_ptr<Tag>> tags_;
  std::vector<std::unique_ptr<Instance>> instances_;
  std::vector<TraceFrame> trace_;
  u64 trace_depth_ = 0;
  void* engine_state_ = nullptr;
  ExceptionHeap exceptions_{budget_, {mark_exceptions, this}};
};

// The value of a validated constant expression: one slot, or two for a v128. Requires: what it refers to is already in
// `instance`.
struct ConstValue {
  u64 slots[2] = {};
};
ConstValue evaluate(const wasm::ConstExpr& expression, const Instance& instance);

}  // namespace hermit::runtime
