// Moving a FileView is the same everywhere.
#include "os/whole_file.h"

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

}  // namespace hermit::os
