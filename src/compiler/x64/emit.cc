// The frame, the walk over blocks, moves, and what follows the body. emitter.h shows the frame.
#include "compiler/x64/emit.h"

#include <algorithm>

#include "abi/calling_convention.h"
#include "abi/instance_layout.h"
#include "compiler/x64/emitter.h"

namespace hermit::x64 {

namespace {

constexpr RegSet set_of(std::initializer_list<u8> registers) {
  RegSet set = 0;
  for (const u8 r : registers) set |= RegSet{1} << r;
  return set;
}

// Preferred first: those that cost no save; rcx, rax and rdx last among them, since shifts, divisions and calls want
// them.
constexpr u8 kOrder[] = {kRsi,       kRdi,       kR8,        kR9,       kR10,      kRdx,      kRax,
                         kRcx,       kRbx,       kR12,       kR13,      kXmm0,     kXmm0 + 1, kXmm0 + 2,
                         kXmm0 + 3,  kXmm0 + 4,  kXmm0 + 5,  kXmm0 + 6, kXmm0 + 7, kXmm0 + 8, kXmm0 + 9,
                         kXmm0 + 10, kXmm0 + 11, kXmm0 + 12, kXmm0 + 13};

constexpr u32 kShortLoop = 64;  // bytes

class FailHard : public asmjit::ErrorHandler {
 public:
  void handleError(asmjit::Error, const char* message, asmjit::BaseEmitter*) override {
    check_failed("asmjit", 0, message);  // an instruction that does not exist was asked for
  }
};

}  // namespace

const RegisterFile& register_file() {
  static constexpr RegSet kAllocatable = [] {
    RegSet set = 0;
    for (const u8 r : kOrder) set |= RegSet{1} << r;
    return set;
  }();
  static constexpr RegisterFile kFile = {kAllocatable, set_of({kRbx, kR12, kR13}), kOrder, sizeof kOrder};
  return kFile;
}

// --- operands ---

x86::Gp Emitter::gp(u32 reg, u8 width) {
  switch (width) {
    case 1: return x86::gpb_lo(reg);
    case 2: return x86::gpw(reg);
    case 4: return x86::gpd(reg);
    default: return x86::gpq(reg);
  }
}

x86::Mem Emitter::slot(u32 number, u32 bytes) const {
  const u32 below = slot_base_ + 8 * number + (bytes == 16 ? 16 : 8);
  return x86::ptr(x86::rbp, -static_cast<i32>(below), bytes);
}

x86::Mem Emitter::local(u32 number, u32 bytes) const {
  const u32 below = slot_base_ + 8 * allocation_.slots + 16 * (number + 1);
  return x86::ptr(x86::rbp, -static_cast<i32>(below), bytes);
}

asmjit::Operand Emitter::any(const MachineInst& inst, u32 n, u8 width) const {
  const Location l = place(inst, n);
  if (l.is_slot()) return slot(l.number(), width);
  if (l.number() >= kFloatBase) return x86::xmm(l.number() - kFloatBase);
  return gp(l.number(), width);
}

x86::Mem Emitter::guest(const MachineInst& inst, u32 n, u32 bytes) const {
  if (n == inst.operands) return x86::ptr(x86::r15, inst.displacement, bytes);
  return x86::ptr(x86::r15, gp_at(inst, n, 8), inst.scale, inst.displacement, bytes);
}

x86::Mem Emitter::pool_entry(const Vector& bits, bool wide) {
  const auto [known, is_new] = pool_places_.try_emplace({bits.low, bits.high, wide}, static_cast<u32>(pool_.size()));
  if (is_new) pool_.push_back({bits, wide, a_.newLabel()});
  return x86::ptr(pool_[known->second].at);
}

// --- places in the code ---

Label Emitter::trap(hermit::Trap trap, u32 source) {
  traps_.push_back({a_.newLabel(), trap, source});
  return traps_.back().at;
}

Label Emitter::cold(const MachineInst& inst, const Label& back, u32 detail) {
  cold_.push_back({&inst, a_.newLabel(), back, detail});
  return cold_.back().at;
}

// --- the frame ---

void Emitter::lay_out_frame() {
  for (const u8 reg : kSaved) {
    // Frames that an exception drops do not give back what they preserve.
    if ((allocation_.used >> reg & 1) != 0 || f_.has_landings) saved_.push_back(reg);
  }
  saved_base_ = 8 * (static_cast<u32>(saved_.size()) + (f_.leaves_instance ? 1 : 0));
  slot_base_ = allocation_.slots == 0 ? saved_base_ : (saved_base_ + 15) / 16 * 16;
  const u32 total = (slot_base_ + 8 * allocation_.slots + 16 * f_.frame_locals + 15) / 16 * 16;
  frame_ = total - saved_base_;
}

void Emitter::external_entry() {
  a_.mov(x86::r14, x86::ptr(x86::r11, offsetof(abi::FuncRef, instance)));
  a_.mov(x86::r15, x86::ptr(x86::r14, offsetof(abi::Instance, memory0.base)));
}

// Many functions return at once for some arguments. Such a way through one, if nothing on it calls, touches a preserved
// register or a slot, is left without the rest of the frame, which is set up where others leave that way.
bool Emitter::needs_frame(BlockId b) const {
  const auto is_framed = [&](Location l) {
    if (!l.is_reg()) return true;
    return std::find(std::begin(kSaved), std::end(kSaved), l.number()) != std::end(kSaved);
  };
  const MachineBlock& block = f_.blocks[b];
  if (block.loop_depth != 0) return true;
  for (u32 i = block.begin; i < block.end; ++i) {
    const MachineInst& inst = f_.insts[i];
    if (inst.is_call) return true;
    switch (inst.form) {
      case kLanding:
      case kLoadLocal:
      case kStoreLocal:
      case kZeroLocals:
      case kReserveArgs:
      case kStoreArg: return true;
      default: break;
    }
    for (u32 n = 0; n < inst.operands; ++n) {
      if (is_framed(place(inst, n))) return true;
    }
  }
  for (size_t g = first_group(allocation_, block.begin); g < allocation_.groups.size(); ++g) {
    const MoveGroup& group = allocation_.groups[g];
    if (group.inst >= block.end) break;
    for (u32 i = group.first; i < group.first + group.count; ++i) {
      if (is_framed(allocation_.moves[i].from) || is_framed(allocation_.moves[i].to)) return true;
    }
  }
  return false;
}

// Light blocks are entered from light ones only. A block that needs the frame and follows one must have no other way
// in.
void Emitter::find_light_blocks() {
  const auto count = static_cast<u32>(f_.blocks.size());
  is_light_.assign(count, false);
  sets_up_.assign(count, false);
  if (saved_base_ + frame_ == 0 || f_.has_landings) return;
  std::vector<std::vector<BlockId>> ways_in(count);
  for (const MachineEdge& edge : f_.edges) {
    if (layout_.position[edge.from] != kNone) ways_in[final_target(edge.to)].push_back(edge.from);
  }
  for (BlockId b = 0; b < count; ++b) {
    const auto is_light = [&](BlockId from) { return from < b && is_light_[from]; };
    if (b != 0 && (ways_in[b].empty() || !std::ranges::all_of(ways_in[b], is_light))) continue;
    is_light_[b] = !needs_frame(b);
    if (!is_light_[b] && b == 0) return;
  }
  // A light block that leads to one with other ways in is none, nor are those behind it.
  constexpr u32 kMaxRounds = 8;  // beyond it, none is light: time stays linear
  bool changed = true;
  for (u32 round = 0; changed; ++round) {
    changed = false;
    if (round == kMaxRounds) is_light_[0] = false;
    for (BlockId b = 0; b < count; ++b) {
      if (b != 0 && is_light_[b] && !std::ranges::all_of(ways_in[b], [&](BlockId p) { return is_light_[p]; })) {
        is_light_[b] = false;
        changed = true;
      }
      if (is_light_[b] || ways_in[b].size() < 2) continue;
      for (const BlockId p : ways_in[b]) {
        if (is_light_[p]) is_light_[p] = false, changed = true;
      }
    }
    if (!is_light_[0]) {
      is_light_.assign(count, false);
      return;
    }
  }
  for (BlockId b = 1; b < count; ++b) {
    sets_up_[b] = !is_light_[b] && ways_in[b].size() == 1 && is_light_[ways_in[b][0]];
  }
}

void Emitter::prologue() {
  a_.push(x86::rbp);
  a_.mov(x86::rbp, x86::rsp);
  if (!is_light_[0]) set_up_frame();
}

void Emitter::set_up_frame() {
  const u32 depth = saved_base_ + frame_ + f_.max_stack_args;
  const u32 source = f_.insts[0].source;
  const auto limit = x86::ptr(x86::r14, offsetof(abi::Instance, stack_limit), 8);
  if (depth > abi::kUncheckedFrame) {
    a_.lea(x86::r11, x86::ptr(x86::rsp, -static_cast<i32>(depth)));
    a_.cmp(x86::r11, limit);
    a_.jb(trap(hermit::Trap::StackOverflow, source));
  } else if (f_.has_calls) {
    a_.cmp(x86::rsp, limit);
    a_.jb(trap(hermit::Trap::StackOverflow, source));
  }
  if (f_.leaves_instance) a_.push(x86::r14);
  for (const u8 reg : saved_) a_.push(gp(reg, 8));
  if (frame_ != 0) a_.sub(x86::rsp, frame_);
}

void Emitter::restore_preserved() {
  u32 below = f_.leaves_instance ? 8 : 0;
  for (const u8 reg : saved_) a_.mov(gp(reg, 8), x86::ptr(x86::rbp, -static_cast<i32>(below += 8), 8));
}

void Emitter::restore_instance() {
  a_.mov(x86::r14, x86::ptr(x86::rbp, -8, 8));
  a_.mov(x86::r15, x86::ptr(x86::r14, offsetof(abi::Instance, memory0.base), 8));
}

void Emitter::epilogue() {
  if (!in_light_) restore_preserved();
  if (!in_light_ && saved_base_ + frame_ != 0) {
    a_.leave();
  } else {
    a_.pop(x86::rbp);
  }
  if (f_.stack_params != 0) {
    a_.ret(f_.stack_params);
  } else {
    a_.ret();
  }
}

// --- moves ---

void Emitter::move(const Move& m) {
  // A cycle of integers goes through a float register too.
  const auto is_float = [](Location l) { return l.is_reg() && l.number() >= kFloatBase; };
  const bool integer = class_of(m.type) == RegClass::Integer && !is_float(m.from) && !is_float(m.to);
  const u32 bytes = m.type == Type::V128 ? 16 : m.type == Type::F32 ? 4 : 8;
  const Id float_move = m.type == Type::V128 ? Id::kIdMovups : m.type == Type::F32 ? Id::kIdMovss : Id::kIdMovsd;
  if (m.from.is_slot() && m.to.is_slot()) {
    const x86::Xmm through = x86::xmm(kFloatScratch - kFloatBase);
    const Id any_move = m.type == Type::V128 ? Id::kIdMovups : Id::kIdMovsd;
    const u32 all = m.type == Type::V128 ? 16 : 8;
    a_.emit(any_move, through, slot(m.from.number(), all));
    a_.emit(any_move, slot(m.to.number(), all), through);
  } else if (m.from.is_slot()) {
    if (integer) {
      a_.mov(gp(m.to.number(), 8), slot(m.from.number(), 8));
    } else {
      a_.emit(float_move, x86::xmm(m.to.number() - kFloatBase), slot(m.from.number(), bytes));
    }
  } else if (m.to.is_slot()) {
    if (integer) {
      a_.mov(slot(m.to.number(), 8), gp(m.from.number(), 8));
    } else {
      a_.emit(float_move, slot(m.to.number(), bytes), x86::xmm(m.from.number() - kFloatBase));
    }
  } else if (is_float(m.to) && !is_float(m.from)) {
    a_.movq(x86::xmm(m.to.number() - kFloatBase), gp(m.from.number(), 8));
  } else if (is_float(m.from) && !is_float(m.to)) {
    a_.movq(gp(m.to.number(), 8), x86::xmm(m.from.number() - kFloatBase));
  } else if (integer) {
    const u8 width = m.type == Type::I32 ? 4 : 8;
    a_.mov(gp(m.to.number(), width), gp(m.from.number(), width));
  } else {
    a_.movaps(x86::xmm(m.to.number() - kFloatBase), x86::xmm(m.from.number() - kFloatBase));
  }
}

void Emitter::moves(u32 inst, MovePlace where) {
  while (group_ < allocation_.groups.size()) {
    const MoveGroup& group = allocation_.groups[group_];
    if (group.inst != inst || group.place != where) return;
    ++group_;
    flags_.is_known = false;
    sequence_.clear();
    sequence_moves({allocation_.moves.data() + group.first, group.count},
                   {Location::reg(kFloatCycleScratch), Location::reg(kFloatCycleScratch)}, sequence_);
    for (size_t i = 0; i < sequence_.size(); ++i) {
      if (exchange(i)) {
        i += 2;
      } else {
        move(sequence_[i]);
      }
    }
  }
}

// Two integer registers that change places: a cycle of two in the sequence.
bool Emitter::exchange(size_t i) {
  if (i + 2 >= sequence_.size()) return false;
  const Move& away = sequence_[i];
  const Move& over = sequence_[i + 1];
  const Move& back = sequence_[i + 2];
  const auto is_integer = [](Location l) { return l.is_reg() && l.number() < kFloatBase; };
  if (away.to != Location::reg(kFloatCycleScratch) || !is_integer(away.from) || !is_integer(over.from)) return false;
  if (over.to != away.from || back.from != away.to || back.to != over.from) return false;
  a_.xchg(gp(over.to.number(), 8), gp(over.from.number(), 8));
  return true;
}

// --- loops ---

void Emitter::find_loops() {
  const auto count = static_cast<u32>(layout_.order.size());
  last_of_loop_.assign(count, kNone);
  for (const MachineEdge& edge : f_.edges) {
    const u32 from = layout_.position[edge.from];
    const u32 to = layout_.position[final_target(edge.to)];
    if (from == kNone || to > from) continue;
    u32& last = last_of_loop_[to];
    last = last == kNone ? from : std::max(last, from);
  }
  loops_before_.assign(count + 1, 0);
  for (u32 i = 0; i < count; ++i) loops_before_[i + 1] = loops_before_[i] + (last_of_loop_[i] == kNone ? 0 : 1);
}

// Processors fetch aligned pieces of 32 bytes, of which a short loop had better take as few as it can.
void Emitter::align_loop(u32 position) {
  const u32 last = last_of_loop_[position];
  if (last == kNone || position == 0 || estimate_.empty()) return;
  const u32 end = last + 1 < estimate_.size() ? estimate_[last + 1] : kNone;
  const u32 alignment = end - estimate_[position] <= kShortLoop ? kLoopAlignment : abi::kFunctionAlignment;
  code_.alignment = std::max(code_.alignment, alignment);
  a_.align(asmjit::AlignMode::kCode, alignment);
}

// --- the whole ---

void Emitter::block(u32 position) {
  const BlockId b = layout_.order[position];
  next_block_ = position + 1 < layout_.order.size() ? layout_.order[position + 1] : kNone;
  align_loop(position);
  group_ = first_group(allocation_, f_.blocks[b].begin);
  a_.bind(labels_[b]);
  in_light_ = is_light_[b];
  if (sets_up_[b]) set_up_frame();
  flags_.is_known = false;
  for (u32 i = f_.blocks[b].begin; i < f_.blocks[b].end; ++i) {
    moves(i, MovePlace::Before);
    moves(i, MovePlace::EdgeEnd);
    instruction(f_.insts[i]);
    flags_.is_known = sets_flags(f_.insts[i]);
    if (flags_.is_known) flags_.of = place(f_.insts[i], 0), flags_.width = f_.insts[i].width;
    moves(i, MovePlace::After);
  }
  CHECK(group_ == first_group(allocation_, f_.blocks[b].end));
  if (f_.has_landings) return_of_block_[b] = last_return_;
}

void Emitter::collect_handlers() {
  for (const MachineEdge& edge : f_.edges) {
    const MachineBlock& target = f_.blocks[edge.to];
    if (!target.is_landing) continue;
    const auto region = static_cast<u32>(f_.insts[target.begin + 1].immediate);
    code_.handlers.push_back(
        {return_of_block_[edge.from], static_cast<u32>(holder_.labelOffset(labels_[edge.to])), region});
  }
  std::sort(code_.handlers.begin(), code_.handlers.end(),
            [](const HandlerSite& a, const HandlerSite& b) { return a.offset < b.offset; });
  code_.regions = f_.regions;
  code_.clauses = f_.clauses;
}

void Emitter::tables_and_pool() {
  for (size_t i = 0; i < cold_.size(); ++i) {
    a_.bind(cold_[i].at);
    cold_code(Cold(cold_[i]));
  }
  for (const TrapStub& stub : traps_) {
    a_.bind(stub.at);
    site(stub.source);
    a_.ud2();
    a_.db(static_cast<u8>(stub.trap));
  }
  code_.data = static_cast<u32>(a_.offset());
  for (const JumpTable& table : tables_) {
    a_.align(asmjit::AlignMode::kZero, 4);
    a_.bind(table.at);
    for (u32 i = 0; i < table.count; ++i) a_.embedLabelDelta(label(f_.targets[table.first + i]), table.at, 4);
  }
  for (const PoolEntry& entry : pool_) {
    a_.align(asmjit::AlignMode::kZero, entry.wide ? 16 : 8);
    a_.bind(entry.at);
    a_.embedUInt64(entry.bits.low);
    if (entry.wide) a_.embedUInt64(entry.bits.high);
  }
}

FunctionCode Emitter::run(bool has_external_entry, std::string* listing) {
  FailHard fail_hard;
  asmjit::StringLogger logger;
  logger.addFlags(asmjit::FormatFlags::kMachineCode);
  CHECK(holder_.init(asmjit::Environment(asmjit::Arch::kX64)) == asmjit::kErrorOk);
  holder_.setErrorHandler(&fail_hard);
  if (listing != nullptr) holder_.setLogger(&logger);
  CHECK(holder_.attach(&a_) == asmjit::kErrorOk);
  lay_out_frame();
  for (BlockId b = 0; b < f_.blocks.size(); ++b) labels_.push_back(a_.newLabel());
  if (has_external_entry) external_entry();
  find_light_blocks();
  code_.entry = static_cast<u32>(a_.offset());
  prologue();
  find_loops();
  return_of_block_.resize(f_.has_landings ? f_.blocks.size() : 0);
  for (u32 i = 0; i < layout_.order.size(); ++i) block(i);
  in_light_ = false;  // cold code belongs to blocks that call
  tables_and_pool();
  CHECK(holder_.flatten() == asmjit::kErrorOk && holder_.resolveUnresolvedLinks() == asmjit::kErrorOk);
  CHECK(holder_.relocateToBase(0) == asmjit::kErrorOk);  // distances of jump tables
  if (f_.has_landings) collect_handlers();
  const auto& buffer = holder_.sectionById(0)->buffer();
  code_.bytes.assign(buffer.data(), buffer.data() + buffer.size());
  if (listing != nullptr) listing->append(logger.data(), logger.dataSize());
  return std::move(code_);
}

std::vector<u32> Emitter::block_offsets() const {
  std::vector<u32> offsets;
  for (const BlockId b : layout_.order) offsets.push_back(static_cast<u32>(holder_.labelOffset(labels_[b])));
  return offsets;
}

// Jumps stand at the end of their block. But for what loops are aligned by, code only shrinks from the first time, when
// all jumps are long, to the second, so a distance does too; the margin is for the jumps themselves.
bool Emitter::is_near(BlockId target) const {
  constexpr u32 kMargin = 24;
  if (estimate_.empty() || next_block_ == kNone) return false;
  const u32 from = layout_.position[next_block_];
  const u32 to = layout_.position[final_target(target)];
  const u32 padding = (loops_before_[to + 1] - loops_before_[from]) * (kLoopAlignment - 1);
  return to >= from && estimate_[to] - estimate_[from] + padding < 127 - kMargin;
}

FunctionCode emit(const MachineFunction& function, const Allocation& allocation, bool has_external_entry,
                  std::string* listing) {
  const BlockLayout layout = lay_out_blocks(function, allocation);
  std::vector<u32> offsets;
  if (layout.order.size() > 1) {
    Emitter first(function, allocation, layout, {});
    (void)first.run(has_external_entry);
    offsets = first.block_offsets();
  }
  return Emitter(function, allocation, layout, offsets).run(has_external_entry, listing);
}

}  // namespace hermit::x64
