// Tables of references (core specification, section 4.2.7).
#pragma once

#include <memory>

#include "abi/instance_layout.h"
#include "base/error.h"
#include "wasm/types.h"

namespace hermit::runtime {

// Elements are zero pages until written, so a table with a large declared minimum takes no memory. Growing may move
// them. Not copyable, not movable: instances hold its address.
struct Table : abi::Table {
  // Requires: a validated type. Errors: Limit if the minimum exceeds wasm::kMaxTableElements, System if the pages are
  // refused.
  static Result<Table*> create(const wasm::TableType& type);
  ~Table();
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  // table.grow: the old size, or -1 with nothing changed.
  [[nodiscard]] i64 grow(u64 delta, abi::Reference value);
  [[nodiscard]] const wasm::TableType& type() const { return type_; }

 private:
  explicit Table(const wasm::TableType& type) : abi::Table{nullptr, 0}, type_(type) {}
  bool reserve(u64 elements_wanted, u64 elements_needed);

  wasm::TableType type_;
  std::unique_ptr<abi::Reference[]> few_;  // room for all that the type allows, if that is little
  u64 reserved_ = 0;  // bytes
};

}  // namespace hermit::runtime
