// Blocks and branches of a body (core specification, section 3.3.8). See body_validator.h for the whole.
//
// A label's types are those a branch to it must find on the stack: the parameters of a loop, the results of anything
// else.
#include <algorithm>

#include "wasm/body_validator.h"
#include "wasm/instruction_reader.h"

namespace hermit::wasm {

std::span<const ValType> BodyValidator::results_of(u32 block) const {
  if ((block & kInlineType) == 0) return module_.types[block].results;
  static constexpr ValType kSingle[] = {ValType::I32,  ValType::I64,     ValType::F32,      ValType::F64,
                                        ValType::V128, ValType::FuncRef, ValType::ExternRef};
  for (const ValType& type : kSingle) {
    if (static_cast<u32>(type) == (block & 0xff)) return {&type, 1};
  }
  return {};
}

u32 BodyValidator::block_type() {
  constexpr u32 kEmpty = kInlineType | 0x40;
  if (p_ == end_) return bad_immediate(kUnexpectedEnd), kEmpty;
  if (*p_ == 0x40) return ++p_, kEmpty;
  if (*p_ > 0x40 && *p_ < 0x80) return kInlineType | static_cast<u32>(value_type("malformed block type"));
  const char* what = nullptr;
  const i64 index = read_var_i33(p_, end_, what);
  if (p_ == nullptr) return bad_immediate(what), kEmpty;
  if (index < 0) return fail_malformed("malformed block type"), kEmpty;
  if (static_cast<u64>(index) >= module_.types.size()) return fail_invalid("unknown type"), kEmpty;
  return static_cast<u32>(index);
}

void BodyValidator::push_frame(FrameKind kind, u32 type) {
  frames_.push_back({.type = type, .height = size_, .kind = kind, .unreachable = false});
  frame_ = &frames_.back();
}

// The frame that the label index at p_ names, or null after a failure.
const BodyValidator::Frame* BodyValidator::read_label() {
  const u32 depth = read_index();
  if (failure_ != nullptr) [[unlikely]]
    return nullptr;
  if (depth >= frames_.size()) [[unlikely]]
    return fail_invalid("unknown label"), nullptr;
  return frame_ - depth;
}

void BodyValidator::begin_block(FrameKind kind) {
  const u32 type = block_type();
  if (kind == FrameKind::If) pop(ValType::I32);
  const Types params = params_of(type);
  pop_all(params);
  push_frame(kind, type);
  push_all(params);
}

// What `else` and `end` have in common: exactly the results are on the stack.
void BodyValidator::end_of_frame() {
  pop_all(results_of(frame_->type));
  if (size_ != frame_->height) fail_invalid(kTypeMismatch);
}

void BodyValidator::begin_else() {
  if (frame_->kind != FrameKind::If) return fail_malformed("END opcode expected");
  end_of_frame();
  frame_->kind = FrameKind::Else;
  frame_->unreachable = false;
  push_all(params_of(frame_->type));
}

void BodyValidator::end_block() {
  end_of_frame();
  const u32 type = frame_->type;
  const FrameKind kind = frame_->kind;
  const Types results = results_of(type);
  if (kind == FrameKind::If) {  // the missing `else` passes its parameters on
    const Types params = params_of(type);
    if (!std::equal(params.begin(), params.end(), results.begin(), results.end())) fail_invalid(kTypeMismatch);
  }
  frames_.pop_back();
  frame_ = frames_.empty() ? nullptr : &frames_.back();
  if (frame_ != nullptr) push_all(results);
}

void BodyValidator::br() {
  const Frame* const target = read_label();
  if (target == nullptr) return;
  check_top(label_types(*target));
  set_unreachable();
}

void BodyValidator::br_if() {
  const Frame* const target = read_label();
  if (target == nullptr) return;
  pop(ValType::I32);
  const Types types = label_types(*target);
  check_top(types);
  if (frame_->unreachable) {  // unknown values have the label's types from here on
    pop_all(types);
    push_all(types);
  }
}

void BodyValidator::br_table() {
  pop(ValType::I32);
  const u32 count = read_index();
  const Frame* previous = nullptr;
  for (u64 i = 0; i <= count; ++i) {
    const Frame* const target = read_label();
    if (target == nullptr) return;
    const auto is_loop = [](const Frame* frame) { return frame->kind == FrameKind::Loop; };
    if (previous != nullptr && target->type == previous->type && is_loop(target) == is_loop(previous)) continue;
    const Types types = label_types(*target);
    if (previous != nullptr && types.size() != label_types(*previous).size()) return fail_invalid(kTypeMismatch);
    check_top(types);
    previous = target;
  }
  set_unreachable();
}

void BodyValidator::return_() {
  check_top(results_of(frames_.front().type));
  set_unreachable();
}

}  // namespace hermit::wasm
