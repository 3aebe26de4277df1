// Builds the tree of json.h from parser events: a stack of the containers that are open.
#include "json.h"

#include "rapidjson/memorystream.h"
#include "rapidjson/reader.h"

namespace hermit::spec {

namespace {

class Builder : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Builder> {
 public:
  explicit Builder(Json& root) : open_{&root} {}

  bool Null() { return add({}) != nullptr; }
  bool Bool(bool value) { return text(value ? "true" : "false"); }
  bool RawNumber(const char* s, rapidjson::SizeType length, bool) { return text({s, length}); }
  bool String(const char* s, rapidjson::SizeType length, bool) { return text({s, length}); }
  bool Key(const char* s, rapidjson::SizeType length, bool) {
    open_.back()->keys.emplace_back(s, length);
    return true;
  }
  bool StartObject() { return start(Json::Kind::Object); }
  bool StartArray() { return start(Json::Kind::Array); }
  bool EndObject(rapidjson::SizeType) { return open_.pop_back(), true; }
  bool EndArray(rapidjson::SizeType) { return open_.pop_back(), true; }

 private:
  bool text(std::string value) { return add({Json::Kind::Text, std::move(value), {}, {}}) != nullptr; }
  bool start(Json::Kind kind) {
    Json* added = add({kind, {}, {}, {}});
    // The root is open already; replace it instead of nesting.
    if (is_first_) {
      is_first_ = false;
    } else {
      open_.push_back(added);
    }
    return true;
  }
  Json* add(Json value) {
    Json& parent = *open_.back();
    if (is_first_) return &(parent = std::move(value));
    parent.elements.push_back(std::move(value));
    return &parent.elements.back();
  }

  std::vector<Json*> open_;  // addresses stay valid: a container only grows while it is the innermost open one
  bool is_first_ = true;
};

}  // namespace

const Json* Json::find(std::string_view key) const {
  for (size_t i = 0; i < keys.size(); ++i) {
    if (keys[i] == key) return &elements[i];
  }
  return nullptr;
}

std::string Json::text_of(std::string_view key) const {
  const Json* found = find(key);
  return found != nullptr && found->kind == Kind::Text ? found->text : std::string();
}

bool parse_json(const std::string& source, Json& out) {
  rapidjson::MemoryStream stream(source.data(), source.size());
  rapidjson::Reader reader;
  Builder builder(out);
  return !reader.Parse<rapidjson::kParseNumbersAsStringsFlag>(stream, builder).IsError();
}

}  // namespace hermit::spec
