// Reads what ir_print.cc writes. Line oriented, no recursion; the first failure is kept with its line and ends it.
#include <algorithm>

#include "compiler/ir_text.h"

namespace hermit::compiler {

namespace {

// Values and blocks may have any number up to this: the arrays are indexed by them.
constexpr u64 kMaxNumber = 1u << 24;

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<Function> run() {
    header();
    while (ok() && !accept("}")) {
      if (peek("block")) {
        block();
      } else if (accept("region")) {
        region();
      } else {
        instruction();
      }
    }
    finish();
    if (!ok()) return malformed(what_, line_);
    return std::move(f_);
  }

 private:
  [[nodiscard]] bool ok() const { return what_ == nullptr; }
  void fail(const char* what) {
    if (ok()) what_ = what;
    text_ = {};
  }
  void skip_space() {
    while (!text_.empty() && (text_[0] == ' ' || text_[0] == '\n')) {
      if (text_[0] == '\n') ++line_;
      text_.remove_prefix(1);
    }
  }
  bool peek(std::string_view token) {
    skip_space();
    return text_.starts_with(token);
  }
  bool accept(std::string_view token) {
    if (!peek(token)) return false;
    text_.remove_prefix(token.size());
    return true;
  }
  void expect(std::string_view token) {
    if (!accept(token)) fail("unexpected token");
  }
  std::string_view word() {
    skip_space();
    size_t n = 0;
    while (n < text_.size() && (text_[n] == '.' || text_[n] == '_' || (text_[n] >= 'a' && text_[n] <= 'z') ||
                                (text_[n] >= '0' && text_[n] <= '9'))) {
      ++n;
    }
    const auto result = text_.substr(0, n);
    text_.remove_prefix(n);
    return result;
  }
  u64 number() {
    skip_space();
    const u64 base = text_.starts_with("0x") ? 16 : 10;
    if (base == 16) text_.remove_prefix(2);
    u64 value = 0;
    size_t n = 0;
    for (; n < text_.size(); ++n) {
      const char c = text_[n];
      u64 digit;
      if (c >= '0' && c <= '9') {
        digit = static_cast<u64>(c - '0');
      } else if (base == 16 && c >= 'a' && c <= 'f') {
        digit = static_cast<u64>(c - 'a') + 10;
      } else {
        break;
      }
      value = value * base + digit;
    }
    if (n == 0) fail("a number is expected");
    text_.remove_prefix(std::min(n, text_.size()));
    return value;
  }
  u32 number32() {
    const u64 n = number();
    if (n > 0xffffffff) fail("number too large");
    return static_cast<u32>(n);
  }
  Type type() {
    const auto name = word();
    for (const Type t : {Type::I32, Type::I64, Type::F32, Type::F64, Type::V128}) {
      if (name == to_string(t)) return t;
    }
    fail("unknown type");
    return Type::None;
  }
  Value value() {
    expect("v");
    const u64 n = number();
    if (n > kMaxNumber) return fail("value number too large"), 0;
    if (n >= f_.insts.size()) {
      f_.insts.resize(n + 1);
      f_.sources.resize(n + 1);
    }
    return static_cast<Value>(n);
  }
  BlockId block_id() {
    expect("block");
    const u64 n = number();
    if (n > kMaxNumber) return fail("block number too large"), 0;
    if (n >= f_.blocks.size()) f_.blocks.resize(n + 1);
    return static_cast<BlockId>(n);
  }
  // Values between parentheses (already opened) or to the end of the line; returns the first place in lists.
  u32 values(std::vector<Value>& out) {
    do out.push_back(value());
    while (accept(","));
    return 0;
  }
  u32 list(const std::vector<Value>& items) {
    const auto first = static_cast<u32>(f_.lists.size());
    f_.lists.insert(f_.lists.end(), items.begin(), items.end());
    return first;
  }
  Edge edge() {
    const BlockId target = block_id();
    std::vector<Value> args;
    if (accept("(")) {
      values(args);
      expect(")");
    }
    arg_counts_.push_back(static_cast<u32>(args.size()));
    return {target, list(args)};
  }
  void types(std::vector<Type>& out) {
    expect("(");
    if (accept(")")) return;
    do out.push_back(type());
    while (accept(","));
    expect(")");
  }

