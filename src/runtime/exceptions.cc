// Mark and sweep over exceptions alone; see exceptions.h for the why. A collection costs a look at every root word, so
// the next one waits until as much was allocated as was looked at: the cost of a throw stays constant on average.
#include "runtime/exceptions.h"
#include "base/sort.h"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace hermit::runtime {

namespace {

constexpr u64 kMinCollectBytes = u64{256} << 10;

u64 size_of(u64 slots) { return offsetof(abi::Exception, values) + std::max<u64>(slots, 1) * sizeof(u64); }

}  // namespace

void ExceptionMarker::words(const u64* first, u64 count) {
  seen_ += count;
  if (sorted_.empty()) return;
  const u64 lowest = reinterpret_cast<u64>(sorted_.front());
  const u64 highest = reinterpret_cast<u64>(sorted_.back());
  for (const u64* word = first; word != first + count; ++word) {
    if (*word < lowest || *word > highest) continue;
    auto* object = reinterpret_cast<abi::Exception*>(*word);
    const auto found = std::lower_bound(sorted_.begin(), sorted_.end(), object);
    if (*found != object) continue;
    const size_t index = static_cast<size_t>(found - sorted_.begin());
    if (is_marked_[index]) continue;
    is_marked_[index] = true;
    pending_.push_back(index);
  }
}

// Exceptions may carry references to exceptions.
void ExceptionMarker::drain() {
  while (!pending_.empty()) {
    const abi::Exception& object = *sorted_[pending_.back()];
    pending_.pop_back();
    words(object.values, object.slots);
  }
}

ExceptionHeap::~ExceptionHeap() {
  for (abi::Exception* object : objects_) release(object);
}

void ExceptionHeap::release(abi::Exception* object) {
  const u64 size = size_of(object->slots);
  bytes_ -= size;
  budget_.used -= size;
  std::free(object);
}

void ExceptionHeap::collect() {
  heap_sort(objects_);
  ExceptionMarker marker(objects_);
  roots_.mark(roots_.context, marker);
  marker.drain();
  size_t kept = 0;
  for (size_t i = 0; i < objects_.size(); ++i) {
    if (marker.is_marked_[i]) {
      objects_[kept++] = objects_[i];
    } else {
      release(objects_[i]);
    }
  }
  objects_.resize(kept);
  collect_at_ = bytes_ + std::max({kMinCollectBytes, bytes_, marker.seen_ * sizeof(u64)});
}

const abi::Exception* ExceptionHeap::create(const abi::Tag& tag, const u64* values) {
  const u64 size = size_of(tag.slots);
  const auto fits = [&] {
    return bytes_ + size <= kMaxExceptionBytes && size <= budget_.limit - std::min(budget_.used, budget_.limit);
  };
  if (bytes_ + size > collect_at_ || !fits()) collect();
  if (!fits()) return nullptr;
  auto* object = static_cast<abi::Exception*>(std::malloc(size));
  if (object == nullptr) return nullptr;
  object->tag = &tag;
  object->slots = tag.slots;
  std::memcpy(object->values, values, tag.slots * sizeof(u64));
  objects_.push_back(object);
  bytes_ += size;
  budget_.used += size;
  return object;
}

}  // namespace hermit::runtime
