// Reading hermit.json, which anyone may have edited: RapidJSON's event reader finds the structure, a table of keys says
// what each may hold, and the parsers of grants/ judge the entries.
//
// Nothing is skipped. A key that this version does not know may be a limit that a newer one enforces, and of two keys
// of one name another program may obey the other one. Format: docs/formats/bundle.md.
#include <algorithm>
#include <array>

#include "base/check.h"
#include "base/decimal.h"
#include "base/printable.h"
#include "base/suggest.h"
#include "base/utf8.h"
#include "bundle/config.h"

#define RAPIDJSON_ASSERT(condition) CHECK(condition)
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

namespace hermit::bundle {
namespace {

using rapidjson::SizeType;

enum class Type : u8 { Format, Text, List, Flag, Limits };

// Adds one entry of a key to the configuration.
using Add = Result<void> (*)(Config&, std::string_view);

struct Key {
  std::string_view name;
  Type type;
  Add add;  // Text, List
  bool Config::* flag;  // Flag
};

Result<std::string> any_text(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return invalid("NUL character", text.find('\0'));
  return std::string(text);
}

Result<std::string> parse_entrypoint(std::string_view text) {
  if (text.empty()) return invalid("the name is empty", 0);
  return any_text(text);
}

Result<std::string> parse_base_name(std::string_view text) {
  if (text.empty() || text == "." || text == "..") return invalid("not the name of a file", 0);
  const auto bad = [](char c) { return c == '/' || c == '\\' || static_cast<u8>(c) < 0x20 || c == 0x7f; };
  if (std::ranges::any_of(text, bad))
    return invalid("not the name of a file: slash, backslash or control character", 0);
  return std::string(text);
}

template <auto kList, auto kParse>
Result<void> add_entry(Config& config, std::string_view text) {
  TRY(auto entry, kParse(text));
  (config.*kList).push_back(std::move(entry));
  return {};
}

template <auto kMember, auto kParse>
Result<void> set_text(Config& config, std::string_view text) {
  TRY(config.*kMember, kParse(text));
  return {};
}

constexpr Key kKeys[] = {
    {"FORMAT", Type::Format, nullptr, nullptr},
    {"FROM", Type::Text, set_text<&Config::from, parse_base_name>, nullptr},
    {"MAP", Type::List, add_entry<&Config::map, grants::parse_map>, nullptr},
    {"COPY", Type::List, add_entry<&Config::copy, grants::parse_guest_path>, nullptr},
    {"ENV", Type::List, add_entry<&Config::env, grants::parse_env>, nullptr},
    {"ENV_PWD_IS_HOST_CWD", Type::Flag, nullptr, &Config::env_pwd_is_host_cwd},
    {"ENV_EXE_NAME_IS_HOST_EXE_NAME", Type::Flag, nullptr, &Config::env_exe_name_is_host_exe_name},
    {"NET", Type::List, add_entry<&Config::net, grants::parse_net>, nullptr},
    {"LINK", Type::List, add_entry<&Config::link, grants::parse_link_name>, nullptr},
    {"ARGV", Type::List, add_entry<&Config::argv, any_text>, nullptr},
    {"ENTRYPOINT", Type::Text, set_text<&Config::entrypoint, parse_entrypoint>, nullptr},
    {"WORKDIR", Type::Text, set_text<&Config::workdir, grants::parse_guest_path>, nullptr},
    {"LIMIT", Type::Limits, nullptr, nullptr},
    {"HOST", Type::List, add_entry<&Config::host, grants::parse_host_extension>, nullptr},
};

const char* expected_type(Type type) {
  switch (type) {
    case Type::Format: return "expected a number";
    case Type::Text: return "expected a string";
    case Type::List: return "expected an array of strings";
    case Type::Flag: return "expected true or false";
    case Type::Limits: return "expected an object of strings";
  }
  return "";
}

// Receives RapidJSON's events; its members have the names that RapidJSON asks for. False ends the parse.
class Handler {
 public:
  Config config;
  std::string problem;  // without the file's name

