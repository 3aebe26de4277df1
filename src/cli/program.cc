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
  const std::string text = "the program asks for HOST " + names + ": what WASI cannot confine needs --allow-host";
  return std::unexpected(Failure{1, text, "HOST"});
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

// `failure` at the place of the directive that it is about, if it names one.
std::unexpected<Failure> located(const std::string& hermitfile, std::string_view source,
                                 const hermitfile::Hermitfile& file, Failure failure) {
  std::optional<hermitfile::Span> span;
  if (failure.directive == "HOST" && !file.host.empty()) span = file.host[0].span;
  if (failure.directive == "LINK" && !file.link.empty()) span = file.link[0].span;
  if (failure.directive == "ENTRYPOINT" && file.entrypoint) span = file.entrypoint->span;
  if (failure.directive == "LIMIT") span = file.limit_span;
  if (!span) return std::unexpected(std::move(failure));
  return failed_at(hermitfile, source, *span, std::move(failure.text));
}

// COPY of a file embeds it as the target; COPY of a folder embeds every file below it below the target. The source
// itself may be a symbolic link, since the Hermitfile names it; nothing below it may.
Outcome<void> embed(const std::string& hermitfile, std::string_view source, const hermitfile::Copy& copy,
                    Program& program) {
  const auto from_user = path_from_user(copy.source);
  if (!from_user) return failed_at(hermitfile, source, copy.span, from_user.error().text);
  const std::string path = relative_to_file(hermitfile, *from_user);
  const auto add = [&](const std::string& from, std::string guest_path) -> Outcome<void> {
    auto view = os::FileView::open(from);
    if (!view) return failed_at(hermitfile, source, copy.span, printable(from) + ": " + os::render(view.error()));
    program.files.push_back(std::move(*view));
    program.contents.files.push_back({std::move(guest_path), program.files.back().bytes()});
    return {};
  };
  if (!os::is_directory(path)) return add(path, copy.target);
  const auto listed = os::list_files(path);
  if (!listed) return failed_at(hermitfile, source, copy.span, printable(path) + ": " + os::render(listed.error()));
  if (!listed->others.empty()) {
    return failed_at(
        hermitfile, source, copy.span,
        path + "/" + listed->others[0] + ": is a symbolic link or no regular file; COPY embeds files only");
  }
  if (listed->files.empty()) return failed_at(hermitfile, source, copy.span, printable(path) + ": holds no file");
  const std::string prefix = copy.target == "/" ? "/" : copy.target + "/";
  for (const std::string& name : listed->files) {
    if (auto added = add(path + "/" + name, prefix + name); !added) return added;
  }
  return {};
}

// What makes the guest's directories contradict each other, as far as it is known before the program starts: COPY of a
// file takes the directory that holds it, and WORKDIR must lie somewhere. The launcher checks what depends on the place
// it is started in.
Outcome<void> check_directories(const std::string& path, std::string_view source, const hermitfile::Hermitfile& file,
                                const bundle::Contents& contents) {
  std::vector<std::string> embedded;
  for (const auto& copied : contents.files) embedded.push_back(copied.guest_path);
  std::ranges::sort(embedded);
  const auto line_of = [&](hermitfile::Span span) {
    return std::to_string(1 + std::ranges::count(source.substr(0, span.begin), '\n'));
  };
  for (size_t i = 1; i < embedded.size(); ++i) {
    if (embedded[i] == embedded[i - 1]) return failed(printable(path) + ": two COPY directives give " + embedded[i]);
  }
  struct Directory {
    std::string guest;
    bool embedded;
  };
  std::vector<Directory> directories;
  bool has_dot = file.env_pwd_is_host_cwd.has_value() || (file.workdir && file.workdir->value != "/");
  for (const auto& map : file.map) {
    has_dot = has_dot || grants::is_current_directory(map.value);
    const std::string guest = grants::known_guest_path(map.value);
    if (!guest.empty()) directories.push_back({guest, false});
  }
  for (const hermitfile::Copy& copy : file.copy) {
    const bool is_file = std::ranges::binary_search(embedded, copy.target);
    const std::string guest = bundle::copied_directory(copy.target, is_file);
    for (const auto& map : file.map) {
      if (grants::known_guest_path(map.value) != guest) continue;
      return failed_at(path, source, copy.span,
                       "a copied file appears in a directory of its own, and the guest path " + guest +
                           " is that of the MAP in line " + line_of(map.span));
    }
    if (is_file && guest == "/" && has_dot) {
      return failed_at(path, source, copy.span,
                       "beside a file at / there can be no working directory; copy it into a directory");
    }
    directories.push_back({guest, true});
  }
  if (!file.workdir) return {};

  const std::string& workdir = file.workdir->value;
  const Directory* closest = nullptr;
  bool has_root = false;
  for (const Directory& directory : directories) {
    has_root = has_root || (directory.guest == "/" && !directory.embedded);
    if (!grants::is_at_or_below(workdir, directory.guest)) continue;
    if (closest == nullptr || directory.guest.size() > closest->guest.size()) closest = &directory;
  }
  if (closest == nullptr) {
    return failed_at(path, source, file.workdir->span, "WORKDIR must lie at or below the guest path of a MAP or COPY");
  }
  if (has_root && workdir != "/") {
    return failed_at(path, source, file.workdir->span,
                     "beside a MAP of the guest path / relative paths lead to /, not to WORKDIR");
  }
  const auto below = std::ranges::lower_bound(embedded, workdir == "/" ? workdir : workdir + "/");
  if (closest->embedded && (below == embedded.end() || !grants::is_at_or_below(*below, workdir))) {
    return failed_at(path, source, file.workdir->span, "there is no such directory in what COPY embeds");
  }
  return {};
}

