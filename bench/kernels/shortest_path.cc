// Class: application. Dijkstra's shortest paths through a random graph, with a binary heap as priority queue.
#include "kernel.h"

namespace {

constexpr uint32_t kNodes = 20000, kEdges = 6;
struct Edge {
  uint32_t to, length;
};
Edge edges[kNodes][kEdges];
uint32_t distances[kNodes];

struct Item {
  uint32_t distance, node;
  bool operator<(const Item& other) const { return distance < other.distance; }
};

template <typename T, uint32_t kCapacity>
class Heap {
 public:
  bool empty() const { return size_ == 0; }
  void push(const T& item) {
    uint32_t at = size_++;
    for (; at > 0 && item < items_[(at - 1) / 2]; at = (at - 1) / 2) items_[at] = items_[(at - 1) / 2];
    items_[at] = item;
  }
  T pop() {
    const T top = items_[0];
    const T moving = items_[--size_];
    uint32_t at = 0;
    for (uint32_t child; (child = 2 * at + 1) < size_; at = child) {
      if (child + 1 < size_ && items_[child + 1] < items_[child]) ++child;
      if (!(items_[child] < moving)) break;
      items_[at] = items_[child];
    }
    items_[at] = moving;
    return top;
  }

 private:
  T items_[kCapacity];
  uint32_t size_ = 0;
};
Heap<Item, kNodes * kEdges + 1> heap;

uint64_t search(uint32_t from) {
  for (uint32_t& distance : distances) distance = ~0u;
  distances[from] = 0;
  heap.push({0, from});
  while (!heap.empty()) {
    const Item item = heap.pop();
    if (item.distance != distances[item.node]) continue;
    for (const Edge& edge : edges[item.node]) {
      const uint32_t distance = item.distance + edge.length;
      if (distance >= distances[edge.to]) continue;
      distances[edge.to] = distance;
      heap.push({distance, edge.to});
    }
  }
  uint64_t sum = 0;
  for (uint32_t i = 0; i < kNodes; i += 11) sum = sum * 31 + distances[i];
  return sum;
}

}  // namespace

static uint64_t kernel() {
  uint32_t state = 40;
  for (auto& node : edges) {
    for (Edge& edge : node) edge = {next_random(&state) % kNodes, 1 + next_random(&state) % 1000};
  }
  uint64_t sum = 0;
  for (uint32_t round = 0; round < 3; ++round) sum = sum * 33 + search(round * 1000);
  return sum;
}
