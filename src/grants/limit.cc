// LIMIT entries: name=number and a unit.
#include <optional>

#include "base/decimal.h"
#include "grants/grants.h"

namespace hermit::grants {
namespace {

struct Unit {
  std::string_view name;
  u64 factor;
};
// From large to small.
constexpr Unit kSizeUnits[] = {{"GiB", u64{1} << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}};
constexpr Unit kTimeUnits[] = {{"h", 3600000}, {"min", 60000}, {"s", 1000}, {"ms", 1}};
constexpr Unit kCountUnits[] = {{"", 1}};

struct LimitRow {
  std::string_view name;
  std::optional<u64> Limits::* member;
  const Unit* units;
  size_t unit_count;
  const char* unit_error;
  u64 least;
  const char* least_error;
};
constexpr LimitRow kLimits[] = {
    {"memory", &Limits::memory_bytes, kSizeUnits, 4, "a size has a unit: B, KiB, MiB or GiB", 1, "a limit of zero"},
    {"stack", &Limits::stack_bytes, kSizeUnits, 4, "a size has a unit: B, KiB, MiB or GiB", 64 << 10,
     "a stack has at least 64KiB"},
    {"time", &Limits::time_ms, kTimeUnits, 4, "a time has a unit: ms, s, min or h", 1, "a limit of zero"},
    {"files", &Limits::files, kCountUnits, 1, "a number of files has no unit", 3,
     "the standard streams are three files"},
};

Result<u64> parse_quantity(const LimitRow& row, std::string_view text, u64 offset) {
  u64 value = 0;
  size_t digits = 0;
  for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits) {
    if (__builtin_mul_overflow(value, u64{10}, &value) ||
        __builtin_add_overflow(value, static_cast<u64>(text[digits] - '0'), &value))
      return invalid("the number is too large", offset);
  }
  if (digits == 0) return invalid("a limit is a number with a unit", offset);
  if (value == 0) return invalid("a limit of zero", offset);
  for (size_t i = 0; i < row.unit_count; ++i) {
    if (row.units[i].name != text.substr(digits)) continue;
    if (__builtin_mul_overflow(value, row.units[i].factor, &value)) return invalid("the number is too large", offset);
    if (value < row.least) return invalid(row.least_error, offset);
    return value;
  }
  return invalid(row.unit_error, offset + digits);
}

}  // namespace

Result<void> parse_limit(std::string_view entry, Limits& limits) {
  const size_t equals = entry.find('=');
  for (const LimitRow& row : kLimits) {
    if (row.name != entry.substr(0, equals)) continue;
    if (equals == std::string_view::npos) return invalid("a limit is written name=value", entry.size());
    TRY(const u64 value, parse_quantity(row, entry.substr(equals + 1), equals + 1));
    if (limits.*row.member) return invalid("this limit is given twice", 0);
    limits.*row.member = value;
    return {};
  }
  return invalid("unknown limit; there are memory, stack, time and files", 0);
}

std::vector<std::array<std::string, 2>> to_texts(const Limits& limits) {
  std::vector<std::array<std::string, 2>> texts;
  for (const LimitRow& row : kLimits) {
    const auto& value = limits.*row.member;
    if (!value) continue;
    const Unit* unit = row.units;
    while (*value % unit->factor != 0) ++unit;  // ends at the last one, whose factor is 1
    texts.push_back({std::string(row.name), decimal(*value / unit->factor) + std::string(unit->name)});
  }
  return texts;
}

}  // namespace hermit::grants
