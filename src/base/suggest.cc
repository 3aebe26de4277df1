// Edit distance with swaps of neighbours (optimal string alignment), row by row.
#include "base/suggest.h"

#include <algorithm>
#include <vector>

#include "base/types.h"

namespace hermit {
namespace {

// Longer names than any candidate are not worth the quadratic time.
constexpr size_t kMaxLength = 64;

size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> before(b.size() + 1), previous(b.size() + 1), current(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) previous[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    current[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      current[j] = std::min({replaced, previous[j] + 1, current[j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        current[j] = std::min(current[j], before[j - 2] + 1);
    }
    before.swap(previous);
    previous.swap(current);
  }
  return previous[b.size()];
}

}  // namespace

std::string_view nearest(std::string_view name, std::span<const std::string_view> candidates) {
  std::string_view best;
  size_t best_distance = kMaxLength;
  if (name.size() > kMaxLength) return best;
  for (const std::string_view candidate : candidates) {
    const size_t edits = distance(name, candidate);
    if (edits > std::max<size_t>(candidate.size() / 3, 1) || edits >= best_distance) continue;
    best = candidate;
    best_distance = edits;
  }
  return best;
}

}  // namespace hermit
