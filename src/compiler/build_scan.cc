// Which locals does each construct assign? A local that a loop never assigns needs no parameter at its header, and a
// join needs one only for locals that its block may have changed.
//
// One pass with a log of assigned locals: a construct's set is the log from its start on, without repetitions, and its
// parent sees the same entries. Sets nest, so deep nesting with many locals could make their sum quadratic, and each
// branch to a label passes the label's whole set, as does each call to the try around it. A body that asks for more
// than kEntriesPerByte, or kPassedPerByte, is told to keep its locals in the frame instead.
#include "base/check.h"
#include "compiler/build.h"
#include "wasm/instruction_reader.h"
#include "wasm/leb128.h"

namespace hermit::compiler {

namespace {

// Real code stays below one entry per byte; the constant part lets small functions do as they like.
constexpr size_t kEntriesPerByte = 8;
constexpr size_t kFreeEntries = 1u << 16;
// What branches pass: large functions of interpreters come near 8.
constexpr u64 kPassedPerByte = 32;

bool may_throw(wasm::Op op) {
  switch (op) {
    case wasm::Op::Call:
    case wasm::Op::CallIndirect:
    case wasm::Op::CallRef:
    case wasm::Op::Throw:
    case wasm::Op::ThrowRef:
    case wasm::Op::Rethrow: return true;
    default: return false;
  }
}

}  // namespace

bool opens_construct(wasm::Op op) {
  return op == wasm::Op::Block || op == wasm::Op::Loop || op == wasm::Op::If || op == wasm::Op::Try ||
         op == wasm::Op::TryTable;
}

Type next_type(const u8*& p) {
  const i64 code = wasm::next_i64(p);
  if (code == -28 || code == -29) (void)wasm::next_i64(p);  // (ref ht), (ref null ht): the heap type follows
  return type_of(static_cast<wasm::ValType>(code & 0x7f));
}

Result<AssignedLocals> scan_assignments(const wasm::Module& module, u32 index) {
  const wasm::Function& function = module.functions[index];
  const u8* p = function.body.data();
  const u8* const end = p + function.body.size();
  u32 local_count = static_cast<u32>(module.function_type(index).params.size());
  for (u32 runs = wasm::next_u32(p); runs != 0; --runs) {
    local_count += wasm::next_u32(p);
    (void)next_type(p);
  }

  struct Open {
    u32 construct;
    size_t log_start;
    u64 passes = 0;  // branches to its label, and from inside to its handlers
    u32 last_table = kNone;  // the br_table that named it last
    bool is_try = false;
  };
  AssignedLocals result;
  std::vector<std::pair<u32, u32>> spans;  // by construct: first and end in result.locals, which fills as they close
  std::vector<Open> open;
  std::vector<u32> log;
  std::vector<u32> last_seen(local_count, kNone);  // the construct whose closing saw the local last
  const size_t limit = kFreeEntries + kEntriesPerByte * function.body.size();
  u64 passed = 0;
  const auto branch = [&](u32 depth, u32 table) {
    if (depth >= open.size()) return;  // the function's own label
    Open& target = open[open.size() - 1 - depth];
    if (table != kNone && target.last_table == table) return;
    target.last_table = table;
    ++target.passes;
  };
  u32 tables = 0;
  std::vector<u32> tries;  // places in `open`

  wasm::InstructionReader reader({p, end}, function.offset + static_cast<u64>(p - function.body.data()));
  while (!reader.at_end()) {
    const u8* at = reader.position();
    TRY(const wasm::Op op, reader.next());
    if (opens_construct(op)) {
      const bool is_try = op == wasm::Op::Try || op == wasm::Op::TryTable;
      if (op == wasm::Op::TryTable) {  // its clauses' labels count from outside
        ++at;
        const i64 block_type = wasm::next_i64(at);
        if (block_type == -28 || block_type == -29) (void)wasm::next_i64(at);
        for (u32 count = wasm::next_u32(at); count != 0; --count) {
          if (has_tag(static_cast<wasm::CatchKind>(*at++))) (void)wasm::next_u32(at);
          branch(wasm::next_u32(at), kNone);
        }
      }
      if (is_try) tries.push_back(static_cast<u32>(open.size()));
      open.push_back({static_cast<u32>(spans.size()), log.size(), 1, kNone, is_try});
      spans.emplace_back(0, 0);
    } else if (op == wasm::Op::Br || op == wasm::Op::BrIf || op == wasm::Op::BrOnNull || op == wasm::Op::BrOnNonNull) {
      ++at;
      branch(wasm::next_u32(at), kNone);
    } else if (op == wasm::Op::BrTable) {
      ++at;
      for (u32 count = wasm::next_u32(at) + 1; count != 0; --count) branch(wasm::next_u32(at), tables);
      ++tables;
    } else if (may_throw(op)) {
      if (!tries.empty()) ++open[tries.back()].passes;
    } else if (op == wasm::Op::LocalSet || op == wasm::Op::LocalTee) {
      ++at;
      log.push_back(wasm::next_u32(at));
    } else if ((op == wasm::Op::End || op == wasm::Op::Delegate) && !open.empty()) {
      const Open closing = open.back();
      open.pop_back();
      if (closing.is_try) tries.pop_back();
      size_t kept = closing.log_start;
      for (size_t i = closing.log_start; i < log.size(); ++i) {
        if (last_seen[log[i]] == closing.construct) continue;
        last_seen[log[i]] = closing.construct;
        log[kept++] = log[i];
      }
      log.resize(kept);
      passed += closing.passes * (kept - closing.log_start);
      if (result.locals.size() + kept - closing.log_start > limit ||
          passed > kFreeEntries + kPassedPerByte * function.body.size()) {
        result.is_too_large = true;
        return result;
      }
      spans[closing.construct].first = static_cast<u32>(result.locals.size());
      result.locals.insert(result.locals.end(), log.begin() + static_cast<std::ptrdiff_t>(closing.log_start),
                           log.end());
      spans[closing.construct].second = static_cast<u32>(result.locals.size());
    }
  }
  // Constructs close inside out; reorder by opening.
  std::vector<u32> by_opening;
  by_opening.reserve(result.locals.size());
  for (const auto& [first, last] : spans) {
    result.first.push_back(static_cast<u32>(by_opening.size()));
    for (u32 i = first; i < last; ++i) by_opening.push_back(result.locals[i]);
  }
  result.first.push_back(static_cast<u32>(by_opening.size()));
  result.locals.swap(by_opening);
  return result;
}

}  // namespace hermit::compiler
