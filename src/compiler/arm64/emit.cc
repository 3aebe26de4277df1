// The frame, the walk over blocks, moves, and what follows the body. emitter.h shows the frame.
#include "compiler/arm64/emit.h"

#include <algorithm>

#include "abi/calling_convention.h"
#include "abi/instance_layout.h"
#include "compiler/arm64/emitter.h"

namespace hermit::arm64 {

namespace {

// Preferred first: those that cost no save, and among them those that are not arguments.
constexpr u8 kOrder[] = {8,        9,        10,       11,       12,       13,       14,       15,       7,
                         6,        5,        4,        3,        2,        1,        0,        19,       20,
                         21,       22,       23,       24,       25,       26,       kV0 + 16, kV0 + 17, kV0 + 18,
                         kV0 + 19, kV0 + 20, kV0 + 21, kV0 + 22, kV0 + 23, kV0 + 24, kV0 + 25, kV0 + 26, kV0 + 27,
                         kV0 + 28, kV0 + 29, kV0 + 8,  kV0 + 9,  kV0 + 10, kV0 + 11, kV0 + 12, kV0 + 13, kV0 + 14,
                         kV0 + 15, kV0 + 7,  kV0 + 6,  kV0 + 5,  kV0 + 4,  kV0 + 3,  kV0 + 2,  kV0 + 1,  kV0};

}  // namespace

const RegisterFile& register_file() {
  static constexpr RegSet kAllocatable = [] {
    RegSet set = 0;
    for (const u8 r : kOrder) set |= RegSet{1} << r;
    return set;
  }();
  static constexpr RegSet kPreserved = [] {
    RegSet set = 0;
    for (u8 r = kFirstSaved; r <= kLastSaved; ++r) set |= RegSet{1} << r;
    return set;
  }();
  static constexpr RegisterFile kFile = {kAllocatable, kPreserved, kOrder, sizeof kOrder};
  return kFile;
}

// A distance that does not fit is found out about here. Anything else means that an instruction that does not exist was
// asked for.
void Emitter::handleError(asmjit::Error error, const char* message, asmjit::BaseEmitter*) {
  if (error != asmjit::kErrorInvalidDisplacement) check_failed("asmjit", static_cast<int>(error), message);
  is_out_of_reach_ = true;
}

// --- operands ---

void Emitter::add_number(const a64::Gp& to, const a64::Gp& from, i64 number) {
  const u64 magnitude = number < 0 ? 0 - static_cast<u64>(number) : static_cast<u64>(number);
  const Id id = number < 0 ? Id::kIdSub : Id::kIdAdd;
  if (magnitude == 0) {
    if (to.id() != from.id()) a_.mov(to, from);
  } else if (is_add_immediate(magnitude)) {
    a_.emit(id, to, from, imm(magnitude));
  } else if (magnitude < 1 << 24) {
    a_.emit(id, to, from, imm(magnitude & 0xfff000));
    a_.emit(id, to, to, imm(magnitude & 0xfff));
  } else {
    a_.mov(a64::x17, imm(magnitude));
    a_.emit(id, to, from, a64::x17);
  }
}

a64::Mem Emitter::memory(const a64::Gp& base, i64 offset, u32 width) {
  const i64 scaled = offset / width;
  if (offset >= 0 && offset % width == 0 && scaled <= 0xfff) return a64::ptr(base, static_cast<i32>(offset));
  if (offset >= -256 && offset <= 255) return a64::ptr(base, static_cast<i32>(offset));
  a_.mov(a64::x17, imm(offset));
  return a64::ptr(base, a64::x17);
}

a64::Mem Emitter::slot(u32 number, u32 width) {
  return memory(a64::sp, i64{pushed_} + 16 * i64{f_.frame_locals} + 8 * i64{number}, width);
}

a64::Mem Emitter::local(u32 number, u32 width) { return memory(a64::sp, i64{pushed_} + 16 * i64{number}, width); }

void Emitter::load(u32 reg, const a64::Mem& from, u32 width) {
  a_.emit(reg >= kFloatBase ? Id::kIdLdr_v : Id::kIdLdr, any(reg, width), from);
}

void Emitter::store(u32 reg, const a64::Mem& to, u32 width) {
  a_.emit(reg >= kFloatBase ? Id::kIdStr_v : Id::kIdStr, any(reg, width), to);
}

// --- places in the code ---

Label Emitter::trap(hermit::Trap trap, u32 source) {
  traps_.push_back({a_.newLabel(), trap, source});
  return traps_.back().at;
}

Label Emitter::cold(const MachineInst& inst, const Label& back) {
  cold_.push_back({&inst, a_.newLabel(), back});
  return cold_.back().at;
}

// --- the frame ---

void Emitter::lay_out_frame() {
  for (u8 reg = kFirstSaved; reg <= kLastSaved; ++reg) {
    // Frames that an exception drops do not give back what they preserve.
    if ((allocation_.used >> reg & 1) != 0 || f_.has_landings) saved_.push_back(reg);
  }
  // The instance is kept like a register, in the first place.
  if (f_.leaves_instance) saved_.insert(saved_.begin(), u8{28});
  const u32 below = 8 * (static_cast<u32>(saved_.size()) + allocation_.slots) + 16 * f_.frame_locals;
  frame_ = (below + 15) / 16 * 16;
}

void Emitter::external_entry() {
  a_.ldr(a64::x28, a64::ptr(a64::x16, offsetof(abi::FuncRef, instance)));
  a_.ldr(a64::x27, a64::ptr(a64::x28, offsetof(abi::Instance, memory0.base)));
}

void Emitter::prologue() {
  a_.stp(a64::x29, a64::x30, a64::ptr_pre(a64::sp, -16));
  a_.mov(a64::x29, a64::sp);
  const u32 depth = frame_ + f_.max_stack_args;
  const u32 source = f_.insts[0].source;
  const bool is_deep = depth > abi::kUncheckedFrame;
  if (is_deep || f_.has_calls) {
    a_.ldr(a64::x16, a64::ptr(a64::x28, offsetof(abi::Instance, stack_limit)));
    if (is_deep) {
      // x17 and x30 are free: the return address is in the frame.
      a_.mov(a64::x30, a64::sp);
      add_number(a64::x30, a64::x30, -i64{depth});
      a_.cmp(a64::x30, a64::x16);
    } else {
      a_.cmp(a64::sp, a64::x16);
    }
    jump_if(kBelow, trap(hermit::Trap::StackOverflow, source));
  }
  add_number(a64::sp, a64::sp, -i64{frame_});
  // [x29 - 8] is the first of saved_, and so on downwards.
  for (size_t i = 0; i < saved_.size(); i += 2) {
    const i32 below = -8 * static_cast<i32>(i);
    if (i + 1 < saved_.size()) {
      a_.stp(gp(saved_[i + 1], 8), gp(saved_[i], 8), a64::ptr(a64::x29, below - 16));
    } else {
      a_.str(gp(saved_[i], 8), a64::ptr(a64::x29, below - 8));
    }
  }
}

void Emitter::restore_saved() {
  for (size_t i = 0; i < saved_.size(); i += 2) {
    const i32 below = -8 * static_cast<i32>(i);
    if (i + 1 < saved_.size()) {
      a_.ldp(gp(saved_[i + 1], 8), gp(saved_[i], 8), a64::ptr(a64::x29, below - 16));
    } else {
      a_.ldr(gp(saved_[i], 8), a64::ptr(a64::x29, below - 8));
    }
  }
}

void Emitter::restore_instance() {
  a_.ldr(a64::x28, a64::ptr(a64::x29, -8));
  a_.ldr(a64::x27, a64::ptr(a64::x28, offsetof(abi::Instance, memory0.base)));
}

void Emitter::epilogue() {
  restore_saved();
  if (frame_ != 0) a_.mov(a64::sp, a64::x29);
  const u32 bytes = 16 + f_.stack_params;
  if (bytes <= 504) {
    a_.ldp(a64::x29, a64::x30, a64::ptr_post(a64::sp, static_cast<i32>(bytes)));
  } else {
    a_.ldp(a64::x29, a64::x30, a64::ptr_post(a64::sp, 16));
    add_number(a64::sp, a64::sp, f_.stack_params);
  }
  a_.ret(a64::x30);
}

// --- moves ---

void Emitter::move(const Move& m) {
  const u32 bytes = m.type == Type::V128 ? 16 : m.type == Type::F32 ? 4 : 8;
  if (m.from.is_slot() && m.to.is_slot()) {
    const u32 all = m.type == Type::V128 ? 16 : 8;
    load(kFloatScratch, slot(m.from.number(), all), all);
    store(kFloatScratch, slot(m.to.number(), all), all);
  } else if (m.from.is_slot()) {
    const u32 to = m.to.number();
    load(to, slot(m.from.number(), bytes), bytes);
  } else if (m.to.is_slot()) {
    store(m.from.number(), slot(m.to.number(), bytes), bytes);
  } else {
    const u32 to = m.to.number();
    const u32 from = m.from.number();
    // A cycle of integers goes through a float register too.
    if (to < kFloatBase && from < kFloatBase) {
      const u32 width = m.type == Type::I32 ? 4 : 8;
      a_.mov(gp(to, width), gp(from, width));
    } else if (bytes == 16) {
      a_.mov(vec(to, 16).b16(), vec(from, 16).b16());
    } else {
      a_.emit(Id::kIdFmov_v, any(to, 8), any(from, 8));
    }
  }
}

void Emitter::moves(u32 inst, MovePlace where) {
  while (group_ < allocation_.groups.size()) {
    const MoveGroup& group = allocation_.groups[group_];
    if (group.inst != inst || group.place != where) return;
    ++group_;
    sequence_.clear();
    sequence_moves({allocation_.moves.data() + group.first, group.count},
                   {Location::reg(kCycleScratch), Location::reg(kCycleScratch)}, sequence_);
    for (const Move& m : sequence_) move(m);
  }
}

// --- the whole ---

void Emitter::block(u32 position) {
  const BlockId b = layout_.order[position];
  next_block_ = position + 1 < layout_.order.size() ? layout_.order[position + 1] : kNone;
  group_ = first_group(allocation_, f_.blocks[b].begin);
  a_.bind(labels_[b]);
  for (u32 i = f_.blocks[b].begin; i < f_.blocks[b].end; ++i) {
    moves(i, MovePlace::Before);
    moves(i, MovePlace::EdgeEnd);
    instruction(f_.insts[i]);
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

// What follows the body. Instructions first: what a disassembler cannot read comes last.
void Emitter::rest() {
  for (size_t i = 0; i < cold_.size(); ++i) {
    a_.bind(cold_[i].at);
    cold_code(Cold(cold_[i]));
  }
  for (const TrapStub& stub : traps_) {
    a_.bind(stub.at);
    site(stub.source);
    a_.udf(imm(static_cast<u32>(stub.trap)));
  }
  code_.data = here();
  for (const JumpTable& table : tables_) jump_table(table.at, table.first, table.count);
  for (const PoolEntry& entry : pool_) {
    a_.align(asmjit::AlignMode::kZero, 16);
    a_.bind(entry.at);
    a_.embedUInt64(entry.bits.low);
    a_.embedUInt64(entry.bits.high);
  }
}

FunctionCode Emitter::run(bool has_external_entry, std::string* listing) {
  asmjit::StringLogger logger;
  logger.addFlags(asmjit::FormatFlags::kMachineCode);
  CHECK(holder_.init(asmjit::Environment(asmjit::Arch::kAArch64)) == asmjit::kErrorOk);
  holder_.setErrorHandler(this);
  if (listing != nullptr) holder_.setLogger(&logger);
  CHECK(holder_.attach(&a_) == asmjit::kErrorOk);
  lay_out_frame();
  for (BlockId b = 0; b < f_.blocks.size(); ++b) labels_.push_back(a_.newLabel());
  if (has_external_entry) external_entry();
  code_.entry = here();
  prologue();
  return_of_block_.resize(f_.has_landings ? f_.blocks.size() : 0);
  for (u32 i = 0; i < layout_.order.size(); ++i) block(i);
  rest();
  if (is_out_of_reach_) return {};
  CHECK(holder_.flatten() == asmjit::kErrorOk && holder_.resolveUnresolvedLinks() == asmjit::kErrorOk);
  CHECK(holder_.relocateToBase(0) == asmjit::kErrorOk);  // distances of jump tables
  if (f_.has_landings) collect_handlers();
  const auto& buffer = holder_.sectionById(0)->buffer();
  code_.bytes.assign(buffer.data(), buffer.data() + buffer.size());
  if (listing != nullptr) listing->append(logger.data(), logger.dataSize());
  return std::move(code_);
}

Result<FunctionCode> emit(const MachineFunction& function, const Allocation& allocation, bool has_external_entry,
                          std::string* listing) {
  constexpr size_t kMaxCode = 48 << 20;  // an image has an island of far branches every 64 MiB
  constexpr size_t kLarge = 6000;  // instructions; about 32 KiB
  const BlockLayout layout = lay_out_blocks(function, allocation);
  for (const Reach reach : {Reach::Near, Reach::Middle, Reach::Far}) {
    if (reach == Reach::Near && function.insts.size() > kLarge) continue;
    Emitter emitter(function, allocation, layout, reach);
    FunctionCode code = emitter.run(has_external_entry, listing);
    if (!emitter.is_out_of_reach() && code.bytes.size() <= kMaxCode) return code;
  }
  return std::unexpected(
      Error{ErrorKind::Unsupported, "a function whose code is larger than branches reach", function.insts[0].source});
}

}  // namespace hermit::arm64
