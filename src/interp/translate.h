// One function body → the interpreter's code.
#pragma once

#include <vector>

#include "interp/code.h"
#include "runtime/instance.h"

namespace hermit::interp {

// The code of a function: `prologue` then `body`. Branches are relative, so it may be copied; pointers in it are those
// of the instance's objects. Places in `handlers` count from the first instruction of the prologue.
struct Translation {
  std::vector<Instruction> prologue;
  std::vector<Instruction> body;
  Handlers handlers;
  [[nodiscard]] size_t size() const { return prologue.size() + body.size(); }
};

// Translates instance.module->functions[index]. Time and size are linear in the body.
// Requires: a validated module; index is not an import.
Translation translate(const runtime::Instance& instance, u32 index);

// For each instruction of that code, the offset in the module's bytes of the wasm instruction it belongs to. This
// translates again, so that nothing is kept for the case of a trap.
std::vector<u32> source_offsets(const runtime::Instance& instance, u32 index);

}  // namespace hermit::interp
