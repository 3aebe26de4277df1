// Hermitfile: errors point into the text and can be rendered.
#include "base/check.h"
#include "hermitfile/hermitfile.h"

extern "C" int LLVMFuzzerTestOneInput(const hermit::u8* data, size_t size) {
  using namespace hermit;
  const std::string_view source(reinterpret_cast<const char*>(data), size);
  const auto parsed = hermitfile::parse(source);
  for (const auto& error : parsed.errors) CHECK(error.span.begin <= error.span.end && error.span.end <= size);
  (void)hermitfile::render(parsed.errors, "Hermitfile", source);
  return 0;
}
