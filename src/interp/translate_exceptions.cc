// try_table, throw, and the legacy try. A try is a region of instructions with catch clauses (code.h); entering it
// costs nothing. What a clause carries is put right where the label wants it, so clauses need no code.
//
// A legacy catch keeps the exception's reference in the slot below the values it carries, for `rethrow`.
#include "base/check.h"
#include "interp/translator.h"
#include "runtime/instance.h"

namespace hermit::interp {

using wasm::Op;

i32 Translator::open_region(i32 parent) {
  handlers_.regions.push_back({here(), here(), parent, parent, kNone, kNone});
  return static_cast<i32>(handlers_.regions.size()) - 1;
}

// Behind the region's other clauses.
CatchClause& Translator::add_clause(i32 region, const abi::Tag* tag) {
  const i32 added = static_cast<i32>(handlers_.clauses.size());
  Region& of = handlers_.regions[static_cast<size_t>(region)];
  (of.first_clause == kNone ? of.first_clause : handlers_.clauses[static_cast<size_t>(of.last_clause)].next) = added;
  of.last_clause = added;
  handlers_.clauses.push_back(
      {.tag = tag, .values = 0, .has_values = false, .reference = kNone, .target = kNone, .next = kNone});
  return handlers_.clauses.back();
}

void Translator::add_catch(i32 region) {
  const auto kind = static_cast<wasm::CatchKind>(*pc_++);
  const abi::Tag* tag = has_tag(kind) ? instance_.tag_space[immediate()] : nullptr;
  Label& target = label(immediate());
  CatchClause& clause = add_clause(region, tag);
  clause.values = target.base;
  if (gives_reference(kind)) clause.reference = target.base + static_cast<i32>(tag == nullptr ? 0 : tag->slots);
  clause.has_values = tag != nullptr;
  if (target.op == Op::Loop) {
    clause.target = target.loop_start;
  } else {
    clause.target = target.clause_patches;
    target.clause_patches = static_cast<i32>(handlers_.clauses.size()) - 1;
  }
}

void Translator::do_try_table() {
  Label opened = read_block_type(Op::TryTable);
  const size_t params = opened.params().size();
  flush(params);
  flush_locals();
  last_.position = kNone;
  const i32 region = open_region(region_);
  for (u32 count = immediate(); count != 0; --count) add_catch(region);  // labels count from outside
  region_ = opened.region = opened.try_region = region;
  opened.height = stack_.size() - params;
  opened.base = params == 0 ? top_ : stack_[opened.height].own;
  labels_.push_back(opened);
}

void Translator::do_catch(bool is_all) {
  const u32 tag_index = is_all ? 0 : immediate();
  leave_part(labels_.back());
  Label& target = labels_.back();
  Region& region = handlers_.regions[static_cast<size_t>(target.try_region)];
  if (target.op == Op::Try) {  // the body ends here; catches belong to what is around
    region.end = here();
    region_ = target.region = region.parent;
    target.op = Op::Catch;
  }
  last_.position = kNone;
  drop_to(target.height);
  CatchClause& clause = add_clause(target.try_region, is_all ? nullptr : instance_.tag_space[tag_index]);
  clause.target = here();
  clause.reference = target.base;
  clause.values = target.base + 1;
  clause.has_values = !is_all;
  push_result();
  if (!is_all) push_results(module_.tag_type(tag_index).params);
  pending_from_ = stack_.size();
  reachable_ = true;
}

// Ends a try like `end`; the search goes on at the label's try.
void Translator::do_delegate() {
  const u32 depth = immediate();
  handlers_.regions[static_cast<size_t>(labels_.back().try_region)].next = label(depth + 1).region;
  do_end();
}

void Translator::do_throw() {
  const u32 tag = immediate();
  const size_t params = module_.tag_type(tag).params.size();
  flush(params);
  const i32 first = params == 0 ? top_ : stack_[stack_.size() - params].own;
  emit_wide(Special::Throw, first, reinterpret_cast<u64>(instance_.tag_space[tag]));
  skip_unreachable();
}

}  // namespace hermit::interp
