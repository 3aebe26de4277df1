// The zip reader: any bytes give an archive or an error, and an archive whose entries can be read is written again with
// the same names and contents.
#include <algorithm>

#include "base/check.h"
#include "zip/executable_payload.h"
#include "zip/reader.h"
#include "zip/writer.h"

extern "C" int LLVMFuzzerTestOneInput(const hermit::u8* data, size_t size) {
  using namespace hermit;
  const ByteView file(data, size);
  (void)zip::find_payload_range(file.first(std::min(size, kExecutableHeadSize)), size);
  const auto archive = zip::Reader::open(file, 0, size);
  if (!archive) return 0;
  Bytes copy;
  zip::Writer writer(copy, 0);
  size_t copied = 0;
  for (const zip::Entry& entry : archive->entries()) {
    CHECK(archive->find(entry.name) == &entry);
    (void)archive->raw(entry);
    const auto content = archive->read(entry, 1 << 20);
    if (!content) continue;
    CHECK(content->bytes().size() == entry.size);
    if (writer.add(entry.name, content->bytes(), {.compression = zip::Compression::IfSmaller})) ++copied;
  }
  CHECK(writer.finish().has_value());
  const auto again = zip::Reader::open(copy, 0, copy.size());
  CHECK(again.has_value() && again->entries().size() == copied);
  for (const zip::Entry& entry : again->entries()) {
    const auto before = archive->read(*archive->find(entry.name), 1 << 20);
    const auto after = again->read(entry, 1 << 20);
    CHECK(before.has_value() && after.has_value() && std::ranges::equal(before->bytes(), after->bytes()));
  }
  return 0;
}