  void header() {
    expect("function");
    f_.index = number32();
    types(f_.parameters);
    expect("->");
    types(f_.results);
    expect("locals");
    f_.frame_locals = number32();
    if (accept("headroom")) f_.headroom = number32();
    expect("{");
  }

  void close_block() {
    if (current_ != kNone) f_.blocks[current_].end = static_cast<u32>(f_.order.size());
  }
  void block() {
    close_block();
    const BlockId b = block_id();
    if (!ok()) return;
    if (b != next_block_++) return fail("blocks are not in order");
    current_ = b;
    f_.blocks[b].begin = static_cast<u32>(f_.order.size());
    f_.blocks[b].first_param = static_cast<u32>(f_.params.size());
    u32 count = 0;
    if (accept("(")) {
      do {
        const Value v = value();
        expect(":");
        const Type t = type();
        if (!ok()) return;
        f_.insts[v] = {Op::BlockParam, t, 0, b, count++, 0};
        f_.params.push_back(v);
      } while (accept(","));
      expect(")");
    }
    f_.blocks[b].params = count;
    expect(":");
  }

  void region() {
    Region r;
    if (!accept("none")) r.parent = number32();
    if (r.parent != kNone && r.parent >= f_.regions.size()) fail("a region's parent comes before it");
    r.first_clause = static_cast<u32>(f_.clauses.size());
    if (accept(":")) {
      do f_.clauses.push_back(accept("all") ? kAllTags : number32());
      while (accept(","));
    }
    r.clauses = static_cast<u32>(f_.clauses.size()) - r.first_clause;
    f_.regions.push_back(r);
  }
  Op operation() {
    const auto name = word();
    for (u16 i = 0; i < static_cast<u16>(Op::Count); ++i) {
      if (op_info(static_cast<Op>(i)).text == name) return static_cast<Op>(i);
    }
    fail("unknown operation");
    return Op::Nop;
  }
  void address(Inst& inst) {
    inst.a = value();
    expect("+");
    const u64 offset = number();
    if (accept("memory")) {
      inst.aux = kWideAccess;
      inst.c = static_cast<u32>(f_.accesses.size());
      f_.accesses.push_back({offset, number32()});
    } else if (offset > 0xffffffff) {
      fail("offset too large");
    } else {
      inst.c = static_cast<u32>(offset);
    }
    if (accept("reached")) inst.aux |= kReachedAccess;
  }
  u32 call(bool is_tail) {
    constexpr std::string_view kKinds[] = {"direct", "import", "indirect", "reference", "exit"};
    Call c{CallKind::Direct, false, 0, kNone, 0, 0, 0};
    const auto kind = word();
    const auto* found = std::find(std::begin(kKinds), std::end(kKinds), kind);
    if (found == std::end(kKinds)) fail("unknown kind of call");
    c.kind = static_cast<CallKind>(found - kKinds);
    c.is_tail = is_tail;
    c.callee = number32();
    if (accept("type")) c.type = number32();
    expect("results");
    c.results = number32();
    expect("(");
    std::vector<Value> args;
    if (!peek(")")) values(args);
    expect(")");
    c.first_arg = list(args);
    c.args = static_cast<u32>(args.size());
    f_.calls.push_back(c);
    return static_cast<u32>(f_.calls.size() - 1);
  }
  u32 switch_() {
    std::vector<Edge> edges;
    while (accept(",")) edges.push_back(edge());
    expect("cases");
    std::vector<u32> cases;
    for (skip_space(); !text_.empty() && text_[0] >= '0' && text_[0] <= '9'; skip_space()) {
      cases.push_back(number32());
      if (cases.back() >= edges.size()) fail("no such edge");
    }
    if (cases.empty()) fail("a switch without cases");
    f_.switches.push_back({static_cast<u32>(f_.edges.size()), static_cast<u32>(edges.size()), list(cases),
                           static_cast<u32>(cases.size())});
    f_.edges.insert(f_.edges.end(), edges.begin(), edges.end());
    return static_cast<u32>(f_.switches.size() - 1);
  }
  void operands(Inst& inst) {
    const auto comma_value = [&] { return expect(","), value(); };
    const auto comma_number = [&] { return expect(","), number32(); };
    switch (op_info(inst.op).shape) {
      case Shape::None: return;
      case Shape::BlockParam: return fail("parameters stand behind the block's name");
      case Shape::Immediate: inst.c = number32(); return;
      case Shape::Constant: {
        const u64 bits = number();
        if (inst.type == Type::V128) {
          expect(",");
          inst.a = static_cast<u32>(f_.vectors.size());
          f_.vectors.push_back({bits, number()});
          return;
        }
        inst.a = static_cast<u32>(bits);
        inst.b = static_cast<u32>(bits >> 32);
        return;
      }
      case Shape::Unary: inst.a = value(); return;
      case Shape::UnaryImmediate: inst.a = value(), inst.c = comma_number(); return;
      case Shape::Result: inst.a = value(), inst.b = comma_number(); return;
      case Shape::Binary: inst.a = value(), inst.b = comma_value(); return;
      case Shape::BinaryImmediate: inst.a = value(), inst.b = comma_value(), inst.c = comma_number(); return;
      case Shape::Ternary: inst.a = value(), inst.b = comma_value(), inst.c = comma_value(); return;
      case Shape::Load: return address(inst);
      case Shape::Store: address(inst), inst.b = comma_value(); return;
      case Shape::Call: inst.a = call(inst.op == Op::TailCall); return;
      case Shape::Jump: {
        const Edge e = edge();
        inst.b = static_cast<u32>(f_.edges.size());
        f_.edges.push_back(e);
        return;
      }
      case Shape::Handle:
      case Shape::Branch: {
        inst.a = inst.op == Op::Handle ? number32() : value();
        if (inst.op == Op::Handle && inst.a >= f_.regions.size()) return fail("no such region");
        expect(",");
        const Edge first = edge();
        expect(",");
        const Edge second = edge();
        inst.b = static_cast<u32>(f_.edges.size());
        f_.edges.push_back(first);
        f_.edges.push_back(second);
        return;
      }
      case Shape::Switch: inst.a = value(), inst.c = switch_(); return;
      case Shape::List: {
        std::vector<Value> items;
        if (peek("v")) values(items);
        inst.a = list(items);
        inst.b = static_cast<u32>(items.size());
        return;
      }
    }
  }
  // `v12:`, but no `v128.store`.
  bool names_value() {
    if (!peek("v")) return false;
    const size_t behind = text_.find_first_not_of("0123456789", 1);
    return behind > 1 && behind < text_.size() && text_[behind] == ':';
  }
  void instruction() {
    Inst inst;
    Value v = kNone;
    if (names_value()) {
      v = value();
      expect(":");
      inst.type = type();
      expect("=");
    }
    inst.op = operation();
    if (!ok()) return;
    operands(inst);
    const u32 source = accept("@") ? number32() : 0;
    if (!ok()) return;
    if (v == kNone) {
      unnamed_.push_back({inst, source, static_cast<u32>(f_.order.size())});
      f_.order.push_back(kNone);
      if (current_ == kNone) fail("an instruction outside of a block");
      return;
    }
    f_.insts[v] = inst;
    f_.sources[v] = source;
    if (inst.op == Op::Const) return;
    if (current_ == kNone) return fail("an instruction outside of a block");
    f_.order.push_back(v);
  }
  // Instructions without a result take the numbers behind those that are named.
  void finish() {
    if (!ok()) return;
    close_block();
    if (f_.blocks.size() != next_block_) return fail("a block that is named but missing");
    for (const Unnamed& u : unnamed_) f_.order[u.position] = f_.add(u.inst, u.source);
    size_t edge_number = 0;
    for (BlockId b = 0; b < f_.blocks.size(); ++b) {
      const Block& block = f_.blocks[b];
      if (block.begin == block.end || (effects(f_.terminator(b).op) & kTerminates) == 0) {
        return fail("a block without a terminator");
      }
    }
    for (const u32 count : arg_counts_) {
      if (edge_number >= f_.edges.size() || f_.blocks[f_.edges[edge_number].target].params != count) {
        return fail("the number of arguments differs from the target's parameters");
      }
      ++edge_number;
    }
  }

  struct Unnamed {
    Inst inst;
    u32 source;
    u32 position;
  };
  std::string_view text_;
  u64 line_ = 1;
  const char* what_ = nullptr;
  Function f_;
  BlockId current_ = kNone;
  BlockId next_block_ = 0;
  std::vector<Unnamed> unnamed_;
  std::vector<u32> arg_counts_;  // of each edge in order of appearance, which is the order of f_.edges
};

}  // namespace

Result<Function> parse(std::string_view text) { return Parser(text).run(); }

}  // namespace hermit::compiler
