// WebAssembly has no product of 128 bits, so compilers write it out. With x = x1 * 2^32 + x0 and y likewise, two forms
// are usual (H. S. Warren, "Hacker's Delight", 8-2; compiler-rt's __multi3):
//
//   t = (x0 * y0 >> 32) + x1 * y0          m = (x0 * y0 >> 32) + (x1 * y0 mod 2^32) + (x0 * y1 mod 2^32)
//   u = (t mod 2^32) + x0 * y1
//   high = x1 * y1 + (t >> 32) + (u >> 32)     high = x1 * y1 + (x1 * y0 >> 32) + (x0 * y1 >> 32) + (m >> 32)
//   low = u << 32 | (x0 * y0 mod 2^32)         low = m << 32 | (x0 * y0 mod 2^32)
//
// No sum in it exceeds 64 bits, so `high` is exactly the upper half. Sums are taken apart into their terms, since
// `high` is often added to more; the order of terms and factors does not matter. Before: gvn, so equal pieces are one
// value. After: prune.
#include "compiler/wide_products.h"

#include <algorithm>

namespace hermit::compiler {

namespace {

constexpr size_t kMaxTerms = 8;
constexpr u64 kLowMask = 0xffffffff;

// A product of halves.
struct Piece {
  Value x = kNone, y = kNone;
  bool x_high = false, y_high = false;
};

struct Terms {
  Value values[kMaxTerms];
  size_t count = 0;
  [[nodiscard]] std::span<const Value> all() const { return {values, count}; }
};

class Finder {
 public:
  explicit Finder(Function& function) : f_(function) {}

  void run() {
    size_t products = 0;
    for (const Value v : f_.order) products += f_.insts[v].op == Op::I64Mul ? 1 : 0;
    if (products < 3) return;  // of a square: x0 * x0, x0 * x1, x1 * x1
    order_.reserve(f_.order.size());
    for (Block& block : f_.blocks) {
      const auto begin = static_cast<u32>(order_.size());
      for (u32 i = block.begin; i < block.end; ++i) {
        const Value v = f_.order[i];
        if (f_.insts[v].op == Op::I64Add) upper_half(v);
        if (f_.insts[v].op == Op::I64Add || f_.insts[v].op == Op::I64Or) lower_half(v);
        order_.push_back(v);
      }
      block.begin = begin;
      block.end = static_cast<u32>(order_.size());
    }
    f_.order.swap(order_);
  }

 private:
  [[nodiscard]] const Inst& at(Value v) const { return f_.insts[v]; }
  [[nodiscard]] bool is_constant(Value v, u64 bits) const { return f_.is_const(v) && f_.const_bits(v) == bits; }

  // What v is the upper or lower 32 bits of, or kNone.
  [[nodiscard]] Value high_of(Value v) const {
    return at(v).op == Op::I64ShrU && is_constant(at(v).b, 32) ? at(v).a : kNone;
  }
  [[nodiscard]] Value low_of(Value v) const {
    if (at(v).op == Op::I64And && is_constant(at(v).b, kLowMask)) return at(v).a;
    if (at(v).op == Op::I64ExtendI32U && at(at(v).a).op == Op::I32WrapI64) return at(at(v).a).a;
    return kNone;
  }

  // v as a product of halves.
  [[nodiscard]] bool is_piece(Value v, Piece& piece) const {
    if (at(v).op != Op::I64Mul) return false;
    const auto half = [&](Value factor, Value& whole, bool& is_high) {
      whole = high_of(factor);
      is_high = whole != kNone;
      if (!is_high) whole = low_of(factor);
      return whole != kNone;
    };
    return half(at(v).a, piece.x, piece.x_high) && half(at(v).b, piece.y, piece.y_high);
  }
  // Is v the product of these halves of x and y?
  [[nodiscard]] bool is_product(Value v, Value x, bool x_high, Value y, bool y_high) const {
    Piece p;
    if (!is_piece(v, p)) return false;
    return (p.x == x && p.x_high == x_high && p.y == y && p.y_high == y_high) ||
           (p.x == y && p.x_high == y_high && p.y == x && p.y_high == x_high);
  }

  // The terms of the sum v; false if there are too many.
  bool take_apart(Value v, Terms& terms) const {
    terms.count = 0;
    Value work[kMaxTerms];
    size_t left = 0;
    work[left++] = v;
    while (left != 0) {
      const Value part = work[--left];
      if (at(part).op != Op::I64Add) {
        if (terms.count == kMaxTerms) return false;
        terms.values[terms.count++] = part;
        continue;
      }
      if (left + 2 > kMaxTerms) return false;
      work[left++] = at(part).b;
      work[left++] = at(part).a;
    }
    return true;
  }

