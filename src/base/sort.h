// Sorting where size counts: heap sort is never quadratic and a tenth of std::sort's code in a launcher. Not stable.
#pragma once

#include <algorithm>
#include <functional>

namespace hermit {

template <typename List, typename Less = std::ranges::less, typename Projection = std::identity>
void heap_sort(List&& list, Less less = {}, Projection projection = {}) {
  std::ranges::make_heap(list, less, projection);
  std::ranges::sort_heap(list, less, projection);
}

}  // namespace hermit