  bool Null() { return wrong_type(); }
  bool Bool(bool value) {
    if (!key_ || key_->type != Type::Flag) return wrong_type();
    config.*(key_->flag) = value;
    return true;
  }
  // Numbers arrive as they are written.
  bool RawNumber(const char* text, SizeType size, bool) {
    if (!key_ || key_->type != Type::Format) return wrong_type();
    const std::string_view number(text, size);
    if (number == "1") return true;
    static_assert(kConfigFormat == 1);
    return fail("FORMAT: " + quote(number) + " is not a format that this version of hermit knows (it knows 1)");
  }
  bool String(const char* text, SizeType size, bool) {
    const std::string_view value(text, size);
    if (key_ && key_->type == Type::Limits && depth_ == 2) return add_limit(value);
    const bool fits = key_ && (key_->type == Type::Text || (key_->type == Type::List && in_array_));
    if (!fits) return wrong_type();
    return take(value, key_->add(config, value));
  }
  bool Key(const char* text, SizeType size, bool) {
    const std::string_view name(text, size);
    if (depth_ == 2) {
      limit_name_ = name;
      return true;
    }
    key_ = std::ranges::find(kKeys, name, &bundle::Key::name);
    if (key_ == std::end(kKeys)) return unknown_key(name);
    const u32 bit = 1u << (key_ - kKeys);
    if ((seen_ & bit) != 0) return fail("the key " + std::string(name) + " is given twice");
    seen_ |= bit;
    return true;
  }
  bool StartObject() {
    if (depth_ == 1 ? key_->type != Type::Limits : depth_ != 0) return wrong_type();
    ++depth_;
    return true;
  }
  bool EndObject(SizeType) {
    --depth_;
    return true;
  }
  bool StartArray() {
    if (depth_ != 1 || in_array_ || key_->type != Type::List) return wrong_type();
    in_array_ = true;
    index_ = 0;
    return true;
  }
  bool EndArray(SizeType) {
    in_array_ = false;
    return true;
  }
  // Not called: numbers come as text.
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(int64_t) { return false; }
  bool Uint64(uint64_t) { return false; }
  bool Double(double) { return false; }

 private:
  bool fail(std::string text) {
    problem = std::move(text);
    return false;
  }
  // "MAP[2]", "LIMIT.memory", "FROM"; empty outside of a key.
  std::string path() const {
    if (!key_) return "";
    std::string text(key_->name);
    if (in_array_) text += '[' + decimal(index_) + ']';
    if (depth_ == 2) text += '.' + printable(limit_name_);
    return text;
  }
  bool unknown_key(std::string_view name) {
    std::string capitals(name);
    for (char& c : capitals) c = c >= 'a' && c <= 'z' ? static_cast<char>(c & ~0x20) : c;
    std::array<std::string_view, std::size(kKeys)> names;
    std::ranges::transform(kKeys, names.begin(), &bundle::Key::name);
    const std::string_view near = nearest(capitals, names);
    return fail("unknown key " + quote(name) +
                (near.empty() ? ": misspelt, or made by a newer hermit" : "; did you mean " + std::string(near) + "?"));
  }
  bool wrong_type() {
    if (!key_) return fail("expected an object");
    const bool inside = in_array_ || depth_ == 2;
    return fail(path() + ": " + (inside ? "expected a string" : expected_type(key_->type)));
  }
  bool take(std::string_view value, const Result<void>& result) {
    if (find_invalid_utf8(value) != value.size()) return fail(path() + ": half of a surrogate pair");
    if (!result) return fail(path() + ": " + result.error().what + ": " + quote(value));
    ++index_;
    return true;
  }
  bool add_limit(std::string_view value) {
    return take(value, grants::parse_limit(limit_name_ + '=' + std::string(value), config.limit));
  }