  // Is `middle` the sum u or m above, for this x and y? Then `carried` are the values whose upper halves are added.
  bool is_middle(Value middle, Value x, Value y, Terms& carried) const {
    Terms terms;
    if (!take_apart(middle, terms) || terms.count < 2 || terms.count > 3) return false;
    carried = {};
    const auto is_mixed = [&](Value v, bool x_high) { return is_product(v, x, x_high, y, !x_high); };
    const auto is_upper_of_low = [&](Value v) {
      return high_of(v) != kNone && is_product(high_of(v), x, false, y, false);
    };
    for (const bool first : {false, true}) {
      if (terms.count == 2) {
        for (size_t i = 0; i < 2; ++i) {
          const Value t = low_of(terms.values[i]);
          if (t == kNone || at(t).op != Op::I64Add || !is_mixed(terms.values[1 - i], !first)) continue;
          for (const bool swap : {false, true}) {
            const Value a = swap ? at(t).b : at(t).a;
            const Value b = swap ? at(t).a : at(t).b;
            if (!is_upper_of_low(a) || !is_mixed(b, first)) continue;
            carried.values[carried.count++] = t;
            return true;
          }
        }
      } else {
        for (size_t i = 0; i < 3; ++i) {
          const Value one = low_of(terms.values[(i + 1) % 3]);
          const Value other = low_of(terms.values[(i + 2) % 3]);
          if (one == kNone || other == kNone || !is_upper_of_low(terms.values[i])) continue;
          if (!is_mixed(one, first) || !is_mixed(other, !first)) continue;
          carried.values[carried.count++] = one;
          carried.values[carried.count++] = other;
          return true;
        }
      }
    }
    return false;
  }

  void upper_half(Value root) {
    Terms terms;
    if (!take_apart(root, terms) || terms.count < 3) return;
    for (const Value top : terms.all()) {
      Piece piece;
      if (!is_piece(top, piece) || !piece.x_high || !piece.y_high) continue;
      for (const Value shifted : terms.all()) {
        Terms used;
        if (high_of(shifted) == kNone || !is_middle(high_of(shifted), piece.x, piece.y, used)) continue;
        for (Value& carried : used.values) {
          if (&carried == used.values + used.count) break;
          const Value whole = carried;
          carried = kNone;
          for (const Value term : terms.all()) {
            if (high_of(term) == whole) carried = term;
          }
        }
        used.values[used.count++] = top;
        used.values[used.count++] = shifted;
        if (replace(root, terms, used, piece)) return;
      }
    }
  }

  // `root` becomes the upper half and whatever else was added. A term counts as often as it occurs.
  bool replace(Value root, Terms terms, const Terms& used, const Piece& piece) {
    for (const Value gone : used.all()) {
      Value* const end = terms.values + terms.count;
      Value* const found = std::find(terms.values, end, gone);
      if (found == end) return false;
      std::copy(found + 1, end, found);
      --terms.count;
    }
    const Inst product{Op::I64MulHighU, Type::I64, 0, piece.x, piece.y, 0};
    if (terms.count == 0) {
      f_.insts[root] = product;
      return true;
    }
    Value sum = f_.add(product, f_.sources[root]);
    order_.push_back(sum);
    for (size_t i = 0; i + 1 < terms.count; ++i) {
      sum = f_.add({Op::I64Add, Type::I64, 0, sum, terms.values[i], 0}, f_.sources[root]);
      order_.push_back(sum);
    }
    f_.insts[root] = {Op::I64Add, Type::I64, 0, sum, terms.values[terms.count - 1], 0};
    return true;
  }

  // The two parts have no bit in common, so `or` and `add` are the same.
  void lower_half(Value root) {
    for (const bool swap : {false, true}) {
      const Value shifted = swap ? at(root).b : at(root).a;
      const Value low = low_of(swap ? at(root).a : at(root).b);
      if (low == kNone || at(shifted).op != Op::I64Shl || !is_constant(at(shifted).b, 32)) continue;
      Piece piece;
      Terms carried;
      if (!is_piece(low, piece) || piece.x_high || piece.y_high) continue;
      if (!is_middle(at(shifted).a, piece.x, piece.y, carried)) continue;
      f_.insts[root] = {Op::I64Mul, Type::I64, 0, piece.x, piece.y, 0};
      return;
    }
  }

  Function& f_;
  std::vector<Value> order_;
};

}  // namespace

void find_wide_products(Function& function) { Finder(function).run(); }

}  // namespace hermit::compiler
