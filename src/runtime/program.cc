// Instantiation (core specification, section 4.5.4): bind the imports, allocate what the module defines, write the
// active segments in order, run the start function.
//
// What is subtle: a failing segment traps *after* the earlier ones took effect, and its instance's functions may by
// then stand in tables of other instances; so the program keeps every instance it ever allocated until it ends. All
// bodies stay unknown to the runtime: a function starts with the body the engine names, and the engine does the rest at
// its first call. Specification: https://webassembly.github.io/spec/core/exec/modules.html#instantiation
#include "runtime/program.h"

#include <algorithm>

#include "base/check.h"
#include "base/sort.h"
#include "runtime/link.h"

namespace hermit::runtime {

namespace {

// Ids of types stand in the upper bits of a wasm::ValType.
constexpr size_t kMaxProgramTypes = size_t{1} << (32 - wasm::kTypeIndexShift);

LinkError failed(const Error& error) { return {error, error.what}; }

}  // namespace

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

Global* Program::add_global(const wasm::GlobalType& type, u64 value, u64 high) {
  globals_.push_back(std::make_unique<Global>(Global{{{value, high}}, type}));
  return globals_.back().get();
}

Tag* Program::add_tag(const wasm::FuncType& type, u32 type_id) {
  tags_.push_back(std::make_unique<Tag>(Tag{{type_id, wasm::slots_of(type.params)}, &type}));
  return tags_.back().get();
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

u32 Program::canonical_type(const wasm::FuncType& type) {
  const u32 new_id = static_cast<u32>(type_shapes_.size());
  const u32 id = type_registry_.intern(type, new_id);
  if (id == new_id) type_shapes_.emplace_back();
  return id;
}

std::vector<u32> Program::type_ids(const wasm::Module& module) {
  std::vector<u32> ids(module.types.size());
  for (size_t g = 0; g < module.groups.size(); ++g) {
    const u32 begin = module.groups[g];
    const u32 end = g + 1 < module.groups.size() ? module.groups[g + 1] : static_cast<u32>(ids.size());
    const u32 canonical = module.shapes[begin].canonical;
    const u32 new_id = static_cast<u32>(type_shapes_.size());
    const u32 first =
        canonical != begin ? ids[canonical] : type_registry_.intern(module, begin, end - begin, ids, new_id);
    for (u32 i = begin; i < end; ++i) ids[i] = first + (i - begin);
    if (first != new_id) continue;
    for (u32 i = begin; i < end; ++i) {
      wasm::TypeShape shape = module.shapes[i];
      if (shape.super != wasm::kNoIndex) shape.super = ids[shape.super];
      type_shapes_.push_back(shape);
    }
  }
  return ids;
}

Function* Program::bind_host(const HostFunction& host, void* context) {
  auto& bound = host_functions_[{&host, context}];
  if (bound != nullptr) return &bound->function;
  bound = std::make_unique<HostBinding>();
  bound->type = {{host.params.begin(), host.params.end()}, {host.results.begin(), host.results.end()}};
  Function& function = bound->function;
  function.type_id = canonical_type(bound->type);
  function.body = engine_.host_body;
  function.native = engine_.host_native == nullptr ? nullptr : engine_.host_native(host);
  function.type = &bound->type;
  function.param_slots = static_cast<u16>(wasm::slots_of(host.params));
  function.result_slots = static_cast<u16>(wasm::slots_of(host.results));
  function.host = host.call;
  function.host_context = context;
  function.host_name = host.name;
  return &function;
}

// Named instances come first (LINK replaces what the host offers), then single definitions, then host functions.
std::optional<Extern> Program::resolve(const wasm::Module& module, const wasm::Import& import, std::span<const u32> ids,
                                       std::optional<LinkError>& error) {
  const auto fits = [&](const Extern& item) { return matches(item, module, import, {ids, type_shapes_}); };
  std::optional<Extern> found;
  if (const auto named = named_.find(import.module); named != named_.end())
    found = named->second->find_export(import.name);
  if (!found) {
    const auto defined = definitions_.find(std::pair(std::string(import.module), std::string(import.name)));
    if (defined != definitions_.end()) found = defined->second;
  }
  for (size_t g = 0; g < host_groups_.size() && !(found && fits(*found)); ++g) {
    for (const HostFunction& host : host_groups_[g].functions) {
      if (host.name != import.name || host.module != import.module) continue;
      found = Extern(bind_host(host, host_groups_[g].context));
      if (fits(*found)) break;
    }
  }
  if (found && fits(*found)) return found;
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
    const auto item = resolve(module, import, instance.type_id_space, error);
    if (!item) return error;
    switch (item->kind) {
      case wasm::ExternalKind::Function: instance.function_space.push_back(item->function); break;
      case wasm::ExternalKind::Table: instance.table_space.push_back(item->table); break;
      case wasm::ExternalKind::Memory: instance.memory_space.push_back(item->memory); break;
      case wasm::ExternalKind::Global: instance.global_space.push_back(item->global); break;
      case wasm::ExternalKind::Tag: instance.tag_space.push_back(item->tag); break;
    }
  }
  return std::nullopt;
}

std::optional<LinkError> Program::allocate_tables(const wasm::Module& module, Instance& instance) {
  auto init = module.table_inits.begin();
  for (u32 i = module.imported_tables; i < module.tables.size(); ++i) {
    wasm::TableType type = module.tables[i];
    type.element = in_program(type.element, instance.type_id_space);
    const auto table = add_table(type);
    if (!table) return failed(table.error());
    instance.table_space.push_back(*table);
    if (init == module.table_inits.end() || init->table != i) continue;
    std::fill_n((*table)->elements, (*table)->size, evaluate(init->init, instance).slots[0]);
    ++init;
  }
  return std::nullopt;
}

std::optional<LinkError> Program::allocate(const wasm::Module& module, Instance& instance) {
  std::optional<std::vector<u32>> reachable;
  if (engine_.reachable != nullptr) reachable = engine_.reachable(engine_state_, module);
  const size_t all = module.functions.size() - module.imported_functions;
  const size_t count = reachable ? reachable->size() : all;
  instance.own_functions.resize(count);
  instance.function_space.resize(module.functions.size());
  for (size_t n = 0; n < count; ++n) {
    const u32 i = reachable ? (*reachable)[n] : module.imported_functions + static_cast<u32>(n);
    Function& function = instance.own_functions[n];
    function.type_id = instance.type_id_space[module.functions[i].type];
    function.instance = &instance;
    function.body = engine_.wasm_body;
    function.type = &module.function_type(i);
    function.param_slots = static_cast<u16>(wasm::slots_of(function.type->params));
    function.result_slots = static_cast<u16>(wasm::slots_of(function.type->results));
    function.index = i;
    instance.function_space[i] = &function;
  }
  if (auto error = allocate_tables(module, instance)) return error;
  for (size_t i = module.imported_memories; i < module.memories.size(); ++i) {
    const auto memory = add_memory(module.memories[i]);
    if (!memory) return failed(memory.error());
    instance.memory_space.push_back(*memory);
  }
  for (size_t i = module.imported_tags; i < module.tags.size(); ++i) {
    const u32 type = module.tags[i].type;
    instance.tag_space.push_back(add_tag(module.types[type], instance.type_id_space[type]));
  }
  for (size_t i = module.imported_globals; i < module.globals.size(); ++i) {
    const wasm::Global& global = module.globals[i];
    const ConstValue value = evaluate(global.init, instance);
    const wasm::GlobalType type{in_program(global.type.type, instance.type_id_space), global.type.is_mutable};
    const size_t number = i - module.imported_globals;
    if (number < abi::kOwnGlobals) {
      instance.own_globals[number] = {{{value.slots[0], value.slots[1]}}, type};
      instance.global_space.push_back(&instance.own_globals[number]);
    } else {
      instance.global_space.push_back(add_global(type, value.slots[0], value.slots[1]));
    }
  }
  if (!instance.memory_space.empty()) instance.memory(0)->mirror_in(&instance);
  instance.execution = &execution_;
  instance.memories = instance.memory_space.data();
  instance.tables = instance.table_space.data();
  instance.globals = instance.global_space.data();
  instance.tags = instance.tag_space.data();
  instance.functions = instance.function_space.data();
  instance.type_ids = instance.type_id_space.data();

  instance.exports_by_name.resize(module.exports.size());
  for (u32 i = 0; i < module.exports.size(); ++i) instance.exports_by_name[i] = i;
  heap_sort(instance.exports_by_name, {}, [&](u32 i) { return module.exports[i].name; });
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
  return evaluate(instance.module->general_exprs[init.index], instance).slots[0];
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
    const u64 to = evaluate(segment.start, instance).slots[0];
    const Trap trap = instance.table_init(i, segment.table, to, 0, segment.elements.size());
    if (trap != Trap::None) return trap;
    instance.elem_drop(i);
  }
  for (u32 i = 0; i < module.data.size(); ++i) {
    const wasm::DataSegment& segment = module.data[i];
    if (segment.mode != wasm::SegmentMode::Active) continue;
    const u64 to = evaluate(segment.start, instance).slots[0];
    Memory& memory = *instance.memory(segment.memory);
    const bool placed = engine_.place_data != nullptr && in_bounds(to, segment.bytes.size(), memory.size) &&
                        engine_.place_data(engine_state_, memory, to, segment.bytes);
    const Trap trap = placed ? Trap::None : instance.memory_init(i, segment.memory, to, 0, segment.bytes.size());
    if (trap != Trap::None) return trap;
    instance.data_drop(i);
  }
  return Trap::None;
}

