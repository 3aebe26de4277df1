// `hermit inspect x.wasm`: its features, imports by module, and sizes. Everything shown comes from the file and is
// hostile: names are escaped.
#include "cli/inspect_module.h"

#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>

#include <map>

#include "base/printable.h"
#include "os/process.h"
#include "wasm/decoder.h"
#include "wasm/features.h"
#include "wasm/validator.h"

namespace hermit::cli {
namespace {

std::vector<std::string> names_of(const wasm::FeatureSet& used) {
  std::vector<std::string> names;
  for (const wasm::Feature feature : wasm::kFeatures) {
    if (used.has(feature)) names.emplace_back(wasm::to_string(feature));
  }
  return names;
}

Outcome<wasm::Module> valid_module(const std::string& name, ByteView bytes) {
  auto module = wasm::decode_module(bytes);
  if (!module) return failed(printable(name) + ": " + os::render(module.error()));
  if (const auto valid = wasm::validate_all(*module); !valid) {
    return failed(printable(name) + ": " + os::render(valid.error()));
  }
  return std::move(*module);
}

// How many things are imported from each module.
std::map<std::string, u64> imports_of(const wasm::Module& module) {
  std::map<std::string, u64> counts;
  for (const wasm::Import& import : module.imports) ++counts[printable(import.module)];
  return counts;
}

}  // namespace

bool is_module(ByteView file) { return file.size() >= 4 && as_text(file.first(4)) == std::string_view("\0asm", 4); }

Outcome<std::vector<std::string>> module_features(const std::string& name, ByteView bytes) {
  TRY(const wasm::Module module, valid_module(name, bytes));
  return names_of(wasm::used_features(module));
}

Outcome<std::string> describe_module(const std::string& path, ByteView file, bool as_json) {
  TRY(const wasm::Module module, valid_module(path, file));
  const auto features = names_of(wasm::used_features(module));
  const auto imports = imports_of(module);
  if (as_json) {
    rapidjson::StringBuffer text;
    rapidjson::PrettyWriter<rapidjson::StringBuffer> json(text);
    json.SetIndent(' ', 2);
    json.StartObject();
    json.Key("file"), json.String(printable(path).c_str());
    json.Key("size"), json.Uint64(file.size());
    json.Key("features"), json.StartArray();
    for (const std::string& feature : features) json.String(feature.c_str());
    json.EndArray();
    json.Key("imports"), json.StartObject();
    for (const auto& [name, count] : imports) json.Key(name.c_str()), json.Uint64(count);
    json.EndObject();
    json.Key("functions"), json.Uint64(module.functions.size() - module.imported_functions);
    json.EndObject();
    return std::string(text.GetString(), text.GetSize()) + "\n";
  }
  std::string text = "file      " + printable(path) + "   " + readable_size(file.size()) + "\n";
  text += "features  ";
  for (const std::string& feature : features) text += (&feature == features.data() ? "" : ", ") + feature;
  text += features.empty() ? "none beyond the first version of WebAssembly\n" : "\n";
  text += "functions " + std::to_string(module.functions.size() - module.imported_functions) + "\n";
  const char* label = "imports   ";
  for (const auto& [name, count] : imports) {
    text += label + ("\"" + name + "\": " + std::to_string(count)) + "\n";
    label = "          ";
  }
  return text;
}

}  // namespace hermit::cli
