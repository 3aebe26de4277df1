// Blocks and branches of a body (core specification 3.0, section 3.4.1). See body_validator.h for the whole.
//
// A label's types are those a branch to it must find on the stack: the parameters of a loop, the results of anything
// else.
#include <algorithm>
#include <cstring>

#include "wasm/body_validator.h"
#include "wasm/type_reader.h"

namespace hermit::wasm {

BodyValidator::BlockType BodyValidator::block_type() {
  if (p_ == end_) return bad_immediate(kUnexpectedEnd), BlockType{};
  if (*p_ == 0x40) return ++p_, BlockType{};
  if (*p_ > 0x40 && *p_ < 0x80) return {.index = kNoIndex, .result = value_type("malformed block type")};
  const char* what = nullptr;
  const i64 index = read_var_i33(p_, end_, what);
  if (p_ == nullptr) return bad_immediate(what), BlockType{};
  if (index < 0) return fail_malformed("malformed block type"), BlockType{};
  if (index > 0xffffffff) return fail_invalid(kUnknownType), BlockType{};
  (void)function_type_at(static_cast<u32>(index));
  return failure_ != nullptr ? BlockType{} : BlockType{.index = static_cast<u32>(index), .result = kUnknown};
}

void BodyValidator::push_frame(FrameKind kind, const BlockType& type) {
  frames_.push_back({.type = type,
                     .height = size_,
                     .set_locals = static_cast<u32>(set_locals_.size()),
                     .seen_by = 0,
                     .kind = kind,
                     .unreachable = false});
  frame_ = &frames_.back();
}

// The frame that the label index at p_ names, or null after a failure.
BodyValidator::Frame* BodyValidator::read_label() {
  const u32 depth = read_index();
  if (failure_ != nullptr) [[unlikely]]
    return nullptr;
  if (depth >= frames_.size()) [[unlikely]]
    return fail_invalid("unknown label"), nullptr;
  return frame_ - depth;
}

bool BodyValidator::all_match(Types actual, Types expected) const {
  const auto match = [this](ValType a, ValType b) { return matches(a, b); };
  return std::equal(actual.begin(), actual.end(), expected.begin(), expected.end(), match);
}

void BodyValidator::begin_block(FrameKind kind) {
  const BlockType type = block_type();
  if (kind == FrameKind::If) pop(ValType::I32);
  const Types params = params_of(type);
  pop_all(params);
  push_frame(kind, type);
  push_all(params);
}

// What `else`, `catch` and `end` have in common: exactly the results are on the stack.
void BodyValidator::end_of_frame() {
  pop_all(results_of(frame_->type));
  if (size_ != frame_->height) fail_invalid(kTypeMismatch);
}

// Locals that were first set inside the frame count as unset again.
void BodyValidator::forget_set_locals() {
  while (set_locals_.size() > frame_->set_locals) {
    is_unset_[set_locals_.back()] = true;
    set_locals_.pop_back();
  }
}

void BodyValidator::close_frame() {
  forget_set_locals();
  const BlockType type = frame_->type;
  frames_.pop_back();
  frame_ = frames_.empty() ? nullptr : &frames_.back();
  if (frame_ != nullptr) push_all(results_of(type));
}

void BodyValidator::begin_else() {
  if (frame_->kind != FrameKind::If) return fail_malformed("END opcode expected");
  end_of_frame();
  forget_set_locals();
  frame_->kind = FrameKind::Else;
  frame_->unreachable = false;
  push_all(params_of(frame_->type));
}

void BodyValidator::end_block() {
  end_of_frame();
  // The missing `else` of an `if` passes its parameters on.
  if (frame_->kind == FrameKind::If && !all_match(params_of(frame_->type), results_of(frame_->type))) {
    fail_invalid(kTypeMismatch);
  }
  close_frame();
}

void BodyValidator::br() {
  const Frame* const target = read_label();
  if (target == nullptr) return;
  check_top(label_types(*target));
  set_unreachable();
}

// Fails unless the top of the stack matches `types`, which are the types of these values from here on.
void BodyValidator::retype_top(Types types) {
  if (types.empty()) return;
  const size_t available = size_ - frame_->height;
  if (types.size() <= available &&
      std::memcmp(stack_.get() + size_ - types.size(), types.data(), types.size_bytes()) == 0) {
    return;
  }
  pop_all(types);
  push_all(types);
}

void BodyValidator::br_if() {
  const Frame* const target = read_label();
  if (target == nullptr) return;
  pop(ValType::I32);
  retype_top(label_types(*target));
}

void BodyValidator::br_table() {
  pop(ValType::I32);
  const u32 count = read_index();
  ++br_tables_;
  const Frame* first = nullptr;
  for (u64 i = 0; i <= count; ++i) {
    Frame* const target = read_label();
    if (target == nullptr) return;
    if (target->seen_by == br_tables_) continue;
    target->seen_by = br_tables_;
    const Types types = label_types(*target);
    if (first != nullptr && types.size() != label_types(*first).size()) return fail_invalid(kTypeMismatch);
    check_top(types);
    first = target;
  }
  set_unreachable();
}

void BodyValidator::return_() {
  check_top(results_of(frames_.front().type));
  set_unreachable();
}

void BodyValidator::br_on_null() {
  const Frame* const target = read_label();
  if (target == nullptr) return;
  const ValType reference = pop_reference();
  retype_top(label_types(*target));
  push(non_null(reference));
}

// The reference is the label's last value; without the branch it is gone.
void BodyValidator::br_on_non_null() {
  const Frame* const target = read_label();
  if (target == nullptr) return;
  const Types types = label_types(*target);
  if (types.empty() || !is_reference(types.back())) return fail_invalid(kTypeMismatch);
  if (!matches(non_null(pop_reference()), types.back())) return fail_invalid(kTypeMismatch);
  retype_top(types.first(types.size() - 1));
}

}  // namespace hermit::wasm