// Reads FROM and LINK, checks them together, and drops what only debuggers read.
Outcome<void> load_modules(const std::string& hermitfile, std::string_view source, const hermitfile::Hermitfile& file,
                           const ProgramOptions& options, Progress& progress, Program& program) {
  bundle::Contents& contents = program.contents;
  std::vector<ModuleToCheck> modules;
  std::vector<os::FileView*> views;  // of the modules
  const auto read = [&](const std::string& path, const std::string& name, hermitfile::Span span) -> Outcome<void> {
    const auto from_user = path_from_user(path);
    if (!from_user) return failed_at(hermitfile, source, span, from_user.error().text);
    const std::string module_path = relative_to_file(hermitfile, *from_user);
    auto view = os::FileView::open(module_path);
    if (!view) {
      return failed_at(hermitfile, source, span, printable(module_path) + ": " + os::render(view.error()));
    }
    program.files.push_back(std::move(*view));
    views.push_back(&program.files.back());
    modules.push_back({printable(module_path), name, program.files.back().bytes()});
    return {};
  };
  for (const hermitfile::Link& link : file.link) {
    if (auto loaded = read(link.path, link.name, link.span); !loaded) return loaded;
  }
  if (auto loaded = read(file.from.value, "", file.from.span); !loaded) return loaded;
  if (auto checked = check_modules(modules, contents.config, progress); !checked)
    return located(hermitfile, source, file, std::move(checked.error()));

  for (size_t i = 0; i < modules.size() && !options.keep_debug; ++i) {
    ModuleToCheck& module = modules[i];
    auto stripped = wasm::strip_debug(module.bytes);
    if (!stripped) return failed(module.label, stripped.error());
    if (stripped->size() == module.bytes.size()) continue;
    // A module may be large: one copy of it is enough.
    program.buffers.push_back(std::move(*stripped));
    module.bytes = program.buffers.back();
    *views[i] = os::FileView();
  }
  contents.main_wasm = modules.back().bytes;
  modules.pop_back();
  for (const ModuleToCheck& module : modules) contents.link.push_back({module.name, module.bytes});
  return {};
}

}  // namespace

Outcome<void> load_from_hermitfile(const std::string& path, const ProgramOptions& options, Progress& progress,
                                   Program& program) {
  const auto text = os::FileView::open(path);
  if (!text) return failed(path, text.error());
  const std::string_view source = as_text(text->bytes());
  const hermitfile::Parsed parsed = hermitfile::parse(source);
  if (!parsed.errors.empty()) return failed(hermitfile::render(parsed.errors, path, source));
  const hermitfile::Hermitfile& file = parsed.file;

  bundle::Contents& contents = program.contents;
  contents.config = configuration_of(file);
  if (auto checked = check_host_grants(contents.config, options); !checked)
    return located(path, source, file, std::move(checked.error()));
  if (auto checked = bundle::check_config(contents.config); !checked) {
    return failed(printable(path) + ": " + checked.error().text);
  }

  if (auto loaded = load_modules(path, source, file, options, progress, program); !loaded) return loaded;
  for (const hermitfile::Copy& copy : file.copy) {
    if (auto embedded = embed(path, source, copy, program); !embedded) return embedded;
  }
  return check_directories(path, source, file, contents);
}

Outcome<void> load_contents(const std::string& path, const bundle::Bundle& bundle, Program& program) {
  bundle::Contents& contents = program.contents;
  const auto own = [&](std::expected<zip::Content, bundle::Problem> content) -> Outcome<ByteView> {
    if (!content) return failed(printable(path) + ": " + content.error().text);
    program.entries.push_back(std::move(*content));
    return program.entries.back().bytes();
  };
  const auto main = own(bundle.main_wasm());
  if (!main) return std::unexpected(main.error());
  contents.main_wasm = *main;
  for (const std::string& name : contents.config.link) {
    const auto bytes = own(bundle.link_module(name));
    if (!bytes) return std::unexpected(bytes.error());
    contents.link.push_back({name, *bytes});
  }
  for (const bundle::EmbeddedFile& embedded : bundle.files()) {
    const auto bytes = own(bundle.read(embedded));
    if (!bytes) return std::unexpected(bytes.error());
    contents.files.push_back({std::string(embedded.guest_path), *bytes});
  }
  return {};
}

Outcome<void> check_packed(const std::string& path, const bundle::Contents& contents, Progress& progress) {
  std::vector<ModuleToCheck> modules;
  for (const bundle::LinkedModule& linked : contents.link)
    modules.push_back({printable(path) + ": link/" + printable(linked.name) + ".wasm", linked.name, linked.bytes});
  modules.push_back({printable(path) + ": main.wasm", "", contents.main_wasm});
  return check_modules(modules, contents.config, progress);
}

Outcome<void> load_from_packed(const std::string& path, const ProgramOptions& options, Progress& progress,
                               Program& program) {
  auto view = os::FileView::open(path);
  if (!view) return failed(path, view.error());
  program.files.push_back(std::move(*view));
  const ByteView file = program.files.back().bytes();
  const auto range = zip::find_payload_range(file.first(std::min(file.size(), kExecutableHeadSize)), file.size());
  const auto bundle = bundle::Bundle::open(file, range.begin, range.end);
  if (!bundle) return failed(printable(path) + ": " + bundle.error().text);

  bundle::Contents& contents = program.contents;
  contents.config = bundle->config();
  if (auto checked = check_host_grants(contents.config, options); !checked) return checked;
  if (auto loaded = load_contents(path, *bundle, program); !loaded) return loaded;
  return check_packed(path, contents, progress);
}

}  // namespace hermit::cli
