// Calls, tables and references (core specification 3.0, sections 3.4.1 to 3.4.6). See body_validator.h for the whole.
#include "base/check.h"
#include "wasm/body_validator.h"
#include "wasm/type_reader.h"

namespace hermit::wasm {

namespace {

const TableType kNoTable;
const FuncType kNoFunction;

}  // namespace

const TableType& BodyValidator::table(u32 index) {
  if (index >= module_.tables.size()) return fail_invalid("unknown table"), kNoTable;
  return module_.tables[index];
}

const FuncType& BodyValidator::function_type_at(u32 index) {
  const bool is_function = index < module_.types.size() && module_.shapes[index].kind == CompositeKind::Function;
  if (!is_function) return fail_invalid(kUnknownType), kNoFunction;
  return module_.types[index];
}

ValType BodyValidator::pop_reference() {
  const ValType type = pop_any();
  if (type == kUnknown) return kBottomRef;
  if (!is_reference(type)) return fail_invalid(kTypeMismatch), kBottomRef;
  return type;
}

// --- Calls. A tail call's results become those of the function. ---

void BodyValidator::return_call(const FuncType& type) {
  pop_all(type.params);
  if (!all_match(type.results, results_of(frames_.front().type))) fail_invalid(kTypeMismatch);
  set_unreachable();
}

void BodyValidator::call_function(bool is_tail) {
  const u32 index = read_index();
  if (index >= module_.functions.size()) return fail_invalid("unknown function");
  is_tail ? return_call(module_.function_type(index)) : call(module_.function_type(index));
}

void BodyValidator::call_indirect(bool is_tail) {
  const u32 type_at = read_index();
  const TableType& called = table(read_index());
  if (!matches(called.element, ValType::FuncRef)) fail_invalid(kTypeMismatch);
  const FuncType& type = function_type_at(type_at);
  pop(address_type(called.limits));
  is_tail ? return_call(type) : call(type);
}

void BodyValidator::call_ref(bool is_tail) {
  const u32 index = read_index();
  const FuncType& type = function_type_at(index);
  if (failure_ != nullptr) return;
  pop(indexed_ref(module_.shapes[index].canonical, true));
  is_tail ? return_call(type) : call(type);
}

// --- Tables ---

void BodyValidator::table_init() {
  const u32 segment = read_index();
  const TableType& to = table(read_index());
  check_element(segment);
  if (failure_ != nullptr) return;
  if (!matches(module_.elements[segment].type, to.element)) fail_invalid(kTypeMismatch);
  pop(ValType::I32), pop(ValType::I32), pop(address_type(to.limits));
}

void BodyValidator::table_copy() {
  const TableType& to = table(read_index());
  const TableType& from = table(read_index());
  if (!matches(from.element, to.element)) fail_invalid(kTypeMismatch);
  pop(to.limits.is_64 && from.limits.is_64 ? ValType::I64 : ValType::I32);
  pop(address_type(from.limits)), pop(address_type(to.limits));
}

void BodyValidator::table_instruction(Op op) {
  if (op == Op::TableInit) return table_init();
  if (op == Op::TableCopy) return table_copy();
  const TableType& type = table(read_index());
  const ValType address = address_type(type.limits);
  switch (op) {
    case Op::TableGet: return pop(address), push(type.element);
    case Op::TableSet: return pop(type.element), pop(address);
    case Op::TableGrow: return pop(address), pop(type.element), push(address);
    case Op::TableFill: return pop(address), pop(type.element), pop(address);
    case Op::TableSize: return push(address);
    default: break;
  }
  CHECK(false && "not a table instruction");
}

// --- References ---

void BodyValidator::ref_func() {
  const u32 index = read_index();
  if (index >= module_.functions.size()) return fail_invalid("unknown function");
  if (!declared_[index]) return fail_invalid("undeclared function reference");
  push(indexed_ref(module_.shapes[module_.functions[index].type].canonical, false));
}

void BodyValidator::reference_instruction(Op op) {
  switch (op) {
    case Op::RefNull: return push(heap_type());
    case Op::RefFunc: return ref_func();
    case Op::RefIsNull: return (void)pop_reference(), push(ValType::I32);
    case Op::RefAsNonNull: return push(non_null(pop_reference()));
    case Op::BrOnNull: return br_on_null();
    case Op::BrOnNonNull: return br_on_non_null();
    default: break;
  }
  CHECK(false && "not a reference instruction");
}

}  // namespace hermit::wasm
