// hermit.json as text: keys in the order of the schema, one entry a line, so that people can read and edit it and two
// builds give the same bytes.
#include "base/decimal.h"
#include "bundle/config.h"

namespace hermit::bundle {
namespace {

void append_string(std::string& out, std::string_view text) {
  static constexpr char kDigits[] = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const u8 byte = static_cast<u8>(c);
    if (c == '"' || c == '\\') {
      (out += '\\') += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      ((out += "\\u00") += kDigits[byte >> 4]) += kDigits[byte & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

// Appends `"key": ` as the next member of the object.
void append_key(std::string& out, std::string_view key) {
  if (out.back() != '{') out += ',';
  out += "\n  ";
  append_string(out, key);
  out += ": ";
}

void append_text(std::string& out, std::string_view key, std::string_view text) {
  if (text.empty()) return;
  append_key(out, key);
  append_string(out, text);
}

void append_flag(std::string& out, std::string_view key, bool value) {
  if (!value) return;
  append_key(out, key);
  out += "true";
}

std::string_view to_text(const std::string& text) { return text; }

template <typename Entry>
void append_list(std::string& out, std::string_view key, const std::vector<Entry>& entries) {
  if (entries.empty()) return;
  append_key(out, key);
  out += '[';
  for (const Entry& entry : entries) {
    if (&entry != entries.data()) out += ',';
    out += "\n    ";
    append_string(out, to_text(entry));
  }
  out += "\n  ]";
}

void append_limits(std::string& out, std::string_view key, const grants::Limits& limits) {
  if (limits.empty()) return;
  append_key(out, key);
  out += '{';
  for (const auto& [name, value] : grants::to_texts(limits)) {
    if (out.back() != '{') out += ',';
    out += "\n    ";
    append_string(out, name);
    out += ": ";
    append_string(out, value);
  }
  out += "\n  }";
}

}  // namespace

std::string config_to_json(const Config& config) {
  std::string out = "{";
  append_key(out, "FORMAT");
  out += decimal(kConfigFormat);
  append_text(out, "FROM", config.from);
  append_list(out, "MAP", config.map);
  append_list(out, "COPY", config.copy);
  append_list(out, "ENV", config.env);
  append_flag(out, "ENV_PWD_IS_HOST_CWD", config.env_pwd_is_host_cwd);
  append_flag(out, "ENV_EXE_NAME_IS_HOST_EXE_NAME", config.env_exe_name_is_host_exe_name);
  append_list(out, "NET", config.net);
  append_list(out, "LINK", config.link);
  append_list(out, "ARGV", config.argv);
  append_text(out, "ENTRYPOINT", config.entrypoint);
  append_text(out, "WORKDIR", config.workdir);
  append_limits(out, "LIMIT", config.limit);
  append_list(out, "HOST", config.host);
  out += "\n}\n";
  return out;
}

}  // namespace hermit::bundle
