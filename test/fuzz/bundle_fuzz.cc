// A packed file: payload range, zip directory, hermit.json, every entry.
#include <algorithm>

#include "bundle/reader.h"
#include "zip/executable_payload.h"

extern "C" int LLVMFuzzerTestOneInput(const hermit::u8* data, size_t size) {
  using namespace hermit;
  const ByteView file(data, size);
  const auto range = zip::find_payload_range(file.first(std::min(size, kExecutableHeadSize)), size);
  if (const auto archive = zip::Reader::open(file, range.begin, range.end)) {
    for (const zip::Entry& entry : archive->entries()) (void)archive->read(entry, 1 << 20);
  }
  const auto bundle = bundle::Bundle::open(file, range.begin, range.end);
  if (!bundle) return 0;
  (void)bundle->main_wasm();
  for (const bundle::EmbeddedFile& embedded : bundle->files()) (void)bundle->read(embedded);
  return 0;
}
