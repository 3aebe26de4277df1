// The native stub in front of every packed program.
//
// Start: find the packed file (this executable if it carries a payload, else the file that the start script names) →
// read its zip directory and hermit.json → apply the grants → load the module → call _start. Everything in the file is
// hostile.
//
// Exit codes: the program's own; 134 after a trap; 125 the hermit itself is unusable or a grant cannot be given; 126
// its program cannot be run; 127 there is no program.
#include <algorithm>
#include <deque>

#include "base/launcher_protocol.h"
#include "bundle/reader.h"
#include "host/host.h"
#include "interp/interpreter.h"
#include "launcher/confine.h"
#include "launcher/grants.h"
#include "launcher/report.h"
#include "os/directory.h"
#include "os/process.h"
#include "os/whole_file.h"
#include "runtime/program.h"
#include "wasi1/wasi.h"
#include "wasm/decoder.h"
#include "wasm/validator.h"
#include "zip/executable_payload.h"

namespace hermit::launcher {
namespace {

constexpr int kUnusable = 125;
constexpr int kCannotRun = 126;
constexpr int kNoProgram = 127;
constexpr int kTrapped = 134;

// The embedded files of the bundle, inflated when the guest first reads them.
class EmbeddedContents {
 public:
  explicit EmbeddedContents(const bundle::Bundle& bundle) : bundle_(bundle) {}

  static Result<ByteView> load(void* context, size_t index) {
    auto* const self = static_cast<EmbeddedContents*>(context);
    auto content = self->bundle_.read(self->bundle_.files()[index]);
    if (!content) return std::unexpected(Error{ErrorKind::Malformed, "damaged embedded file", 0});
    self->contents_.push_back(std::move(*content));
    return self->contents_.back().bytes();
  }