InstantiateResult Program::instantiate(const wasm::Module& module, std::string_view name) {
  instances_.push_back(std::make_unique<Instance>());
  Instance& instance = *instances_.back();
  static_assert(sizeof(Global) == abi::kOwnGlobalSize);
  CHECK(reinterpret_cast<u8*>(instance.own_globals) == reinterpret_cast<u8*>(&instance) + abi::own_global_offset(0));
  instance.program = this;
  instance.module = &module;
  instance.name = name;

  InstantiateResult result;
  if (type_shapes_.size() + module.types.size() > kMaxProgramTypes) {
    result.link_error = failed(Error{ErrorKind::Limit, "the program's modules have too many types", 0});
    return result;
  }
  instance.type_id_space = type_ids(module);
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

// Exceptions are held by the engine's stack, and by tables, globals and segments of instances.
void Program::mark_exceptions(void* self, ExceptionMarker& marker) {
  auto& program = *static_cast<Program*>(self);
  const auto may_hold = [](wasm::ValType type) { return wasm::nullable(type) == wasm::ValType::ExnRef; };
  for (const auto& table : program.tables_) {
    if (may_hold(table->type().element)) marker.words(table->elements, table->size);
  }
  for (const auto& global : program.globals_) {
    if (may_hold(global->type.type)) marker.words(global->value, 1);
  }
  for (const auto& instance : program.instances_) {
    for (const Global& global : instance->own_globals) {
      if (may_hold(global.type.type)) marker.words(global.value, 1);
    }
    for (size_t i = 0; i < instance->elements.size(); ++i) {
      const auto& segment = instance->elements[i];
      if (may_hold(instance->module->elements[i].type)) marker.words(segment.data(), segment.size());
    }
  }
  program.engine_.mark(program.engine_state_, marker);
}

}  // namespace hermit::runtime
