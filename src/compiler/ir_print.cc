// Writes a Function as ir_text.h describes.
#include <charconv>

#include "compiler/ir_text.h"

namespace hermit::compiler {

namespace {

class Printer {
 public:
  explicit Printer(const Function& function) : f_(function) {}

  std::string run() {
    out_ += "function ";
    number(f_.index);
    out_ += ' ';
    types(f_.parameters);
    out_ += " -> ";
    types(f_.results);
    out_ += " locals ";
    number(f_.frame_locals);
    if (f_.headroom != 0) {
      out_ += " headroom ";
      number(f_.headroom);
    }
    out_ += " {\n";
    for (Value v = 0; v < f_.insts.size(); ++v) {
      if (f_.insts[v].op == Op::Const) instruction(v);
    }
    for (const Region& r : f_.regions) region(r);
    for (BlockId b = 0; b < f_.blocks.size(); ++b) {
      block(b);
      for (const Value v : f_.body(b)) instruction(v);
    }
    out_ += "}\n";
    return std::move(out_);
  }

 private:
  void number(u64 n) {
    char buffer[24];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, n).ptr;
    out_.append(buffer, end);
  }
  void hex(u64 n) {
    char buffer[24];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, n, 16).ptr;
    out_ += "0x";
    out_.append(buffer, end);
  }
  void types(const std::vector<Type>& list) {
    out_ += '(';
    for (size_t i = 0; i < list.size(); ++i) {
      if (i != 0) out_ += ", ";
      out_ += to_string(list[i]);
    }
    out_ += ')';
  }
  void value(Value v) {
    out_ += 'v';
    number(v);
  }
  void values(std::span<const Value> list) {
    for (size_t i = 0; i < list.size(); ++i) {
      if (i != 0) out_ += ", ";
      value(list[i]);
    }
  }
  void block(BlockId b) {
    out_ += "block";
    number(b);
    const auto params = f_.block_params(b);
    for (size_t i = 0; i < params.size(); ++i) {
      out_ += i == 0 ? "(" : ", ";
      value(params[i]);
      out_ += ": ";
      out_ += to_string(f_.insts[params[i]].type);
    }
    if (!params.empty()) out_ += ')';
    out_ += ":\n";
  }
  void edge(const Edge& e) {
    out_ += "block";
    number(e.target);
    if (f_.args(e).empty()) return;
    out_ += '(';
    values(f_.args(e));
    out_ += ')';
  }
  void address(const Inst& inst) {
    value(inst.a);
    const Access access = f_.access(inst);
    out_ += " + ";
    number(access.offset);
    if ((inst.aux & kWideAccess) != 0) {
      out_ += " memory ";
      number(access.memory);
    }
    if ((inst.aux & kReachedAccess) != 0) out_ += " reached";
  }
  void call(const Call& c) {
    constexpr const char* kKinds[] = {"direct", "import", "indirect", "reference", "exit"};
    out_ += kKinds[static_cast<size_t>(c.kind)];
    out_ += ' ';
    number(c.callee);
    if (c.type != kNone) {
      out_ += " type ";
      number(c.type);
    }
    out_ += " results ";
    number(c.results);
    out_ += " (";
    values({f_.lists.data() + c.first_arg, c.args});
    out_ += ')';
  }
  void region(const Region& r) {
    out_ += "  region ";
    if (r.parent == kNone) {
      out_ += "none";
    } else {
      number(r.parent);
    }
    for (u32 i = 0; i < r.clauses; ++i) {
      const u32 tag = f_.clauses[r.first_clause + i];
      out_ += i == 0 ? " : " : ", ";
      if (tag == kAllTags) {
        out_ += "all";
      } else {
        number(tag);
      }
    }
    out_ += '\n';
  }
  void switch_(const Inst& inst) {
    const Switch& s = f_.switches[inst.c];
    value(inst.a);
    for (u32 i = 0; i < s.edges; ++i) {
      out_ += ", ";
      edge(f_.edges[s.first_edge + i]);
    }
    out_ += " cases";
    for (u32 i = 0; i < s.cases; ++i) {
      out_ += ' ';
      number(f_.lists[s.first_case + i]);
    }
  }
  void operands(const Inst& inst) {
    const auto comma_number = [&](u32 n) {
      out_ += ", ";
      number(n);
    };
    const Value list[] = {inst.a, inst.b, inst.c};
    switch (op_info(inst.op).shape) {
      case Shape::None:
      case Shape::BlockParam: break;
      case Shape::Immediate: number(inst.c); break;
      case Shape::Constant:
        if (inst.type == Type::V128) {
          hex(f_.vectors[inst.a].low);
          out_ += ", ";
          hex(f_.vectors[inst.a].high);
        } else {
          hex(inst.a | static_cast<u64>(inst.b) << 32);
        }
        break;
      case Shape::Unary: value(inst.a); break;
      case Shape::UnaryImmediate: value(inst.a), comma_number(inst.c); break;
      case Shape::Result: value(inst.a), comma_number(inst.b); break;
      case Shape::Binary: values({list, 2}); break;
      case Shape::BinaryImmediate: values({list, 2}), comma_number(inst.c); break;
      case Shape::Ternary: values(list); break;
      case Shape::Load: address(inst); break;
      case Shape::Store:
        address(inst);
        out_ += ", ";
        value(inst.b);
        break;
      case Shape::Call: call(f_.calls[inst.a]); break;
      case Shape::Jump: edge(f_.edges[inst.b]); break;
      case Shape::Handle:
      case Shape::Branch:
        if (inst.op == Op::Handle) {
          number(inst.a);
        } else {
          value(inst.a);
        }
        out_ += ", ";
        edge(f_.edges[inst.b]);
        out_ += ", ";
        edge(f_.edges[inst.b + 1]);
        break;
      case Shape::Switch: switch_(inst); break;
      case Shape::List: values({f_.lists.data() + inst.a, inst.b}); break;
    }
  }
  void instruction(Value v) {
    const Inst& inst = f_.insts[v];
    out_ += "  ";
    if (inst.type != Type::None) {
      value(v);
      out_ += ": ";
      out_ += to_string(inst.type);
      out_ += " = ";
    }
    out_ += op_info(inst.op).text;
    out_ += ' ';
    operands(inst);
    if (out_.back() == ' ') out_.pop_back();
    if ((effects(inst.op) & kTraps) != 0) {
      out_ += " @";
      hex(f_.sources[v]);
    }
    out_ += '\n';
  }

  const Function& f_;
  std::string out_;
};

}  // namespace

std::string print(const Function& function) { return Printer(function).run(); }

}  // namespace hermit::compiler
