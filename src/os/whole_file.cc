// What is the same everywhere.
#include "os/whole_file.h"

#include <algorithm>
#include <utility>

namespace hermit::os {

FileView::FileView(FileView&& other) noexcept { *this = std::move(other); }

FileView& FileView::operator=(FileView&& other) noexcept {
  std::swap(bytes_, other.bytes_);
  std::swap(id_, other.id_);
  std::swap(owned_, other.owned_);
  std::swap(mapping_, other.mapping_);
  return *this;
}

void FileView::copy_head(std::span<u8> head) const {
  const ByteView first = bytes_.first(std::min(bytes_.size(), head.size()));
  std::ranges::fill(head.subspan(first.size()), 0);
  std::ranges::copy(first, head.begin());
}

}  // namespace hermit::os
