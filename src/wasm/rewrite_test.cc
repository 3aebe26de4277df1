#include "wasm/rewrite.h"

#include <gtest/gtest.h>

#include "wasm/module_builder.h"

namespace hermit::wasm {
namespace {

ModuleBuilder program() {
  ModuleBuilder m;
  m.export_function("run", m.function(m.type({}, {ValType::I32}), {}, Code().i32(42)));
  return m;
}

TEST(StripDebug, DropsDebugSectionsAndNothingElse) {
  ModuleBuilder full = program();
  ModuleBuilder kept = program();
  full.custom_first(".debug_line", as_bytes("lines"));
  for (const char* name : {".debug_info", "reloc.CODE", "linking", "sourceMappingURL", "external_debug_info",
                           "producers", "target_features"}) {
    full.custom(name, as_bytes("content"));
  }
  for (const char* name : {"name", "unknown", "debug", "go:buildid", "reloc", "component-type"}) {
    full.custom(name, as_bytes("content"));
    kept.custom(name, as_bytes("content"));
  }
  const Result<Bytes> stripped = strip_debug(full.build());
  ASSERT_TRUE(stripped);
  EXPECT_EQ(*stripped, kept.build());
  EXPECT_EQ(*strip_debug(*stripped), *stripped);
}

// Over-long section sizes are not normalised: what stays, stays byte for byte.
TEST(StripDebug, KeepsUnusualEncodings) {
  Bytes bytes = {0, 'a', 's', 'm', 1, 0, 0, 0, 1, 0x84, 0x80, 0x80, 0x80, 0x00, 1, 0x60, 0, 0};
  const Bytes before = bytes;
  bytes.insert(bytes.end(), {0, 9, 7, 'l', 'i', 'n', 'k', 'i', 'n', 'g', '!'});
  EXPECT_EQ(*strip_debug(bytes), before);
}

TEST(StripDebug, RefusesWhatIsNoModule) {
  const Result<Bytes> result = strip_debug(as_bytes("no module"));
  ASSERT_FALSE(result);
  EXPECT_STREQ(result.error().what, "magic header not detected");
}

}  // namespace
}  // namespace hermit::wasm
