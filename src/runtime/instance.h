// Instances and what they are made of. A Program (program.h) owns all of it; addresses are stable for its life.
//
// Each type extends its view in abi/instance_layout.h, so a pointer to the view that an engine holds is a pointer to
// the object (static_cast).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "abi/instance_layout.h"
#include "runtime/host_function.h"
#include "runtime/memory.h"
#include "runtime/table.h"
#include "wasm/module.h"

namespace hermit::runtime {

class Program;
struct Instance;

// Types of globals, tables and tags are seen from the program: type indices in them are its type ids.
struct Global : abi::Global {
  wasm::GlobalType type;
};

struct Tag : abi::Tag {
  const wasm::FuncType* type;  // for messages
};

// A function that can be called: of an instance, or of the host.
struct Function : abi::FuncRef {
  const wasm::FuncType* type;
  u32 index;                          // in the owner's function index space; meaningless for host functions
  u16 param_slots;                    // v128 takes two
  u16 result_slots;
  HostFunctionPointer host;           // null unless it is a host function
  void* host_context;
  std::string_view host_name;
};

// Something an import can be bound to. Exactly the pointer that `kind` names is meaningful.
struct Extern {
  wasm::ExternalKind kind;
  union {
    Function* function;
    Table* table;
    Memory* memory;
    Global* global;
    Tag* tag;
  };
  explicit Extern(Function* f) : kind(wasm::ExternalKind::Function), function(f) {}
  explicit Extern(Table* t) : kind(wasm::ExternalKind::Table), table(t) {}
  explicit Extern(Memory* m) : kind(wasm::ExternalKind::Memory), memory(m) {}
  explicit Extern(Global* g) : kind(wasm::ExternalKind::Global), global(g) {}
  explicit Extern(Tag* t) : kind(wasm::ExternalKind::Tag), tag(t) {}
};

struct Instance : abi::Instance {
  Global own_globals[abi::kOwnGlobals];  // of those that the module defines the first; where compiled code expects them
  Program* program;
  const wasm::Module* module;
  std::string name;  // what it was registered as; for messages and backtraces

  // The index spaces, imports first; the arrays of the abi view point into these.
  std::vector<abi::FuncRef*> function_space;
  std::vector<abi::Table*> table_space;
  std::vector<abi::Memory*> memory_space;
  std::vector<abi::Global*> global_space;
  std::vector<const abi::Tag*> tag_space;
  std::vector<u32> type_id_space;  // of the module's types: the program's ids

  std::vector<Function> own_functions;  // never resized: references are addresses into it
  std::vector<std::vector<abi::Reference>> elements;  // passive segments; empty once dropped
  std::vector<ByteView> data;  // all segments; empty once dropped
  std::vector<u32> exports_by_name;  // indices into module->exports, sorted by name

  [[nodiscard]] Function* function(u32 i) const { return static_cast<Function*>(function_space[i]); }
  [[nodiscard]] Table* table(u32 i) const { return static_cast<Table*>(table_space[i]); }
  [[nodiscard]] Memory* memory(u32 i) const { return static_cast<Memory*>(memory_space[i]); }
  [[nodiscard]] Global* global(u32 i) const { return static_cast<Global*>(global_space[i]); }
  [[nodiscard]] const Tag* tag(u32 i) const { return static_cast<const Tag*>(tag_space[i]); }

  [[nodiscard]] std::optional<Extern> find_export(std::string_view export_name) const;

  // Bulk operations (section 4.4.6 and 4.4.7). They check the whole range first: a trap changes nothing.
  [[nodiscard]] Trap memory_init(u32 segment, u32 memory_index, u64 to, u64 from, u64 count);
  [[nodiscard]] Trap memory_copy(u32 to_memory, u32 from_memory, u64 to, u64 from, u64 count);
  [[nodiscard]] Trap memory_fill(u32 memory_index, u64 to, u8 value, u64 count);
  [[nodiscard]] Trap table_init(u32 segment, u32 table_index, u64 to, u64 from, u64 count);
  [[nodiscard]] Trap table_copy(u32 to_table, u32 from_table, u64 to, u64 from, u64 count);
  [[nodiscard]] Trap table_fill(u32 table_index, u64 to, abi::Reference value, u64 count);
  void data_drop(u32 segment) {
    if (segment < data.size()) data[segment] = {};
  }
  void elem_drop(u32 segment) { std::vector<abi::Reference>().swap(elements[segment]); }
};

}  // namespace hermit::runtime
