// Instantiation (core specification, section 4.5.4): bind the imports, allocate what the module defines, write the
// active segments in order, run the start function.
//
// What is subtle: a failing segment traps *after* the earlier ones took effect, and its instance's functions may by
// then stand in tables of other instances; so the program keeps every instance it ever allocated until it ends. All
// bodies stay unknown to the runtime: a function starts with the body the engine names, and the engine does the rest at
// its first call. Specification: https://webassembly.github.io/spec/core/exec/modules.html#instantiation
#include "runtime/program.h"

#include <algorithm>
#include <tuple>

#include "base/check.h"
#include "runtime/link.h"

namespace hermit::runtime {

Program::Program(const Engine& engine, Limits limits) : engine_(engine), limits_(limits) {
  budget_.limit = limits.memory_bytes;
  engine_state_ = engine_.create(*this);
}

Program::~Program() {
  if (engine_state_ != nullptr) engine_.destroy(engine_state_);
}

void Program::add_host_functions(std::span<const HostFunction> functions, void* context) {
  host_groups_.push_back({functions, context});
}

void Program::define(std::string module, std::string name, Extern item) {
  definitions_.insert_or_assign(std::pair(std::move(module), std::move(name)), item);
}

Result<Memory*> Program::add_memory(const wasm::MemoryType& type) {
  TRY(Memory * memory, Memory::create(type, budget_));
  memories_.emplace_back(memory);
  return memory;
}

Result<Table*> Program::add_table(const wasm::TableType& type) {
  TRY(Table * table, Table::create(type));
  tables_.emplace_back(table);
  return table;
}

Global* Program::add_global(const wasm::GlobalType& type, u64 value) {
  globals_.push_back(std::make_unique<Global>(Global{{{value, 0}}, type}));
  return globals_.back().get();
}

void Program::register_instance(std::string_view name, Instance& instance) {
  named_.insert_or_assign(std::string(name), &instance);
}

const Instance* Program::instance_of(const wasm::Module& module) const {
  for (const auto& instance : instances_) {
    if (instance->module == &module) return instance.get();
  }
  return nullptr;
}

Function* Program::exported_function(const Instance& instance, std::string_view name) {
  const auto item = instance.find_export(name);
  return item && item->kind == wasm::ExternalKind::Function ? item->function : nullptr;
}

Trap Program::call(Function& function, u64* slots) {
  CHECK(ok());
  return engine_.call(engine_state_, function, slots);
}

bool Program::TypeLess::operator()(const wasm::FuncType& a, const wasm::FuncType& b) const {
  return std::tie(a.params, a.results) < std::tie(b.params, b.results);
}

u32 Program::canonical_type(const wasm::FuncType& type) {
  return type_ids_.try_emplace(type, static_cast<u32>(type_ids_.size())).first->second;
}

Function* Program::bind_host(const HostFunction& host, void* context) {
  auto& bound = host_functions_[{&host, context}];
  if (bound != nullptr) return bound.get();
  wasm::FuncType type{{host.params.begin(), host.params.end()}, {host.results.begin(), host.results.end()}};
  const u32 id = canonical_type(type);
  bound = std::make_unique<Function>();
  bound->type_id = id;
  bound->body = engine_.host_body;
  bound->native = engine_.host_native;
  bound->type = &type_ids_.find(type)->first;  // nodes of a map never move
  bound->host = host.call;
  bound->host_context = context;
  bound->host_name = host.name;
  return bound.get();
}

// Named instances come first (LINK replaces what the host offers), then single definitions, then host functions.
std::optional<Extern> Program::resolve(const wasm::Module& module, const wasm::Import& import,
                                       std::optional<LinkError>& error) {
  std::optional<Extern> found;
  if (const auto named = named_.find(import.module); named != named_.end())
    found = named->second->find_export(import.name);
  if (!found) {
    const auto defined = definitions_.find(std::pair(std::string(import.module), std::string(import.name)));
    if (defined != definitions_.end()) found = defined->second;
  }
  for (size_t g = 0; g < host_groups_.size() && !(found && matches(*found, module, import)); ++g) {
    for (const HostFunction& host : host_groups_[g].functions) {
      if (host.name != import.name || host.module != import.module) continue;
      found = Extern(bind_host(host, host_groups_[g].context));
      if (matches(*found, module, import)) break;
    }
  }
  if (found && matches(*found, module, import)) return found;
  if (found) {
    error = LinkError{{ErrorKind::Unlinkable, "incompatible import type", import.offset},
                      "incompatible import type: " + quoted_name(import) + " is " + describe(*found) + ", not " +
                          describe(module, import)};
  } else {
    error = LinkError{{ErrorKind::Unlinkable, "unknown import", import.offset},
                      "unknown import: nothing offers " + quoted_name(import) + ", " + describe(module, import)};
  }
  return std::nullopt;
}

std::optional<LinkError> Program::bind_imports(const wasm::Module& module, Instance& instance) {
  for (const wasm::Import& import : module.imports) {
    std::optional<LinkError> error;
    const auto item = resolve(module, import, error);
    if (!item) return error;
    switch (item->kind) {
      case wasm::ExternalKind::Function: instance.function_space.push_back(item->function); break;
      case wasm::ExternalKind::Table: instance.table_space.push_back(item->table); break;
      case wasm::ExternalKind::Memory: instance.memory_space.push_back(item->memory); break;
      case wasm::ExternalKind::Global: instance.global_space.push_back(item->global); break;
    }
  }
  return std::nullopt;
}

u64 evaluate(const wasm::ConstExpr& expression, const Instance& instance) {
  CHECK(expression.is_simple);
  switch (expression.op) {
    case wasm::Op::GlobalGet: return instance.global_space[expression.bits]->value[0];
    case wasm::Op::RefFunc: return reinterpret_cast<u64>(instance.function_space[expression.bits]);
    case wasm::Op::RefNull: return abi::kNullReference;
    default: return expression.bits;
  }
}

std::optional<LinkError> Program::allocate(const wasm::Module& module, Instance& instance) {
  const auto failed = [](const Error& error) { return LinkError{error, error.what}; };
  for (const wasm::FuncType& type : module.types) instance.type_id_space.push_back(canonical_type(type));
  instance.own_functions.resize(module.functions.size() - module.imported_functions);
  for (u32 i = module.imported_functions; i < module.functions.size(); ++i) {
    Function& function = instance.own_functions[i - module.imported_functions];
    function.type_id = instance.type_id_space[module.functions[i].type];
    function.instance = &instance;
    function.body = engine_.wasm_body;
    function.type = &module.function_type(i);
    function.index = i;
    instance.function_space.push_back(&function);
  }
  for (size_t i = module.imported_tables; i < module.tables.size(); ++i) {
    const auto table = add_table(module.tables[i]);
    if (!table) return failed(table.error());
    instance.table_space.push_back(*table);
  }
  for (size_t i = module.imported_memories; i < module.memories.size(); ++i) {
    const auto memory = add_memory(module.memories[i]);
    if (!memory) return failed(memory.error());
    instance.memory_space.push_back(*memory);
  }
  for (size_t i = module.imported_globals; i < module.globals.size(); ++i) {
    const wasm::Global& global = module.globals[i];
    instance.global_space.push_back(add_global(global.type, evaluate(global.init, instance)));
  }
  if (!instance.memory_space.empty()) instance.memory(0)->mirror_in(&instance);
  instance.execution = &execution_;
  instance.memories = instance.memory_space.data();
  instance.tables = instance.table_space.data();
  instance.globals = instance.global_space.data();
  instance.functions = instance.function_space.data();
  instance.type_ids = instance.type_id_space.data();

  instance.exports_by_name.resize(module.exports.size());
  for (u32 i = 0; i < module.exports.size(); ++i) instance.exports_by_name[i] = i;
  std::sort(instance.exports_by_name.begin(), instance.exports_by_name.end(),
            [&](u32 a, u32 b) { return module.exports[a].name < module.exports[b].name; });
  return std::nullopt;
}

namespace {

abi::Reference evaluate_element(const wasm::ElementInit& init, const Instance& instance) {
  switch (init.kind) {
    case wasm::ElementInit::Kind::RefFunc: return reinterpret_cast<abi::Reference>(instance.function_space[init.index]);
    case wasm::ElementInit::Kind::RefNull: return abi::kNullReference;
    case wasm::ElementInit::Kind::GlobalGet: return instance.global_space[init.index]->value[0];
    case wasm::ElementInit::Kind::General: break;
  }
  CHECK(false && "refused by the validator");
}

}  // namespace

Trap Program::run_segments(Instance& instance) {
  const wasm::Module& module = *instance.module;
  instance.elements.resize(module.elements.size());
  for (u32 i = 0; i < module.elements.size(); ++i) {
    const wasm::ElementSegment& segment = module.elements[i];
    if (segment.mode == wasm::SegmentMode::Declarative) continue;
    auto& references = instance.elements[i];
    references.reserve(segment.elements.size());
    for (const wasm::ElementInit& init : segment.elements) references.push_back(evaluate_element(init, instance));
  }
  for (const wasm::DataSegment& segment : module.data) instance.data.push_back(segment.bytes);

  for (u32 i = 0; i < module.elements.size(); ++i) {
    const wasm::ElementSegment& segment = module.elements[i];
    if (segment.mode != wasm::SegmentMode::Active) continue;
    const u32 to = static_cast<u32>(evaluate(segment.start, instance));
    const Trap trap = instance.table_init(i, segment.table, to, 0, segment.elements.size());
    if (trap != Trap::None) return trap;
    instance.elem_drop(i);
  }
  for (u32 i = 0; i < module.data.size(); ++i) {
    const wasm::DataSegment& segment = module.data[i];
    if (segment.mode != wasm::SegmentMode::Active) continue;
    const u32 to = static_cast<u32>(evaluate(segment.start, instance));
    const Trap trap = instance.memory_init(i, segment.memory, to, 0, segment.bytes.size());
    if (trap != Trap::None) return trap;
    instance.data_drop(i);
  }
  return Trap::None;
}

InstantiateResult Program::instantiate(const wasm::Module& module, std::string_view name) {
  instances_.push_back(std::make_unique<Instance>());
  Instance& instance = *instances_.back();
  instance.program = this;
  instance.module = &module;
  instance.name = name;

  InstantiateResult result;
  result.link_error = bind_imports(module, instance);
  if (!result.link_error) result.link_error = allocate(module, instance);
  if (!result.link_error && engine_.link != nullptr) {
    if (const char* why = engine_.link(engine_state_, instance)) {
      result.link_error = LinkError{{ErrorKind::Unsupported, why, 0}, why};
    }
  }
  if (result.link_error) return result;
  trace_.clear();
  trace_depth_ = 0;
  result.trap = run_segments(instance);
  if (result.trap == Trap::None && module.start != wasm::kNoIndex) {
    u64 no_slots[1] = {};
    result.trap = call(*instance.function(module.start), no_slots);
  }
  if (result.trap != Trap::None) return result;
  if (!name.empty()) register_instance(name, instance);
  result.instance = &instance;
  return result;
}

}  // namespace hermit::runtime
