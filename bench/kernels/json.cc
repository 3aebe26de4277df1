// Class: application. A JSON parser (RFC 8259) into a tree of records, over a generated document; the tree is then
// summed up.
#include "kernel.h"

namespace {

enum class Kind : uint8_t { Null, True, False, Number, String, Array, Object };
struct Value {
  Kind kind;
  uint32_t key, key_size;  // in the text, of members
  uint32_t first_child, next;  // of the tree; 0: none
  double number;
  uint32_t string_size, string_hash;
};

char text[1 << 18];
uint32_t text_size;
Value values[1 << 16];
uint32_t used;

class Parser {
 public:
  uint32_t parse() {
    const uint32_t root = value(0);
    space();
    return at_ == text_size && !failed_ ? root : 0;
  }

 private:
  void space() {
    while (at_ < text_size && (text[at_] == ' ' || text[at_] == '\n' || text[at_] == '\t' || text[at_] == '\r')) ++at_;
  }
  bool take(char c) {
    space();
    if (at_ == text_size || text[at_] != c) return false;
    ++at_;
    return true;
  }
  bool word(const char* w) {
    for (; *w != 0; ++w, ++at_) {
      if (at_ == text_size || text[at_] != *w) return false;
    }
    return true;
  }
  uint32_t fail() {
    failed_ = true;
    return 0;
  }

  bool string(uint32_t& begin, uint32_t& size, uint32_t& hash) {
    if (!take('"')) return false;
    begin = at_;
    size = 0;
    hash = 2166136261u;
    for (; at_ < text_size; ++at_, ++size) {
      uint32_t c = static_cast<uint8_t>(text[at_]);
      if (c == '"') return ++at_, true;
      if (c < ' ') return false;
      if (c == '\\') {
        if (++at_ == text_size) return false;
        c = static_cast<uint8_t>(text[at_]);
        switch (c) {
          case 'n': c = '\n'; break;
          case 't': c = '\t'; break;
          case 'r': c = '\r'; break;
          case 'b': c = '\b'; break;
          case 'f': c = '\f'; break;
          case 'u': {
            c = 0;
            for (int i = 0; i < 4; ++i) {
              if (++at_ == text_size) return false;
              const char d = text[at_];
              if (d >= '0' && d <= '9')
                c = c * 16 + uint32_t(d - '0');
              else if (d >= 'a' && d <= 'f')
                c = c * 16 + uint32_t(d - 'a' + 10);
              else
                return false;
            }
            break;
          }
          case '"':
          case '\\':
          case '/': break;
          default: return false;
        }
      }
      hash = (hash ^ c) * 16777619u;
    }
    return false;
  }

  bool number(double& out) {
    const bool negative = text[at_] == '-';
    if (negative) ++at_;
    if (at_ == text_size || text[at_] < '0' || text[at_] > '9') return false;
    uint64_t digits = 0;
    int32_t scale = 0;
    for (; at_ < text_size && text[at_] >= '0' && text[at_] <= '9'; ++at_)
      digits = digits * 10 + uint64_t(text[at_] - '0');
    if (at_ < text_size && text[at_] == '.') {
      for (++at_; at_ < text_size && text[at_] >= '0' && text[at_] <= '9'; ++at_, --scale)
        digits = digits * 10 + uint64_t(text[at_] - '0');
    }
    if (at_ < text_size && (text[at_] == 'e' || text[at_] == 'E')) {
      ++at_;
      const bool down = text[at_] == '-';
      if (down || text[at_] == '+') ++at_;
      int32_t exponent = 0;
      for (; at_ < text_size && text[at_] >= '0' && text[at_] <= '9' && exponent < 300; ++at_)
        exponent = exponent * 10 + (text[at_] - '0');
      scale += down ? -exponent : exponent;
    }
    out = static_cast<double>(digits);
    for (; scale > 0; --scale) out *= 10;
    for (; scale < 0; ++scale) out /= 10;
    if (negative) out = -out;
    return true;
  }

  // The index of the value; 0: it is none.
  uint32_t value(uint32_t depth) {
    space();
    if (at_ == text_size || depth > 100 || used == sizeof values / sizeof values[0]) return fail();
    const uint32_t index = ++used;
    Value& v = values[index];
    v = {};
    uint32_t begin = 0;
    switch (text[at_]) {
      case 'n': v.kind = Kind::Null; return word("null") ? index : fail();
      case 't': v.kind = Kind::True; return word("true") ? index : fail();
      case 'f': v.kind = Kind::False; return word("false") ? index : fail();
      case '"': v.kind = Kind::String; return string(begin, v.string_size, v.string_hash) ? index : fail();
      case '[':
      case '{': {
        const bool object = text[at_++] == '{';
        v.kind = object ? Kind::Object : Kind::Array;
        if (take(object ? '}' : ']')) return index;
        uint32_t last = 0;
        do {
          uint32_t key = 0, size = 0, hash = 0;
          if (object && (!string(key, size, hash) || !take(':'))) return fail();
          const uint32_t child = value(depth + 1);
          if (child == 0) return fail();
          values[child].key = key;
          values[child].key_size = size;
          (last == 0 ? v.first_child : values[last].next) = child;
          last = child;
        } while (take(','));
        return take(object ? '}' : ']') ? index : fail();
      }
      default: v.kind = Kind::Number; return number(v.number) ? index : fail();
    }
  }

  uint32_t at_ = 0;
  bool failed_ = false;
};

uint64_t sum_of(uint32_t index) {
  const Value& v = values[index];
  uint64_t sum =
      static_cast<uint64_t>(v.kind) + v.string_hash + static_cast<uint64_t>(static_cast<int64_t>(v.number * 8));
  for (uint32_t i = 0; i < v.key_size; ++i) sum = sum * 31 + static_cast<uint8_t>(text[v.key + i]);
  for (uint32_t child = v.first_child; child != 0; child = values[child].next) sum = sum * 33 + sum_of(child);
  return sum;
}

void put(const char* s) {
  while (*s != 0) text[text_size++] = *s++;
}
void put_number(uint32_t n) {
  char digits[12];
  int count = 0;
  do digits[count++] = char('0' + n % 10);
  while ((n /= 10) != 0);
  while (count > 0) text[text_size++] = digits[--count];
}

void write_document() {
  text_size = 0;
  uint32_t state = 10;
  put("{\"version\": 1, \"people\": [\n");
  for (uint32_t i = 0; i < 1200; ++i) {
    put(i == 0 ? "  {\"id\": " : ",\n  {\"id\": ");
    put_number(i);
    put(", \"name\": \"N\\u00e4me ");
    put_number(next_random(&state) % 100000);
    put("\\n\", \"height\": 1.");
    put_number(next_random(&state) % 1000);
    put(", \"score\": -");
    put_number(next_random(&state) % 1000);
    put("e-2, \"tags\": [true, false, null, [], {}, \"");
    put(next_random(&state) % 2 ? "a \\\"quoted\\\" tag" : "plain text of some length");
    put("\"]}");
  }
  put("\n]}\n");
}

}  // namespace

static uint64_t kernel() {
  write_document();
  uint64_t sum = 0;
  for (uint32_t round = 0; round < 24; ++round) {
    used = 0;
    const uint32_t root = Parser().parse();
    if (root == 0) return 0;
    sum = sum * 31 + sum_of(root) + used;
  }
  return sum;
}
