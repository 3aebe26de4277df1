// Words to values and back. Every value can be written: what format_results prints, parse_arguments reads.
#include "launcher/entrypoint.h"

#include <bit>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <optional>

#include "base/check.h"
#include "base/decimal.h"
#include "base/printable.h"

namespace hermit::launcher {
namespace {

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : 16;
}

// A word as an integer of `bits` bits, in two's complement.
std::optional<u64> parse_integer(std::string_view word, unsigned bits) {
  const bool negative = word.starts_with('-');
  if (negative || word.starts_with('+')) word.remove_prefix(1);
  const bool hexadecimal = word.starts_with("0x") || word.starts_with("0X");
  if (hexadecimal) word.remove_prefix(2);
  if (word.empty()) return std::nullopt;
  const u64 base = hexadecimal ? 16 : 10;
  u64 value = 0;
  for (const char c : word) {
    const auto digit = static_cast<u64>(digit_of(c));
    if (digit >= base || __builtin_mul_overflow(value, base, &value) || __builtin_add_overflow(value, digit, &value))
      return std::nullopt;
  }
  const u64 largest = ~u64{0} >> (64 - bits);
  if (value > (negative ? largest / 2 + 1 : largest)) return std::nullopt;
  return (negative ? 0 - value : value) & largest;
}

// `convert` is strtof or strtod, so that an f32 is rounded once.
template <typename F>
std::optional<F> parse_float(const std::string& word, F (*convert)(const char*, char**)) {
  // The C library would skip white space, and take "nan(…)".
  const std::string_view known = "0123456789abcdefABCDEFxXpP.+-infINFtyTYNa";
  if (word.empty() || word.find_first_not_of(known) != std::string::npos) return std::nullopt;
  char* end = nullptr;
  const F value = convert(word.c_str(), &end);
  if (end != word.c_str() + word.size()) return std::nullopt;
  // Too large is no number; infinity has a name of its own.
  if (std::isinf(value) && word.find_first_of("nN") == std::string::npos) return std::nullopt;
  return value;
}

std::optional<u64> parse_value(const std::string& word, wasm::ValType type) {
  switch (type) {
    case wasm::ValType::I32: return parse_integer(word, 32);
    case wasm::ValType::I64: return parse_integer(word, 64);
    case wasm::ValType::F32:
      if (const auto value = parse_float<float>(word, std::strtof)) return std::bit_cast<u32>(*value);
      return std::nullopt;
    case wasm::ValType::F64:
      if (const auto value = parse_float<double>(word, std::strtod)) return std::bit_cast<u64>(*value);
      return std::nullopt;
    default: CHECK(false && "wasm::entry_problem admits numbers only");
  }
}

// Precisions rise until the text reads back as the same value; 9 and 17 digits always do.
template <typename F>
std::string format_float(F value, F (*convert)(const char*, char**), int most_digits) {
  if (std::isnan(value)) return std::signbit(value) ? "-nan" : "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  char text[40];
  for (int digits = 1; digits <= most_digits; ++digits) {
    std::snprintf(text, sizeof text, "%.*g", digits, static_cast<double>(value));
    if (convert(text, nullptr) == value) break;
  }
  return text;
}

std::string format_value(u64 slot, wasm::ValType type) {
  switch (type) {
    case wasm::ValType::I32: return decimal(static_cast<i32>(slot));
    case wasm::ValType::I64: return decimal(static_cast<i64>(slot));
    case wasm::ValType::F32: return format_float(std::bit_cast<float>(static_cast<u32>(slot)), std::strtof, 9);
    case wasm::ValType::F64: return format_float(std::bit_cast<double>(slot), std::strtod, 17);
    default: CHECK(false && "wasm::entry_problem admits numbers only");
  }
}

}  // namespace

std::expected<std::vector<u64>, std::string> parse_arguments(std::span<const std::string> words,
                                                             std::span<const wasm::ValType> types) {
  if (words.size() != types.size()) {
    return std::unexpected("takes " + decimal(types.size()) + (types.size() == 1 ? " argument" : " arguments") +
                           ", not " + decimal(words.size()));
  }
  std::vector<u64> slots;
  for (size_t i = 0; i < words.size(); ++i) {
    const auto value = parse_value(words[i], types[i]);
    if (!value) {
      return std::unexpected("argument " + decimal(i + 1) + ", " + quote(words[i]) + ", is no " +
                             wasm::to_string(types[i]));
    }
    slots.push_back(*value);
  }
  return slots;
}

std::string format_results(std::span<const u64> slots, std::span<const wasm::ValType> types) {
  std::string text;
  for (size_t i = 0; i < types.size(); ++i) text += format_value(slots[i], types[i]) + "\n";
  return text;
}

}  // namespace hermit::launcher
