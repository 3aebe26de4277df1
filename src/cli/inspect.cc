// `hermit inspect FILE`: what a packed program is and may reach, for people or (--json) for programs.
//
// Everything shown comes from the file and is hostile: names are escaped before they reach a terminal.
#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>

#include <algorithm>
#include <cstring>

#include "abi/native_image.h"
#include "bundle/reader.h"
#include "cli/command.h"
#include "cli/compile_native.h"
#include "cli/confinement.h"
#include "cli/inspect_module.h"
#include "compiler/compile.h"
#include "exe/container.h"
#include "base/printable.h"
#include "os/process.h"
#include "os/whole_file.h"
#include "zip/executable_payload.h"

namespace hermit::cli {
namespace {

constexpr char kHelp[] =
    R"(usage: hermit inspect [--json | --confinement] FILE

Shows what a packed program is and may reach: grants, modules, embedded files, the systems it starts
on, how it is executed, and sizes. Of a WebAssembly module (x.wasm), shows the features of the standard it uses and what it
imports. The file is only read, never run.

  --json          the same for programs
  --confinement   which walls of the operating system keep it to its grants
)";

// A native image in the file. Only its front is looked at: `hermit verify` compares the code.
struct NativeCode {
  std::string isa;
  u64 code = 0;  // bytes of machine code
  const char* problem = nullptr;  // why it is not used; null: nothing seen
};

std::vector<NativeCode> native_code(const bundle::Bundle& bundle) {
  std::vector<NativeCode> found;
  for (const zip::Entry& entry : bundle.zip().entries()) {
    constexpr std::string_view kFolder = "native/";
    if (!entry.name.starts_with(kFolder)) continue;
    NativeCode& code = found.emplace_back(std::string(entry.name.substr(kFolder.size())));
    const auto image = bundle.native_image(code.isa);
    abi::ImageHeader header;
    if (!image || image->size() < sizeof header) {
      code.problem = "damaged";
      continue;
    }
    std::memcpy(&header, image->data(), sizeof header);
    const u64 records = (header.text.offset - sizeof header) / sizeof(abi::ImageModule);
    if (std::memcmp(header.magic, abi::kImageMagic, sizeof header.magic) != 0 || header.text.offset > image->size() ||
        header.text.offset < sizeof header || header.modules > records) {
      code.problem = "damaged";
      continue;
    }
    code.code = header.text.size;
    const auto target = std::ranges::find(code_targets(), code.isa, &CodeTarget::name);
    if (target == code_targets().end() || header.isa != static_cast<u32>(target->isa))
      code.problem = "for another instruction set";
    if (header.version != abi::kImageVersion || !std::ranges::equal(header.engine, compiler::engine_id()))
      code.problem = "of another version of hermit";
    for (size_t i = 0; i < header.modules && code.problem == nullptr; ++i) {
      abi::ImageModule module;
      std::memcpy(&module, image->data() + sizeof header + i * sizeof module, sizeof module);
      const auto& link = bundle.config().link;
      const std::string name = i < link.size() ? "link/" + link[i] + ".wasm" : "main.wasm";
      const zip::Entry* const packed = bundle.zip().find(name);
      if (header.modules != link.size() + 1 || packed == nullptr || packed->size != module.size ||
          packed->crc32 != module.crc32) {
        code.problem = "of other modules than those in the file";
      }
    }
  }
  return found;
}

struct Facts {
  std::string path;
  u64 size;
  std::vector<exe::PresentLauncher> launchers;
  const bundle::Bundle& bundle;
  std::vector<std::string> features;  // of the program's module
  std::vector<NativeCode> native;
};

std::string json_of(const Facts& facts) {
  rapidjson::StringBuffer text;
  rapidjson::PrettyWriter<rapidjson::StringBuffer> json(text);
  json.SetIndent(' ', 2);
  const auto string = [&](std::string_view value) {
    const std::string safe = printable(value);  // names in the archive may be any bytes
    json.String(safe.data(), static_cast<rapidjson::SizeType>(safe.size()));
  };
  json.StartObject();
  json.Key("file"), string(facts.path);
  json.Key("size"), json.Uint64(facts.size);
  json.Key("targets"), json.StartArray();
  for (const auto& launcher : facts.launchers) string(exe::target_name(launcher.target));
  json.EndArray();
  json.Key("features"), json.StartArray();
  for (const std::string& feature : facts.features) string(feature);
  json.EndArray();
  const bool runs_native = std::ranges::any_of(facts.native, [](const auto& code) { return code.problem == nullptr; });
  json.Key("engine"), string(runs_native ? "native" : "interp");
  json.Key("native"), json.StartArray();
  for (const NativeCode& code : facts.native) {
    json.StartObject();
    json.Key("isa"), string(code.isa);
    json.Key("code"), json.Uint64(code.code);
    if (code.problem != nullptr) json.Key("problem"), string(code.problem);
    json.EndObject();
  }
  json.EndArray();
  // The grants as hermit.json has them, in normal form.
  const std::string config = bundle::config_to_json(facts.bundle.config());
  json.Key("config"), json.RawValue(config.data(), config.find_last_of('}') + 1, rapidjson::kObjectType);
  json.Key("entries"), json.StartArray();
  for (const zip::Entry& entry : facts.bundle.zip().entries()) {
    json.StartObject();
    json.Key("name"), string(entry.name);
    json.Key("size"), json.Uint64(entry.size);
    json.Key("packed"), json.Uint64(entry.compressed_size);
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
  return std::string(text.GetString(), text.GetSize()) + "\n";
}

void add_list(std::string& text, std::string_view title, const std::vector<std::string>& lines) {
  for (size_t i = 0; i < lines.size(); ++i) {
    std::string label(i == 0 ? title : "");
    label.resize(10, ' ');
    text += label + lines[i] + "\n";
  }
}

// The grants in the order of what reaches furthest.
void add_grants(std::string& text, const bundle::Config& config) {
  std::vector<std::string> host, map, env, net, copy, link, argv;
  for (const auto extension : config.host)
    host.push_back(std::string(grants::to_text(extension)) + "   (outside of the sandbox)");
  for (const auto& entry : config.map) map.push_back(printable(grants::to_text(entry)));
  for (const auto& entry : config.net) net.push_back(printable(grants::to_text(entry)));
  for (const auto& entry : config.env) {
    env.push_back(printable(grants::to_text(entry)) + (entry.value ? "" : "   (passed through)"));
  }
  if (config.env_pwd_is_host_cwd) env.push_back("PWD   (the directory it is started in)");
  if (config.env_exe_name_is_host_exe_name) env.push_back("EXE_NAME   (the path of its file)");
  for (const auto& entry : config.copy) copy.push_back(printable(entry));
  for (const auto& entry : config.link) link.push_back(printable(entry));
  for (const auto& entry : config.argv) argv.push_back(printable(entry));
  add_list(text, "HOST", host);
  add_list(text, "MAP", map);
  add_list(text, "NET", net);
  add_list(text, "ENV", env);
  add_list(text, "COPY", copy);
  add_list(text, "LINK", link);
  add_list(text, "ARGV", argv);
  if (!config.entrypoint.empty()) add_list(text, "ENTRY", {printable(config.entrypoint)});
  if (!config.workdir.empty()) add_list(text, "WORKDIR", {printable(config.workdir)});
  std::vector<std::string> limits;
  for (const auto& [name, value] : grants::to_texts(config.limit)) limits.push_back(name + "=" + value);
  add_list(text, "LIMIT", limits);
  if (host.empty() && map.empty() && net.empty()) {
    add_list(text, "reaches", {"standard streams, arguments, clocks and randomness; no files, no network"});
  }
}

std::string text_of(const Facts& facts) {
  std::string text;
  add_list(text, "file", {printable(facts.path) + "   " + readable_size(facts.size)});
  add_list(text, "program", {printable(facts.bundle.config().from)});
  std::string targets;
  for (const auto& launcher : facts.launchers) {
    targets += (targets.empty() ? "" : ", ") + std::string(exe::target_name(launcher.target));
  }
  add_list(text, "starts on", {targets.empty() ? "no system: it has no launcher" : targets});
  std::string features;
  for (const std::string& feature : facts.features) features += (features.empty() ? "" : ", ") + feature;
  if (!features.empty()) add_list(text, "features", {features});
  std::vector<std::string> engines;
  for (const NativeCode& code : facts.native) {
    const std::string isa = printable(code.isa);
    engines.push_back(code.problem == nullptr ? "compiled for " + isa + "   " + readable_size(code.code) + " of code"
                                              : "interpreted on " + isa + ": the native code is " + code.problem);
  }
  if (engines.empty()) engines.emplace_back("interpreted");
  add_list(text, "engine", engines);
  add_grants(text, facts.bundle.config());
  std::vector<std::string> entries;
  for (const zip::Entry& entry : facts.bundle.zip().entries()) {
    std::string size = readable_size(entry.size);
    if (entry.compressed_size != entry.size) size += " (" + readable_size(entry.compressed_size) + " packed)";
    entries.push_back(printable(entry.name) + "   " + size);
  }
  add_list(text, "contains", entries);
  return text;
}

Outcome<void> run(const std::vector<std::string>& arguments) {
  std::string json, confinement;
  std::vector<std::string> rest;
  if (auto read =
          read_options(arguments, {{"--json", 0, nullptr, &json}, {"--confinement", 0, nullptr, &confinement}}, rest);
      !read)
    return read;
  if (rest.size() != 1) return wrong_usage("inspect takes one FILE");
  const auto typed = path_from_user(rest[0]);
  if (!typed) return std::unexpected(typed.error());
  const std::string& path = *typed;
  const auto view = os::FileView::open(path);
  if (!view) return failed(path, view.error());
  const ByteView file = view->bytes();
  if (is_module(file)) {
    const auto text = describe_module(path, file, !json.empty());
    if (!text) return std::unexpected(text.error());
    if (!os::write_stdout(*text)) return failed("cannot write to standard output");
    return {};
  }
  const auto range = zip::find_payload_range(file.first(std::min(file.size(), kExecutableHeadSize)), file.size());
  const auto bundle = bundle::Bundle::open(file, range.begin, range.end);
  if (!bundle) return failed(printable(path) + ": " + bundle.error().text);
  const auto launchers = exe::list_launchers(file);
  if (!launchers) return failed(path, launchers.error());
  if (!json.empty() && !confinement.empty()) return wrong_usage("--json and --confinement exclude each other");
  // A program whose module cannot be read is still shown: its grants matter more.
  std::vector<std::string> features;
  if (const auto module = bundle->main_wasm()) {
    if (auto used = module_features("main.wasm", module->bytes())) features = std::move(*used);
  }
  const Facts facts{path, file.size(), *launchers, *bundle, std::move(features), native_code(*bundle)};
  const std::string text = !confinement.empty() ? describe_confinement(bundle->config())
                           : json.empty()       ? text_of(facts)
                                                : json_of(facts);
  if (!os::write_stdout(text)) return failed("cannot write to standard output");
  return {};
}

}  // namespace

const Command kInspect = {"inspect", "what a packed program is and may reach", kHelp, run};

}  // namespace hermit::cli
