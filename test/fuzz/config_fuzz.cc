// hermit.json: what is accepted is written back and accepted again, unchanged.
#include "base/bytes.h"
#include "base/check.h"
#include "bundle/config.h"

extern "C" int LLVMFuzzerTestOneInput(const hermit::u8* data, size_t size) {
  using namespace hermit;
  const auto config = bundle::parse_config(as_text({data, size}));
  if (!config) return 0;
  const std::string text = bundle::config_to_json(*config);
  const auto again = bundle::parse_config(text);
  CHECK(again.has_value());
  CHECK(bundle::config_to_json(*again) == text);
  return 0;
}
