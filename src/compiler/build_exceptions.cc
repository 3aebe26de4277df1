// try_table, the legacy try, throw.
//
// A call inside a try ends its block: behind it stands a Handle with an edge to the call's own landing block, which
// passes the exception and the locals that the try assigns to the try's dispatch block. Landing blocks wait until the
// body is finished, so that they are out of the way. A dispatch block compares tags one after the other and leads to
// the handlers, or to the dispatch block of the try around; so code stays linear in the body however deep tries nest.
// That somebody takes the exception is certain: the runtime looks at the regions before it enters a landing block.
#include "compiler/builder.h"

namespace hermit::compiler {

void Builder::begin_try(Kind kind) {
  Control control{kind};
  control.construct = constructs_++;
  read_block_type(control);
  control.height = static_cast<u32>(stack_.size()) - control.params;
  Try t{region_, control.construct, kNone, {}, {}};
  if (kind == Kind::TryTable) read_clauses(t);
  control.region = control.own_region = region_ = static_cast<u32>(regions_.size());
  regions_.push_back(std::move(t));
  f_.regions.push_back({regions_.back().parent, 0, 0});
  controls_.push_back(control);
}

// Labels count from outside of the construct.
void Builder::read_clauses(Try& t) {
  for (u32 count = immediate(); count != 0; --count) {
    Clause clause{static_cast<wasm::CatchKind>(*pc_++), kAllTags, 0};
    if (has_tag(clause.kind)) clause.tag = immediate();
    clause.target = static_cast<u32>(controls_.size()) - 1 - immediate();
    t.clauses.push_back(clause);
  }
}

// The call just added may throw.
void Builder::throws() {
  if (region_ == kNone) return;
  Try& t = regions_[region_];
  const BlockId next = new_block();
  const BlockId landing = new_block();
  t.landings.push_back({landing, static_cast<u32>(f_.lists.size())});
  f_.lists.push_back(kNone);
  for (const u32 local : assigned(t.construct)) f_.lists.push_back(locals_[local]);
  f_.edges.push_back({next, 0});
  f_.edges.push_back({landing, 0});
  terminate({Op::Handle, Type::None, 0, region_, static_cast<u32>(f_.edges.size() - 2), 0});
  open(next);
}

BlockId Builder::dispatch_of(u32 region) {
  Try& t = regions_[region];
  if (t.dispatch == kNone) {
    t.dispatch = new_block();
    constexpr Type kException[] = {Type::I64};
    add_params(t.dispatch, t.construct, kException);
  }
  return t.dispatch;
}

// Ends the body of a try: writes its landing blocks and goes on in its dispatch block. Returns the exception, or kNone
// if nothing throws.
Value Builder::open_dispatch(u32 region) {
  if (regions_[region].landings.empty() && regions_[region].dispatch == kNone) return kNone;
  const BlockId dispatch = dispatch_of(region);
  for (const Landing& landing : regions_[region].landings) {
    open(landing.block);
    f_.lists[landing.first_arg] = emit({Op::Landing, Type::I64, 0, 0, 0, 0});
    f_.edges.push_back({dispatch, landing.first_arg});
    terminate({Op::Jump, Type::None, 0, 0, static_cast<u32>(f_.edges.size() - 1), 0});
  }
  open(dispatch);
  const auto params = f_.block_params(dispatch);
  const auto locals = assigned(regions_[region].construct);
  for (size_t i = 0; i < locals.size(); ++i) locals_[locals[i]] = params[1 + i];
  return params[0];
}

// What no clause took goes to the try around.
void Builder::dispatch_further(u32 region, Value exception) {
  if (region == kNone) {
    terminate({Op::Trap, Type::None, 0, 0, 0, static_cast<u32>(hermit::Trap::Unreachable)});
    return;
  }
  const BlockId block = dispatch_of(region);
  f_.edges.push_back({block, static_cast<u32>(f_.lists.size())});
  f_.lists.push_back(exception);
  for (const u32 local : assigned(regions_[region].construct)) f_.lists.push_back(locals_[local]);
  terminate({Op::Jump, Type::None, 0, 0, static_cast<u32>(f_.edges.size() - 1), 0});
}

// Goes on where the clause applies, with what it carries on the stack; `next` is where it does not, or kNone.
void Builder::open_clause(const Clause& clause, Value exception, BlockId& next) {
  next = kNone;
  if (clause.tag != kAllTags) {
    const BlockId taken = new_block();
    next = new_block();
    branch(emit({Op::ExceptionIs, Type::I32, 0, exception, 0, clause.tag}), {taken, 0}, {next, 0});
    open(taken);
    u32 slot = 0;
    for (const wasm::ValType param : module_.tag_type(clause.tag).params) {
      push(emit({Op::ExceptionValue, type_of(param), 0, exception, 0, slot}));
      slot += wasm::slots_of(param);
    }
  }
  if (gives_reference(clause.kind)) push(exception);
}

void Builder::end_try_table() {
  const u32 region = controls_.back().own_region;
  f_.regions[region].first_clause = static_cast<u32>(f_.clauses.size());
  f_.regions[region].clauses = static_cast<u32>(regions_[region].clauses.size());
  for (const Clause& clause : regions_[region].clauses) f_.clauses.push_back(clause.tag);
  if (regions_[region].landings.empty() && regions_[region].dispatch == kNone) return;
  if (reachable_) jump_to(controls_.back());
  const u32 height = controls_.back().height;
  stack_.resize(height);
  const Value exception = open_dispatch(region);
  bool ends = false;
  for (size_t i = 0; i < regions_[region].clauses.size() && !ends; ++i) {
    const Clause clause = regions_[region].clauses[i];
    BlockId next = kNone;
    open_clause(clause, exception, next);
    jump_to(controls_[clause.target]);
    stack_.resize(height);
    ends = next == kNone;
    if (!ends) open(next);
  }
  if (!ends) dispatch_further(regions_[region].parent, exception);
  reachable_ = false;
}

// The body, or the catch before, ends here; what is thrown in a catch goes to the try around.
void Builder::begin_catch(bool is_all) {
  const Clause clause{is_all ? wasm::CatchKind::CatchAll : wasm::CatchKind::Catch, is_all ? kAllTags : immediate(), 0};
  if (reachable_) jump_to(controls_.back());
  Control& control = controls_.back();
  const u32 region = control.own_region;
  stack_.resize(control.height);
  regions_[region].clauses.push_back(clause);
  if (control.kind == Kind::Try) {
    control.kind = Kind::Catch;
    control.region = region_ = regions_[region].parent;
    control.exception = open_dispatch(region);
  } else if (control.exception != kNone && control.else_block != kNone) {
    open(control.else_block);
    const auto params = f_.block_params(regions_[region].dispatch);
    const auto locals = assigned(control.construct);
    for (size_t i = 0; i < locals.size(); ++i) locals_[locals[i]] = params[1 + i];
  } else {
    return set_unreachable();
  }
  if (control.exception == kNone) return set_unreachable();
  BlockId next = kNone;
  open_clause(clause, control.exception, next);
  control.else_block = next;
}

// What no catch took goes on.
void Builder::end_catches() {
  const u32 region = controls_.back().own_region;
  f_.regions[region].first_clause = static_cast<u32>(f_.clauses.size());
  f_.regions[region].clauses = static_cast<u32>(regions_[region].clauses.size());
  for (const Clause& clause : regions_[region].clauses) f_.clauses.push_back(clause.tag);
  if (controls_.back().kind == Kind::Try) {
    if (regions_[region].landings.empty() && regions_[region].dispatch == kNone) return;
    if (reachable_) jump_to(controls_.back());
    stack_.resize(controls_.back().height);
    dispatch_further(f_.regions[region].parent, open_dispatch(region));
    reachable_ = false;
    return;
  }
  const Control control = controls_.back();
  if (control.exception == kNone || control.else_block == kNone) return;
  if (reachable_) jump_to(controls_.back());
  stack_.resize(control.height);
  open(control.else_block);
  const auto params = f_.block_params(regions_[region].dispatch);
  const auto locals = assigned(control.construct);
  for (size_t i = 0; i < locals.size(); ++i) locals_[locals[i]] = params[1 + i];
  dispatch_further(regions_[region].parent, control.exception);
  reachable_ = false;
}

// Ends a try like `end`; the search goes on where the label stands.
void Builder::delegate() {
  const u32 depth = immediate();
  f_.regions[controls_.back().own_region].parent = label(depth + 1).region;
  end_construct();
}

void Builder::throw_tag() {
  const u32 tag = immediate();
  const auto& params = module_.tag_type(tag).params;
  u32 slot = 0;
  for (size_t i = 0; i < params.size(); ++i) {
    emit({Op::ThrownValue, Type::None, 0, stack_[stack_.size() - params.size() + i], 0, slot});
    slot += wasm::slots_of(params[i]);
  }
  stack_.resize(stack_.size() - params.size());
  const u32 immediates[] = {tag};
  exit(abi::Exit::Throw, 0, immediates, Type::None);
  throws();
  terminate({Op::Trap, Type::None, 0, 0, 0, static_cast<u32>(hermit::Trap::Unreachable)});
  set_unreachable();
}

void Builder::throw_reference(Value exception) {
  push(exception);
  exit(abi::Exit::ThrowRef, 1, {}, Type::None);
  throws();
  terminate({Op::Trap, Type::None, 0, 0, 0, static_cast<u32>(hermit::Trap::Unreachable)});
  set_unreachable();
}

}  // namespace hermit::compiler
