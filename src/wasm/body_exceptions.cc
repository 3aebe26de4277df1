// Exceptions (core specification 3.0, section 3.4.1), and the legacy instructions that compilers still emit (the
// "exception handling" proposal, legacy document). See body_validator.h for the whole.
//
// A legacy try is one frame whose kind changes at each catch. `delegate` ends it like `end`.
#include "wasm/body_validator.h"

namespace hermit::wasm {

namespace {

const FuncType kNoTag;

}  // namespace

const FuncType& BodyValidator::tag_type(u32 index) {
  if (index >= module_.tags.size()) return fail_invalid("unknown tag"), kNoTag;
  return module_.tag_type(index);
}

void BodyValidator::throw_tag() {
  pop_all(tag_type(read_index()).params);
  set_unreachable();
}

// Labels of clauses count from outside of the try_table.
void BodyValidator::catch_clause() {
  const u8 byte = read_byte();
  if (byte > static_cast<u8>(CatchKind::CatchAllRef)) return fail_malformed("malformed catch clause");
  const CatchKind kind{byte};
  const Types carried = has_tag(kind) ? Types(tag_type(read_index()).params) : Types{};
  const Frame* const target = read_label();
  if (target == nullptr) return;
  const Types wanted = label_types(*target);
  const size_t extra = gives_reference(kind) ? 1 : 0;
  if (wanted.size() != carried.size() + extra) return fail_invalid(kTypeMismatch);
  if (!all_match(carried, wanted.first(carried.size()))) return fail_invalid(kTypeMismatch);
  if (extra != 0 && !matches(non_null(ValType::ExnRef), wanted.back())) fail_invalid(kTypeMismatch);
}

void BodyValidator::begin_try_table() {
  const BlockType type = block_type();
  for (u32 count = read_index(); count != 0 && failure_ == nullptr; --count) catch_clause();
  if (failure_ != nullptr) return;
  pop_all(params_of(type));
  push_frame(FrameKind::TryTable, type);
  push_all(params_of(type));
}

void BodyValidator::begin_catch(bool is_all) {
  if (frame_->kind != FrameKind::Try && frame_->kind != FrameKind::Catch) return fail_malformed("END opcode expected");
  const Types carried = is_all ? Types{} : Types(tag_type(read_index()).params);
  end_of_frame();
  forget_set_locals();
  frame_->kind = is_all ? FrameKind::CatchAll : FrameKind::Catch;
  frame_->unreachable = false;
  push_all(carried);
}

void BodyValidator::delegate() {
  if (frame_->kind != FrameKind::Try) return fail_malformed("END opcode expected");
  const u32 depth = read_index();
  if (depth >= frames_.size() - 1) return fail_invalid("unknown label");
  end_of_frame();
  close_frame();
}

void BodyValidator::rethrow() {
  const Frame* const target = read_label();
  if (target == nullptr) return;
  if (target->kind != FrameKind::Catch && target->kind != FrameKind::CatchAll) {
    return fail_invalid("invalid rethrow label");
  }
  set_unreachable();
}

}  // namespace hermit::wasm