  const bundle::Key* key_ = nullptr;  // the current member of the outer object
  std::string limit_name_;
  u32 seen_ = 0;  // a bit for each row of kKeys
  u32 index_ = 0;  // in the current array
  int depth_ = 0;  // of objects
  bool in_array_ = false;
};
static_assert(std::size(kKeys) <= 32);

std::unexpected<Problem> problem(std::string text) {
  return std::unexpected(Problem{"hermit.json: " + std::move(text)});
}

// "hermit.json:3:7: …", counted in bytes.
std::unexpected<Problem> problem_at(std::string_view json, size_t offset, std::string_view what) {
  const std::string_view before = json.substr(0, offset);
  const auto line = 1 + std::ranges::count(before, '\n');
  const size_t column = offset - (before.rfind('\n') + 1) + 1;
  return std::unexpected(Problem{"hermit.json:" + decimal(line) + ':' + decimal(column) + ": " + std::string(what)});
}

std::string_view describe(rapidjson::ParseErrorCode code) {
  switch (code) {
    case rapidjson::kParseErrorDocumentEmpty: return "the file is empty";
    case rapidjson::kParseErrorDocumentRootNotSingular: return "text behind the end of the object";
    case rapidjson::kParseErrorObjectMissName: return "expected a key in double quotes";
    case rapidjson::kParseErrorObjectMissColon: return "expected : after a key";
    case rapidjson::kParseErrorObjectMissCommaOrCurlyBracket: return "expected , or } after a member";
    case rapidjson::kParseErrorArrayMissCommaOrSquareBracket: return "expected , or ] after an element";
    case rapidjson::kParseErrorStringMissQuotationMark: return "this string is not closed";
    case rapidjson::kParseErrorStringEscapeInvalid: return "unknown escape in a string; a backslash is written \\\\";
    case rapidjson::kParseErrorStringUnicodeEscapeInvalidHex: return "\\u takes four hexadecimal digits";
    case rapidjson::kParseErrorStringUnicodeSurrogateInvalid: return "half of a surrogate pair in a string";
    case rapidjson::kParseErrorStringInvalidEncoding: return "control character or invalid UTF-8 in a string";
    default: return "not a JSON value";
  }
}

}  // namespace

std::expected<Config, Problem> parse_config(std::string_view json) {
  if (json.size() > kMaxConfigSize) return problem("larger than 1 MiB");
  // RapidJSON takes NUL for the end of the text.
  if (const size_t nul = json.find('\0'); nul != std::string_view::npos) return problem_at(json, nul, "NUL character");
  if (const size_t bad = find_invalid_utf8(json); bad != json.size()) return problem_at(json, bad, "not UTF-8 text");

  const size_t skipped = json.starts_with("\xef\xbb\xbf") ? 3 : 0;  // a byte order mark, which some editors add
  rapidjson::MemoryStream stream(json.data() + skipped, json.size() - skipped);
  alignas(16) char room[2048];  // for its stack, so that an ordinary file takes no memory from elsewhere
  rapidjson::MemoryPoolAllocator<> pool(room, sizeof room);
  rapidjson::GenericReader<rapidjson::UTF8<>, rapidjson::UTF8<>, rapidjson::MemoryPoolAllocator<>> reader(&pool);
  Handler handler;
  // Iterative: nesting takes no call stack.
  constexpr unsigned kFlags = rapidjson::kParseIterativeFlag | rapidjson::kParseNumbersAsStringsFlag;
  const rapidjson::ParseResult result = reader.Parse<kFlags>(stream, handler);
  if (!handler.problem.empty()) return problem(std::move(handler.problem));
  if (result.IsError())
    return problem_at(json, std::min(result.Offset() + skipped, json.size()), describe(result.Code()));
  if (auto checked = check_config(handler.config); !checked) return std::unexpected(checked.error());
  return std::move(handler.config);
}

}  // namespace hermit::bundle
