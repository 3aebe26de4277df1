#include "wasm/names.h"

#include <gtest/gtest.h>

#include "wasm/decoder.h"
#include "wasm/module_builder.h"

namespace hermit::wasm {
namespace {

// Subsection 1 from (index, name) pairs.
Bytes function_subsection(std::initializer_list<std::pair<u32, std::string_view>> names) {
  Bytes content;
  append_unsigned(content, names.size());
  for (const auto& [index, name] : names) {
    append_unsigned(content, index);
    append_name(content, name);
  }
  Bytes out = {1};
  append_unsigned(out, content.size());
  append(out, content);
  return out;
}

// The bytes are kept alive beside the names that point into them.
struct Named {
  Bytes bytes;
  FunctionNames names;
};
Named names_of(const Bytes& section, u32 functions = 10) {
  ModuleBuilder m;
  const u32 type = m.type({}, {});
  for (u32 i = 0; i < functions; ++i) m.function(type, {}, Code());
  m.custom("name", section);
  Named result{m.build(), {}};
  const Result<Module> module = decode_module(result.bytes);
  EXPECT_TRUE(module);
  if (module) result.names = parse_function_names(*module);
  return result;
}

TEST(Names, FunctionsAndModule) {
  Bytes section = {0, 4, 3, 'a', 'p', 'p'};
  append(section, function_subsection({{0, "main"}, {7, "gr\xc3\xbc\xc3\x9f"}}));
  append(section, Bytes{9, 2, 0xff, 0xff});  // an unknown subsection
  const Named named = names_of(section);
  EXPECT_EQ(named.names.module_name(), "app");
  EXPECT_EQ(named.names.find(0), "main");
  EXPECT_EQ(named.names.find(7), "gr\xc3\xbc\xc3\x9f");
  EXPECT_EQ(named.names.find(1), "");
  EXPECT_EQ(named.names.find(1000), "");
  EXPECT_EQ(named.names.size(), 2u);
}

TEST(Names, NoSection) {
  const Bytes bytes = ModuleBuilder().build();
  const Result<Module> module = decode_module(bytes);
  ASSERT_TRUE(module);
  EXPECT_EQ(parse_function_names(*module).find(0), "");
}

// A bad section costs names, never the module.
TEST(Names, WhatIsWrongIsIgnored) {
  EXPECT_EQ(names_of(function_subsection({{3, "a"}, {3, "b"}, {4, "c"}})).names.size(), 1u);   // not ascending
  EXPECT_EQ(names_of(function_subsection({{1, "a"}, {2, "\xff"}, {4, "c"}})).names.size(), 1u);  // not UTF-8
  EXPECT_EQ(names_of(function_subsection({{1, "a"}, {10, "b"}})).names.size(), 1u);              // no such function
  EXPECT_EQ(names_of({1, 0x7f, 1, 0}).names.size(), 0u);                                         // too short
  EXPECT_EQ(names_of({1, 5, 0xff, 0xff, 0xff, 0xff, 0x0f}).names.size(), 0u);                    // huge count
  EXPECT_EQ(names_of({0x80}).names.size(), 0u);
}

TEST(Names, TruncatedAnywhere) {
  Bytes section = {0, 2, 1, 'm'};
  append(section, function_subsection({{0, "zero"}, {1, "one"}, {2, "two"}}));
  for (size_t size = 0; size < section.size(); ++size) {
    const Named named = names_of(Bytes(section.begin(), section.begin() + static_cast<std::ptrdiff_t>(size)));
    EXPECT_LE(named.names.size(), 3u);
  }
}

}  // namespace
}  // namespace hermit::wasm
