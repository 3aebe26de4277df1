// Equality of types: recursive groups are equal if they look the same, references inside a group seen relative to it
// (core specification 3.0, section 3.2, "iso-recursive"). The decoder uses it for one module, the runtime for a
// program.
#pragma once

#include <set>
#include <span>
#include <vector>

#include "wasm/module.h"

namespace hermit::wasm {

// Groups of types that were seen, and an id for each type: equal types have equal ids.
class TypeRegistry {
 public:
  TypeRegistry() = default;
  TypeRegistry(const TypeRegistry&) = delete;
  TypeRegistry& operator=(const TypeRegistry&) = delete;

  // The id of the first type of the group [begin, begin + size) of `module`; the others follow it. A new group gets
  // `new_id`. ids[i] is the id of type i for all i < begin; an empty span says that ids are the canonical indices.
  u32 intern(const Module& module, u32 begin, u32 size, std::span<const u32> ids, u32 new_id);
  // The same for one final function type without supertype that mentions no indices.
  u32 intern(const FuncType& type, u32 new_id);

 private:
  struct Group {
    size_t begin;  // in words_
    size_t end;
    u32 id;
  };
  struct Less {
    const std::vector<u32>* words;
    bool operator()(const Group& a, const Group& b) const;
  };
  u32 find_or_add(size_t begin, u32 new_id);

  std::vector<u32> words_;  // the groups as numbers, one behind the other
  std::set<Group, Less> groups_{Less{&words_}};
};

}  // namespace hermit::wasm
