// The virtual stack of translation: where is each value? translate.cc tells the idea and the rules.
#include <algorithm>

#include "interp/translator.h"

namespace hermit::interp {

namespace {

// Entries deeper than this are copied to their own slots, so that looking for references to a local is bounded.
constexpr size_t kMaxPending = 64;
// Constants that one function may keep in slots instead of loading them in each turn of a loop.
constexpr size_t kMaxLoopConstants = 16;

}  // namespace

void Translator::lay_out_frame() {
  pc_ = function_.body.data();
  const u8* const end = pc_ + function_.body.size();
  param_slots_ = wasm::slots_of(type_.params);
  bool any_wide = param_slots_ != type_.params.size();
  const u8* const runs_at = pc_;
  const auto for_runs = [&](auto use) {
    pc_ = runs_at;
    for (u32 runs = immediate(); runs != 0; --runs) {
      const u32 count = immediate();
      const bool is_wide = *pc_ == wasm::bits_of(wasm::ValType::V128);
      const char* what = nullptr;
      wasm::skip_immediates(wasm::Immediate::Block, pc_, end, what);  // a value type has the form of a block type
      use(count, is_wide);
    }
  };
  for_runs([&](u32 count, bool is_wide) {
    zeroed_slots_ += static_cast<i32>(is_wide ? 2 * count : count);
    any_wide |= is_wide;
  });
  if (any_wide) {
    i32 slot = -static_cast<i32>(param_slots_);
    const auto add = [&](bool is_wide) {
      local_slots_.push_back(slot);
      is_wide_local_.push_back(is_wide);
      slot += is_wide ? 2 : 1;
    };
    for (const wasm::ValType param : type_.params) add(param == wasm::ValType::V128);
    slot = kLinkSlots;
    for_runs([&](u32 count, bool is_wide) {
      for (u32 i = 0; i < count; ++i) add(is_wide);
    });
  }
  // A body without the byte of `loop` has no loop; the other way round it does not matter.
  has_constant_slots_ = std::find(pc_, end, static_cast<u8>(Op::Loop)) != end;
  constant_base_ = kLinkSlots + zeroed_slots_;
  stack_base_ = constant_base_ + (has_constant_slots_ ? static_cast<i32>(kMaxLoopConstants) : 0);
  top_ = max_top_ = stack_base_;
}

void Translator::push(Entry entry) {
  entry.own = top_;
  top_ += entry.is_wide ? 2 : 1;
  max_top_ = std::max(max_top_, top_);
  stack_.push_back(entry);
  if (stack_.size() - pending_from_ > kMaxPending) {
    if (is_local(stack_[pending_from_])) flush_entry(pending_from_);
    ++pending_from_;
  }
}

void Translator::push_results(Types types) {
  for (const wasm::ValType type : types) push_result(type == wasm::ValType::V128);
}

Entry Translator::pop() {
  const Entry entry = stack_.back();
  drop_to(stack_.size() - 1);
  return entry;
}

void Translator::drop_to(size_t height) {
  if (height < stack_.size()) top_ = stack_[height].own;
  stack_.resize(height);
  pending_from_ = std::min(pending_from_, height);
}

i32 Translator::operand(const Entry& entry) {
  if (!entry.is_const) return entry.where;
  if (loop_depth_ != 0) {
    if (const i32 slot = loop_constant(entry.value); slot != kNone) return slot;
  }
  emit_wide(Special::Const, entry.own, entry.value);
  return entry.own;
}

void Translator::move_to(i32 slot, const Entry& entry) {
  if (entry.is_const) {
    emit_wide(Special::Const, slot, entry.value);
  } else if (entry.where != slot) {
    emit(entry.is_wide ? Special::Copy2 : Special::Copy, slot, entry.where);
  }
}

void Translator::flush_entry(size_t position) {
  Entry& entry = stack_[position];
  move_to(entry.own, entry);
  entry.is_const = false;
  entry.where = entry.own;
}

// The top `count` entries go to their own slots.
void Translator::flush(size_t count) {
  for (size_t i = stack_.size() - count; i < stack_.size(); ++i) flush_entry(i);
}

// Constants may stay: no path can change them.
void Translator::flush_locals() {
  for (size_t i = pending_from_; i < stack_.size(); ++i) {
    if (is_local(stack_[i])) flush_entry(i);
  }
  pending_from_ = stack_.size();
}

void Translator::preserve(i32 local_slot) {
  for (size_t i = pending_from_; i < stack_.size(); ++i) {
    if (!stack_[i].is_const && stack_[i].where == local_slot) flush_entry(i);
  }
}

i32 Translator::loop_constant(u64 value) {
  if (!has_constant_slots_) return kNone;
  const auto found = std::find(constants_.begin(), constants_.end(), value);
  if (found == constants_.end() && constants_.size() == kMaxLoopConstants) return kNone;
  const auto position = static_cast<i32>(found - constants_.begin());
  if (found == constants_.end()) constants_.push_back(value);
  return constant_base_ + position;
}

}  // namespace hermit::interp
