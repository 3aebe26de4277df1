// Decoder, validator, names and strip_debug: any bytes give a module or an error, and what is stripped is still the
// module.
#include "base/check.h"
#include "wasm/decoder.h"
#include "wasm/names.h"
#include "wasm/rewrite.h"
#include "wasm/validator.h"

extern "C" int LLVMFuzzerTestOneInput(const hermit::u8* data, size_t size) {
  using namespace hermit;
  const ByteView bytes(data, size);
  const auto module = wasm::decode_module(bytes);
  if (!module) return 0;
  (void)wasm::parse_function_names(*module);
  const auto code = wasm::validate_all(*module);
  const auto stripped = wasm::strip_debug(bytes);
  CHECK(stripped.has_value());
  const auto again = wasm::decode_module(*stripped);
  CHECK(again.has_value());
  CHECK(wasm::validate_all(*again).has_value() == code.has_value());
  return 0;
}
