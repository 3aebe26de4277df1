#include "bundle/config.h"

#include <gtest/gtest.h>

#include <random>

namespace hermit::bundle {
namespace {

std::string error_of(std::string_view json) {
  const auto config = parse_config(json);
  return config ? "" : config.error().text;
}

// A configuration with every key, as docs/formats/bundle.md shows it.
const std::string kFull = R"({
  "FORMAT": 1,
  "FROM": "my program.wasm",
  "MAP": [
    "/data",
    ".:/work:ro,optional",
    "C:\\x:/x"
  ],
  "COPY": [
    "/usr/share/assets"
  ],
  "ENV": [
    "A=1",
    "B",
    "A=\u0001\"ü"
  ],
  "ENV_EXE_NAME_IS_HOST_EXE_NAME": true,
  "NET": [
    "*.github.com",
    "[::1]:80"
  ],
  "LINK": [
    "libfoo"
  ],
  "ARGV": [
    "--flag",
    ""
  ],
  "ENTRYPOINT": "main",
  "WORKDIR": "/work",
  "LIMIT": {
    "memory": "256MiB",
    "files": "16"
  },
  "HOST": [
    "set-executable"
  ]
}
)";

TEST(Config, RoundTrip) {
  const auto config = parse_config(kFull);
  ASSERT_TRUE(config) << config.error().text;
  EXPECT_EQ(config_to_json(*config), kFull);
  EXPECT_EQ(config->from, "my program.wasm");
  EXPECT_EQ(config->map[1], (grants::Map{".", "/work", true, true}));
  EXPECT_EQ(config->env[2], (grants::Env{"A", "\x01\"\xc3\xbc"}));
  EXPECT_FALSE(config->env_pwd_is_host_cwd);
  EXPECT_TRUE(config->env_exe_name_is_host_exe_name);
  EXPECT_EQ(config->limit.memory_bytes, u64{256} << 20);
}

TEST(Config, EmptyEntriesAreOmitted) {
  EXPECT_EQ(config_to_json(Config{}), "{\n  \"FORMAT\": 1\n}\n");
  const auto config = parse_config("{\"FORMAT\":1,\"MAP\":[],\"LIMIT\":{},\"ENV_PWD_IS_HOST_CWD\":false}");
  ASSERT_TRUE(config);
  EXPECT_EQ(config_to_json(*config), config_to_json(Config{}));
}

// Files of the tool that came before have no FORMAT; people and editors change order, spacing and line ends.
TEST(Config, EditedByHand) {
  EXPECT_EQ(error_of("\xef\xbb\xbf{\r\n\t\"MAP\" : [ \".\" ],\r\n\t\"FROM\":\"a.wasm\" }\r\n\r\n"), "");
  EXPECT_EQ(error_of("{}"), "");
}