 private:
  const bundle::Bundle& bundle_;
  std::deque<zip::Content> contents_;  // addresses stay when it grows
};

struct Opened {
  os::FileView view;
  zip::PayloadRange range;
};

Result<Opened> open_packed(const std::string& path) {
  TRY(os::FileView view, os::FileView::open(path));
  const ByteView bytes = view.bytes();
  const auto head = bytes.first(std::min(bytes.size(), zip::kExecutableHeadSize));
  const auto range = zip::find_payload_range(head, bytes.size());
  return Opened{std::move(view), range};
}

// A launcher that carries a payload was started directly and everything on its command line is the guest's; a bare one
// was started by the script of the file that it is told (base/launcher_protocol.h).
bool carries_payload(const Opened& own) {
  const ByteView bytes = own.view.bytes();
  if (zip::is_bare_macho(bytes.first(std::min(bytes.size(), zip::kExecutableHeadSize)))) return false;
  const auto archive = zip::Reader::open(bytes, own.range.begin, own.range.end);
  return archive || archive.error().what != zip::kNoArchive;
}

int run_program(const bundle::Bundle& bundle, const std::string& name, Grants grants) {
  const auto module_bytes = bundle.main_wasm();
  if (!module_bytes) {
    report(name, module_bytes.error().text);
    return bundle.zip().find("main.wasm") == nullptr ? kNoProgram : kCannotRun;
  }
  const auto module = wasm::decode_module(module_bytes->bytes());
  if (!module) return report(name, "main.wasm: " + os::render(module.error())), kCannotRun;
  const auto code = wasm::validate_all(*module);
  if (!code) return report(name, "main.wasm: " + os::render(code.error())), kCannotRun;

  EmbeddedContents embedded(bundle);
  grants.config.embedded.context = &embedded;
  grants.config.embedded.load = &EmbeddedContents::load;
  auto host = host::Host::create(std::move(grants.config));
  if (!host) return report(name, describe(host.error(), grants.directives)), kUnusable;

  wasi1::Wasi wasi(**host);
  runtime::Program program(interp::engine());
  if (!program.ok()) return report(name, "not enough memory for the program's stack"), kUnusable;
  program.add_host_functions(wasi1::functions(), &wasi);
  program.add_host_functions(wasi1::extension_functions(**host), &wasi);

  confine(**host, bundle.config());
  const auto started = program.instantiate(*module, "main");
  Trap trap = started.trap;
  if (started.link_error) return report(name, "main.wasm: " + started.link_error->text), kCannotRun;
  if (trap == Trap::None) {
    runtime::Function* const start = runtime::Program::exported_function(*started.instance, "_start");
    if (start == nullptr || *start->type != wasm::FuncType{}) {
      return report(name, "main.wasm: exports no function _start of type [] -> []"), kCannotRun;
    }
    trap = program.call(*start, nullptr);
  }
  if (trap == Trap::None) return 0;
  if (trap == Trap::Exit) return static_cast<int>(wasi.exit_code);
  report_trap(name, trap, program);
  return kTrapped;
}

// The file that runs, the launcher it runs on and the cache directory that holds it do not change under the guest's
// hands, and the directories above the file keep their names: the path stays a path to this file.
void protect(Grants& grants, const std::string& file, const std::string& launcher, const os::FileId& file_id,
             const os::FileId& launcher_id) {
  const bool writable = std::ranges::any_of(grants.config.preopens, [](const auto& p) { return !p.read_only; });
  if (!writable) return;  // a read-only grant changes nothing anyway
  grants.config.immutable = {file_id, launcher_id};
  const auto add = [](std::vector<os::FileId>& list, const std::string& directory) {
    if (const auto handle = os::open_root(directory)) {
      if (const auto status = os::status(*handle)) list.push_back(status->id);
    }
  };
  if (launcher != file) add(grants.config.immutable, launcher.substr(0, launcher.find_last_of("/\\")));
  for (size_t end = file.find_first_of("/\\", 1); end != file.npos; end = file.find_first_of("/\\", end + 1)) {
    add(grants.config.pinned, file.substr(0, end));
  }
}

int run(std::vector<std::string> arguments) {
  // Before anything else is opened: a stream that was closed at start must not take the number of a file opened later.
  os::StandardStreams streams = os::take_standard_streams();
  const std::string typed = arguments.empty() ? std::string("hermit") : arguments[0];
  const auto own_path = os::own_executable_path();
  if (!own_path) return report(typed, os::render(own_path.error())), kUnusable;
  const auto own_file = os::own_executable_to_open();
  if (!own_file) return report(typed, os::render(own_file.error())), kUnusable;
  auto opened = open_packed(*own_file);
  const os::FileId own_id = opened ? opened->view.id() : os::FileId{};

  Surroundings surroundings;
  surroundings.file = *own_path;
  surroundings.argv0 = typed;
  if (opened && carries_payload(*opened)) {
    if (!arguments.empty()) surroundings.arguments.assign(arguments.begin() + 1, arguments.end());
  } else if (arguments.size() == 2 && arguments[1] == kProbeArgument) {
    return 0;
  } else if (arguments.size() >= 4 && arguments[1] == kExecArgument) {
    const auto file = os::absolute_path(arguments[2]);
    if (!file) return report(arguments[3], arguments[2] + ": " + os::render(file.error())), kUnusable;
    surroundings.file = *file;
    surroundings.argv0 = arguments[3];
    surroundings.arguments.assign(arguments.begin() + 4, arguments.end());
    opened = open_packed(surroundings.file);
  } else if (!opened) {
    return report(typed, *own_path + ": " + os::render(opened.error())), kUnusable;
  } else {
    return report(typed, "this is a hermit launcher without a program"), kUnusable;
  }
  const std::string name = surroundings.argv0;
  if (!opened) return report(name, surroundings.file + ": " + os::render(opened.error())), kUnusable;

  const auto bundle = bundle::Bundle::open(opened->view.bytes(), opened->range.begin, opened->range.end);
  if (!bundle) return report(name, bundle.error().text), kUnusable;
  if (const auto keys = bundle::unenforced_keys(bundle->config()); !keys.empty()) {
    return report(name, "hermit.json: " + std::string(keys[0]) + " is not enforced by this launcher, so it is refused"),
           kUnusable;
  }

  surroundings.environment = os::environment();
  surroundings.directory = os::current_directory().value_or("");
  surroundings.home = os::home_directory();
  auto grants = apply_grants(*bundle, surroundings);
  if (!grants) return report(name, grants.error()), kUnusable;
  grants->config.streams = std::move(streams);
  grants->config.trace = requested_trace(name);
  protect(*grants, surroundings.file, *own_path, opened->view.id(), own_id);
  return run_program(*bundle, name, std::move(*grants));
}

}  // namespace
}  // namespace hermit::launcher

int main(int argc, char** argv) {
  using namespace hermit;
  os::exit_process(launcher::run(os::arguments(argc, argv)));
}
