// The descriptor table: numbers to descriptors, lowest free number first.
#include "host/descriptor.h"

#include <algorithm>

#include "base/check.h"

namespace hermit::host {

Descriptor* DescriptorTable::find(u32 number) { return number < slots_.size() ? slots_[number].get() : nullptr; }

u32 DescriptorTable::lowest_free() const {
  while (none_free_below_ < slots_.size() && slots_[none_free_below_] != nullptr) ++none_free_below_;
  return none_free_below_;
}

bool DescriptorTable::is_full() const { return lowest_free() >= max_open_; }

SysResult<u32> DescriptorTable::insert(Descriptor&& descriptor) {
  const u32 number = lowest_free();
  if (number >= max_open_) return os::fail(SysError::TooManyOpenFiles);
  place(number, std::move(descriptor));
  return number;
}

void DescriptorTable::place(u32 number, Descriptor&& descriptor) {
  CHECK(number < max_open_);
  if (number >= slots_.size()) slots_.resize(number + 1);
  CHECK(slots_[number] == nullptr);
  if (spare_ == nullptr) {
    slots_[number] = std::make_unique<Descriptor>(std::move(descriptor));
  } else {
    *spare_ = std::move(descriptor);
    slots_[number] = std::move(spare_);
  }
}

SysResult<void> DescriptorTable::close(u32 number) {
  Descriptor* const descriptor = find(number);
  if (descriptor == nullptr) return os::fail(SysError::BadDescriptor);
  descriptor->close();
  descriptor->listing.reset();
  spare_ = std::move(slots_[number]);
  none_free_below_ = std::min(none_free_below_, number);
  return {};
}

SysResult<void> DescriptorTable::renumber(u32 from, u32 to) {
  Descriptor* const source = find(from);
  Descriptor* const target = find(to);
  if (source == nullptr || target == nullptr) return os::fail(SysError::BadDescriptor);
  if (from == to) return {};
  target->close();
  slots_[to] = std::move(slots_[from]);
  none_free_below_ = std::min(none_free_below_, from);
  return {};
}

}  // namespace hermit::host