TEST(Config, ErrorsNameTheKey) {
  EXPECT_EQ(error_of(R"({"MAP": ["/a", "/b", "/c:/d:rw"]})"),
            "hermit.json: MAP[2]: unknown option; the options of MAP are ro and optional: \"/c:/d:rw\"");
  EXPECT_EQ(error_of(R"({"MAP": ["/a", 1]})"), "hermit.json: MAP[1]: expected a string");
  EXPECT_EQ(error_of(R"({"MAP": [["/a"]]})"), "hermit.json: MAP[0]: expected a string");
  EXPECT_EQ(error_of(R"({"MAP": [{}]})"), "hermit.json: MAP[0]: expected a string");
  EXPECT_EQ(error_of(R"({"MAP": [null]})"), "hermit.json: MAP[0]: expected a string");
  EXPECT_EQ(error_of(R"({"MAP": "/a"})"), "hermit.json: MAP: expected an array of strings");
  EXPECT_EQ(error_of(R"({"MAP": {}})"), "hermit.json: MAP: expected an array of strings");
  EXPECT_EQ(error_of(R"({"FROM": ["a"]})"), "hermit.json: FROM: expected a string");
  EXPECT_EQ(error_of(R"({"FROM": null})"), "hermit.json: FROM: expected a string");
  EXPECT_EQ(error_of(R"({"FROM": "../a"})"),
            "hermit.json: FROM: not the name of a file: slash, backslash or control character: \"../a\"");
  EXPECT_EQ(error_of(R"({"ENV_PWD_IS_HOST_CWD": 1})"), "hermit.json: ENV_PWD_IS_HOST_CWD: expected true or false");
  EXPECT_EQ(error_of(R"({"ENV_PWD_IS_HOST_CWD": "true"})"), "hermit.json: ENV_PWD_IS_HOST_CWD: expected true or false");
  EXPECT_EQ(error_of(R"({"LIMIT": []})"), "hermit.json: LIMIT: expected an object of strings");
  EXPECT_EQ(error_of(R"({"LIMIT": {"memory": 5}})"), "hermit.json: LIMIT.memory: expected a string");
  EXPECT_EQ(error_of(R"({"LIMIT": {"memory": {"x": "y"}}})"), "hermit.json: LIMIT.memory: expected a string");
  EXPECT_EQ(error_of(R"({"LIMIT": {"cpu": "1"}})"),
            "hermit.json: LIMIT.cpu: unknown limit; there are memory, stack, time and files: \"1\"");
  EXPECT_EQ(error_of(R"({"LIMIT": {"files": "4", "files": "5"}})"),
            "hermit.json: LIMIT.files: this limit is given twice: \"5\"");
  EXPECT_EQ(error_of(R"({"ARGV": ["a\u0000"]})"), "hermit.json: ARGV[0]: NUL character: \"a\\x00\"");
  EXPECT_EQ(error_of(R"({"ENV": ["\udc00=1"]})"), "hermit.json: ENV[0]: half of a surrogate pair");
  EXPECT_EQ(error_of("[]"), "hermit.json: expected an object");
  EXPECT_EQ(error_of("\"x\""), "hermit.json: expected an object");
  EXPECT_EQ(error_of("1"), "hermit.json: expected an object");
  EXPECT_EQ(error_of("null"), "hermit.json: expected an object");
}

// An old launcher must not drop a limit silently.
TEST(Config, UnknownAndRepeatedKeysAndNewerFormats) {
  EXPECT_EQ(error_of(R"({"NETS": []})"), "hermit.json: unknown key \"NETS\"; did you mean NET?");
  EXPECT_EQ(error_of(R"({"map": []})"), "hermit.json: unknown key \"map\"; did you mean MAP?");
  EXPECT_EQ(error_of("{\"\\u001b[2J\": 1}"),
            "hermit.json: unknown key \"\\x1b[2J\": misspelt, or made by a newer hermit");
  EXPECT_EQ(error_of(R"({"MAP": ["."], "MAP": []})"), "hermit.json: the key MAP is given twice");
  EXPECT_EQ(error_of(R"({"M\u0041P": ["."], "MAP": []})"), "hermit.json: the key MAP is given twice");
  EXPECT_EQ(error_of(R"({"FORMAT": 2})"),
            "hermit.json: FORMAT: \"2\" is not a format that this version of hermit knows (it knows 1)");
  for (const char* format : {"0", "-1", "1.0", "1e0", "4294967297", "1e999"})
    EXPECT_NE(error_of(std::string("{\"FORMAT\": ") + format + "}"), "") << format;
  EXPECT_EQ(error_of(R"({"FORMAT": "1"})"), "hermit.json: FORMAT: expected a number");
}

TEST(Config, RulesBetweenEntries) {
  EXPECT_EQ(error_of(R"({"MAP": ["/a", "/b:/a"]})"),
            "hermit.json: two entries of MAP and COPY have the same guest path \"/a\"");
  EXPECT_EQ(error_of(R"({"MAP": ["."], "COPY": ["/b"], "ENV": ["X", "X"]})"), "");
  EXPECT_EQ(error_of(R"({"MAP": ["C:\\a"], "COPY": ["/C/a"]})"),
            "hermit.json: two entries of MAP and COPY have the same guest path \"/C/a\"");
  EXPECT_EQ(error_of(R"({"LINK": ["a", "a"]})"), "hermit.json: LINK holds \"a\" twice");
  EXPECT_EQ(error_of(R"({"HOST": ["run", "run"]})"), "hermit.json: HOST holds \"run\" twice");
  EXPECT_NE(error_of(R"({"WORKDIR": "/w", "ENV_PWD_IS_HOST_CWD": true})"), "");
  EXPECT_EQ(error_of(R"({"LIMIT": {"memory": "1MiB"}, "HOST": ["workers"]})"),
            "hermit.json: LIMIT memory and HOST workers exclude each other: each worker has a memory of its own");
  EXPECT_EQ(error_of(R"({"LIMIT": {"stack": "1MiB"}, "HOST": ["workers"]})"), "");
}

