// A group is written as a sequence of numbers that is equal for equal groups: types outside of it by id, types inside
// by their distance from the group's start. An ordered set of such sequences finds equal ones in O(size log groups),
// whatever the input; hashing would let a hostile module choose collisions.
#include "wasm/type_registry.h"

#include <algorithm>

namespace hermit::wasm {

namespace {

// In a word, marks an index as relative to the group. Not a code that a type has.
constexpr u32 kRelative = 0x02;

class GroupWriter {
 public:
  GroupWriter(std::vector<u32>& words, u32 begin, u32 size, std::span<const u32> ids)
      : words_(words), begin_(begin), size_(size), ids_(ids) {}

  void write(const Module& module) {
    words_.push_back(size_);
    for (u32 i = begin_; i < begin_ + size_; ++i) {
      const TypeShape& shape = module.shapes[i];
      write_head(shape.kind, shape.is_final, shape.super);
      if (shape.kind == CompositeKind::Function) {
        write_function(module.types[i]);
      } else {
        words_.push_back(shape.field_count);
        for (u32 f = shape.first_field; f < shape.first_field + shape.field_count; ++f) {
          words_.push_back(word(module.fields[f].type));
          words_.push_back(module.fields[f].is_mutable ? 1 : 0);
        }
      }
    }
  }
  void write(const FuncType& type) {
    words_.push_back(1);
    write_head(CompositeKind::Function, true, kNoIndex);
    write_function(type);
  }

 private:
  u32 word(ValType type) const {
    if (!is_indexed(type)) return bits_of(type);
    const u32 index = type_index(type);
    const u32 flags = bits_of(type) & (kNonNullBit | kIndexedBit);
    if (index >= begin_) return (index - begin_) << kTypeIndexShift | flags | kRelative;
    return (ids_.empty() ? index : ids_[index]) << kTypeIndexShift | flags;
  }
  void write_head(CompositeKind kind, bool is_final, u32 super) {
    words_.push_back(static_cast<u32>(kind) | (is_final ? 0x100 : 0));
    words_.push_back(super == kNoIndex ? 0 : word(indexed_ref(super, true)));
  }
  void write_function(const FuncType& type) {
    words_.push_back(static_cast<u32>(type.params.size()));
    for (const ValType param : type.params) words_.push_back(word(param));
    words_.push_back(static_cast<u32>(type.results.size()));
    for (const ValType result : type.results) words_.push_back(word(result));
  }

  std::vector<u32>& words_;
  u32 begin_;
  u32 size_;
  std::span<const u32> ids_;
};

}  // namespace

bool TypeRegistry::Less::operator()(const Group& a, const Group& b) const {
  const u32* base = words->data();
  return std::lexicographical_compare(base + a.begin, base + a.end, base + b.begin, base + b.end);
}

u32 TypeRegistry::find_or_add(size_t begin, u32 new_id) {
  const auto [found, is_new] = groups_.insert({begin, words_.size(), new_id});
  if (!is_new) words_.resize(begin);
  return found->id;
}

u32 TypeRegistry::intern(const Module& module, u32 begin, u32 size, std::span<const u32> ids, u32 new_id) {
  const size_t start = words_.size();
  GroupWriter(words_, begin, size, ids).write(module);
  return find_or_add(start, new_id);
}

u32 TypeRegistry::intern(const FuncType& type, u32 new_id) {
  const size_t start = words_.size();
  GroupWriter(words_, kNoIndex, 0, {}).write(type);
  return find_or_add(start, new_id);
}

}  // namespace hermit::wasm
