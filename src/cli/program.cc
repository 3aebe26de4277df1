// Gathers a program: from a Hermitfile (parse, read, strip, validate, collect the files of COPY) or from a file that
// was packed before. What comes out is only written; nothing later finds fault with it.
#include "cli/program.h"

#include <algorithm>

#include "bundle/reader.h"
#include "cli/check_module.h"
#include "base/printable.h"
#include "hermitfile/diagnostic.h"
#include "hermitfile/hermitfile.h"
#include "os/process.h"
#include "wasm/rewrite.h"
#include "zip/executable_payload.h"

namespace hermit::cli {
namespace {

using hermitfile::Diagnostic;

// HOST extensions reach further than WASI does, so the person who builds must say so (docs/hermitfile.md).
Outcome<void> check_host_grants(const bundle::Config& config, const ProgramOptions& options) {
  if (config.host.empty() || options.allow_host) return {};
  std::string names;
  for (const grants::HostExtension extension : config.host) {
    names += (names.empty() ? "" : ", ") + std::string(grants::to_text(extension));
  }
  return failed("the program asks for HOST " + names + ": what WASI cannot confine needs --allow-host");
}

bundle::Config configuration_of(const hermitfile::Hermitfile& file) {
  bundle::Config config;
  config.from = base_name(file.from.value);
  for (const auto& map : file.map) config.map.push_back(map.value);
  for (const auto& copy : file.copy) config.copy.push_back(copy.target);
  for (const auto& env : file.env) config.env.push_back(env.value);
  config.env_pwd_is_host_cwd = file.env_pwd_is_host_cwd.has_value();
  config.env_exe_name_is_host_exe_name = file.env_exe_name_is_host_exe_name.has_value();
  for (const auto& net : file.net) config.net.push_back(net.value);
  for (const auto& link : file.link) config.link.push_back(link.name);
  for (const auto& argument : file.argv) config.argv.push_back(argument.value);
  if (file.entrypoint) config.entrypoint = file.entrypoint->value;
  if (file.workdir) config.workdir = file.workdir->value;
  config.limit = file.limits;
  for (const auto& host : file.host) config.host.push_back(host.value);
  return config;
}

// Renders one error about a file that the directive at `span` names.
std::unexpected<Failure> failed_at(const std::string& hermitfile, std::string_view source, hermitfile::Span span,
                                   std::string message) {
  return failed(hermitfile::render(Diagnostic{span, std::move(message), ""}, hermitfile, source));
}

// COPY of a file embeds it as the target; COPY of a folder embeds every file below it below the target.
Outcome<void> embed(const std::string& hermitfile, std::string_view source, const hermitfile::Copy& copy,
                    Program& program) {
  const std::string path = relative_to_file(hermitfile, path_from_user(copy.source));
  const auto add = [&](const std::string& from, std::string guest_path) -> Outcome<void> {
    auto view = os::FileView::open(from);
    if (!view) return failed_at(hermitfile, source, copy.span, printable(from) + ": " + os::render(view.error()));
    program.files.push_back(std::move(*view));
    program.contents.files.push_back({std::move(guest_path), program.files.back().bytes()});
    return {};
  };
  if (!os::is_directory(path)) {
    if (copy.target.find('/', 1) == std::string::npos) {
      return failed_at(hermitfile, source, copy.span, "a file needs a directory: COPY " + copy.source + " /dir/name");
    }
    return add(path, copy.target);
  }
  const auto names = os::list_files(path);
  if (!names) return failed_at(hermitfile, source, copy.span, printable(path) + ": " + os::render(names.error()));
  if (names->empty()) return failed_at(hermitfile, source, copy.span, printable(path) + ": holds no file");
  const std::string prefix = copy.target == "/" ? "/" : copy.target + "/";
  for (const std::string& name : *names) {
    if (auto added = add(path + "/" + name, prefix + name); !added) return added;
  }
  return {};
}

}  // namespace

Outcome<void> load_from_hermitfile(const std::string& path, const ProgramOptions& options, Progress& progress,
                                   Program& program) {
  const auto text = os::FileView::open(path);
  if (!text) return failed(path, text.error());
  const std::string_view source = as_text(text->bytes());
  hermitfile::Parsed parsed = hermitfile::parse(source);
  if (parsed.errors.empty()) parsed.errors = hermitfile::check_supported(parsed.file);
  if (!parsed.errors.empty()) return failed(hermitfile::render(parsed.errors, path, source));
  const hermitfile::Hermitfile& file = parsed.file;

  bundle::Contents& contents = program.contents;
  contents.config = configuration_of(file);
  if (auto checked = check_host_grants(contents.config, options); !checked) return checked;
  if (auto checked = bundle::check_config(contents.config); !checked) {
    return failed(printable(path) + ": " + checked.error().text);
  }

  if (file.workdir && std::ranges::none_of(contents.config.map, [&](const grants::Map& map) {
        return grants::known_guest_path(map) == file.workdir->value;
      })) {
    return failed_at(path, source, file.workdir->span, "WORKDIR must be the guest path of a MAP");
  }

  const std::string module_path = relative_to_file(path, path_from_user(file.from.value));
  auto module = os::FileView::open(module_path);
  if (!module) {
    return failed_at(path, source, file.from.span, printable(module_path) + ": " + os::render(module.error()));
  }
  program.files.push_back(std::move(*module));
  contents.main_wasm = program.files.back().bytes();
  progress.step("validating " + printable(contents.config.from), contents.main_wasm.size());
  if (auto checked = check_module(printable(module_path), contents.main_wasm, contents.config); !checked)
    return checked;
  if (!options.keep_debug) {
    auto stripped = wasm::strip_debug(contents.main_wasm);
    if (!stripped) return failed(module_path, stripped.error());
    program.buffers.push_back(std::move(*stripped));
    contents.main_wasm = program.buffers.back();
  }
  for (const hermitfile::Copy& copy : file.copy) {
    if (auto embedded = embed(path, source, copy, program); !embedded) return embedded;
  }
  return {};
}

Outcome<void> load_from_packed(const std::string& path, const ProgramOptions& options, Progress& progress,
                               Program& program) {
  auto view = os::FileView::open(path);
  if (!view) return failed(path, view.error());
  program.files.push_back(std::move(*view));
  const ByteView file = program.files.back().bytes();
  const auto range = zip::find_payload_range(file.first(std::min(file.size(), zip::kExecutableHeadSize)), file.size());
  const auto bundle = bundle::Bundle::open(file, range.begin, range.end);
  if (!bundle) return failed(printable(path) + ": " + bundle.error().text);

  bundle::Contents& contents = program.contents;
  contents.config = bundle->config();
  if (auto checked = check_host_grants(contents.config, options); !checked) return checked;
  if (const auto keys = bundle::unenforced_keys(contents.config); !keys.empty()) {
    return failed(printable(path) + ": hermit.json: " + std::string(keys[0]) +
                  " is not enforced by this version of hermit, so it is refused");
  }
  auto main = bundle->main_wasm();
  if (!main) return failed(printable(path) + ": " + main.error().text);
  program.entries.push_back(std::move(*main));
  contents.main_wasm = program.entries.back().bytes();
  progress.step("validating " + printable(contents.config.from), contents.main_wasm.size());
  if (auto checked = check_module(printable(path) + ": main.wasm", contents.main_wasm, contents.config); !checked) {
    return checked;
  }
  for (const bundle::EmbeddedFile& embedded : bundle->files()) {
    auto content = bundle->read(embedded);
    if (!content) return failed(printable(path) + ": " + content.error().text);
    program.entries.push_back(std::move(*content));
    contents.files.push_back({std::string(embedded.guest_path), program.entries.back().bytes()});
  }
  return {};
}

}  // namespace hermit::cli
