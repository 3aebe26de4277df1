// Compares what an import asks for with what is offered, and words the difference so that a user who links two modules
// sees both sides. Specification: https://webassembly.github.io/spec/core/valid/types.html#import-subtyping
#include "runtime/link.h"

#include "base/decimal.h"
#include "runtime/memory.h"

namespace hermit::runtime {

namespace {

// A longer name says nothing more to a reader.
constexpr size_t kMaxShownName = 100;

void append_quoted(std::string& out, std::string_view name) {
  constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  for (const char c : name.substr(0, kMaxShownName)) {
    if (c >= ' ' && c <= '~' && c != '"' && c != '\\') {
      out += c;
    } else {
      out += '\\';
      out += kHex[static_cast<u8>(c) >> 4];
      out += kHex[static_cast<u8>(c) & 15];
    }
  }
  out += name.size() > kMaxShownName ? "…\"" : "\"";
}

void append_types(std::string& out, const std::vector<wasm::ValType>& types) {
  out += '[';
  for (size_t i = 0; i < types.size() && i < 20; ++i) {
    if (i != 0) out += ' ';
    out += wasm::to_string(types[i]);
  }
  out += types.size() > 20 ? " …]" : "]";
}

std::string describe_signature(const char* what, const wasm::FuncType& type) {
  std::string out = what;
  append_types(out, type.params);
  out += " -> ";
  append_types(out, type.results);
  return out;
}

// `current` is the size at run time: what counts for a match, and what a user sees.
std::string describe_limits(const char* what, u64 current, const wasm::Limits& limits, const char* unit) {
  std::string out = what;
  if (limits.is_64) out += "64-bit ";
  out += decimal(current);
  if (limits.has_max) out += " to " + decimal(limits.max);
  return out + unit;
}

std::string describe_table(const wasm::TableType& type, u64 current) {
  return describe_limits("a table of ", current, type.limits, " ") + wasm::to_string(type.element);
}

std::string describe_global(const wasm::GlobalType& type) {
  return std::string(type.is_mutable ? "a mutable global " : "an immutable global ") + wasm::to_string(type.type);
}

bool limits_match(u64 current, const wasm::Limits& offered, const wasm::Limits& wanted) {
  if (offered.is_64 != wanted.is_64 || current < wanted.min) return false;
  return !wanted.has_max || (offered.has_max && offered.max <= wanted.max);
}

bool global_matches(const wasm::GlobalType& offered, const wasm::GlobalType& wanted, const TypeView& types) {
  if (offered.is_mutable != wanted.is_mutable) return false;
  const wasm::ValType type = in_program(wanted.type, types.ids);
  if (offered.is_mutable) return offered.type == type;
  return wasm::is_subtype(offered.type, type, types.shapes);
}

}  // namespace

wasm::ValType in_program(wasm::ValType type, std::span<const u32> ids) {
  if (!wasm::is_indexed(type)) return type;
  return wasm::indexed_ref(ids[wasm::type_index(type)], wasm::is_defaultable(type));
}

bool matches(const Extern& item, const wasm::Module& module, const wasm::Import& import, const TypeView& types) {
  if (item.kind != import.kind) return false;
  switch (import.kind) {
    case wasm::ExternalKind::Function:
      return wasm::is_subtype_index(item.function->type_id, types.ids[module.functions[import.index].type],
                                    types.shapes);
    case wasm::ExternalKind::Table: {
      const wasm::TableType& wanted = module.tables[import.index];
      return item.table->type().element == in_program(wanted.element, types.ids) &&
             limits_match(item.table->size, item.table->type().limits, wanted.limits);
    }
    case wasm::ExternalKind::Memory:
      return limits_match(item.memory->pages(), item.memory->type().limits, module.memories[import.index].limits);
    case wasm::ExternalKind::Global: return global_matches(item.global->type, module.globals[import.index].type, types);
    case wasm::ExternalKind::Tag: return item.tag->type_id == types.ids[module.tags[import.index].type];
  }
  return false;
}

std::string describe(const Extern& item) {
  switch (item.kind) {
    case wasm::ExternalKind::Function: return describe_signature("a function ", *item.function->type);
    case wasm::ExternalKind::Table: return describe_table(item.table->type(), item.table->size);
    case wasm::ExternalKind::Memory:
      return describe_limits("a memory of ", item.memory->pages(), item.memory->type().limits, " pages");
    case wasm::ExternalKind::Global: return describe_global(item.global->type);
    case wasm::ExternalKind::Tag: return describe_signature("a tag ", *item.tag->type);
  }
  return {};
}

std::string describe(const wasm::Module& module, const wasm::Import& import) {
  switch (import.kind) {
    case wasm::ExternalKind::Function: return describe_signature("a function ", module.function_type(import.index));
    case wasm::ExternalKind::Table:
      return describe_table(module.tables[import.index], module.tables[import.index].limits.min);
    case wasm::ExternalKind::Memory: {
      const wasm::Limits& limits = module.memories[import.index].limits;
      return describe_limits("a memory of ", limits.min, limits, " pages");
    }
    case wasm::ExternalKind::Global: return describe_global(module.globals[import.index].type);
    case wasm::ExternalKind::Tag: return describe_signature("a tag ", module.tag_type(import.index));
  }
  return {};
}

std::string quoted_name(const wasm::Import& import) {
  std::string out;
  append_quoted(out, import.module);
  out += ' ';
  append_quoted(out, import.name);
  return out;
}

}  // namespace hermit::runtime