TEST(Config, SyntaxErrorsHaveLineAndColumn) {
  EXPECT_EQ(error_of("{\n  \"MAP\": [\".\"]\n  \"ENV\": []\n}"), "hermit.json:3:3: expected , or } after a member");
  EXPECT_EQ(error_of("{\"MAP\": [\".\" \"x\"]}"), "hermit.json:1:14: expected , or ] after an element");
  EXPECT_EQ(error_of("{\"MAP\" [\".\"]}"), "hermit.json:1:8: expected : after a key");
  EXPECT_EQ(error_of("{MAP: []}"), "hermit.json:1:2: expected a key in double quotes");
  EXPECT_EQ(error_of("{} x"), "hermit.json:1:4: text behind the end of the object");
  EXPECT_EQ(error_of("{}{}"), "hermit.json:1:3: text behind the end of the object");
  EXPECT_EQ(error_of(""), "hermit.json:1:1: the file is empty");
  EXPECT_EQ(error_of(std::string_view("{}\0{}", 5)), "hermit.json:1:3: NUL character");
  EXPECT_EQ(error_of("{\n\"FROM\": \"\xff\"}"), "hermit.json:2:10: not UTF-8 text");
  EXPECT_EQ(error_of("{\"FROM\": 'a'}"), "hermit.json:1:10: not a JSON value");
  for (const char* bad :
       {"{\"MAP\": [\".\",]}", "{\"MAP\": [],}", "{\"FROM\": \"\n\"}", "{\"FROM\": \"\\x\"}", "{\"FROM\": \"\\ud800\"}",
        "{\"FORMAT\": 01}", "{\"FORMAT\": NaN}", "{\"ENV_PWD_IS_HOST_CWD\": tru}", "{ // comment\n}", "{\"FROM\": \"a",
        "{", "\xef\xbb\xbf", "\xff\xfe{"})
    EXPECT_NE(error_of(bad), "") << bad;
}

TEST(Config, SizeAndDepthAreBounded) {
  EXPECT_EQ(error_of(std::string(kMaxConfigSize + 1, ' ')), "hermit.json: larger than 1 MiB");
  EXPECT_NE(error_of(std::string(kMaxConfigSize, '[')), "");
  std::string deep;
  while (deep.size() + 6 < kMaxConfigSize) deep += "{\"\":";
  EXPECT_NE(error_of(deep), "");
  std::string keys = "{\"MAP\": [";
  for (int i = 0; i < 10000; ++i) keys += (i == 0 ? "\"/" : ",\"/") + std::to_string(i) + '"';
  EXPECT_EQ(error_of(keys + "]}"), "");
  EXPECT_EQ(error_of(keys + ",\"/x\"]}"), "hermit.json: more than 10,000 entries under one key");
}

TEST(Config, TruncationsFlipsAndNoise) {
  for (size_t size = 0; size + 2 < kFull.size(); ++size) EXPECT_NE(error_of(std::string(kFull, 0, size)), "") << size;
  for (size_t i = 0; i < kFull.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = kFull;
      flipped[i] = static_cast<char>(flipped[i] ^ (1 << bit));
      // What is accepted must be stable: written and read again it is the same.
      if (const auto config = parse_config(flipped)) {
        const std::string json = config_to_json(*config);
        const auto again = parse_config(json);
        ASSERT_TRUE(again) << json << again.error().text;
        EXPECT_EQ(config_to_json(*again), json);
      }
    }
  }
  std::mt19937 random(5);
  const std::string_view pieces[] = {"{",         "}",          "[",          "]",      ",",   ":",    "\"MAP\"",
                                     "\"LIMIT\"", "\"FORMAT\"", "\"memory\"", "\"/a\"", "1",   "true", "null",
                                     "\"",        "\\u",        "d800",       "-",      "1e9", " ",    "\n"};
  for (int round = 0; round < 30000; ++round) {
    std::string text = "{";
    for (size_t n = random() % 20; n > 0; --n) text += pieces[random() % std::size(pieces)];
    (void)error_of(text);
  }
}

}  // namespace
}  // namespace hermit::bundle
