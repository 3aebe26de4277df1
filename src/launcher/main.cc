// The native stub in front of every packed program.
//
// Start: find the packed file (this executable if it carries a payload, else the file that the start script names) →
// read its zip directory and hermit.json → apply the grants → run the program (program.cc). Everything in the file is
// hostile.
//
// Exit codes: the program's own; 134 after a trap; 124 LIMIT time; 125 the hermit itself is unusable or a grant cannot
// be given; 126 its program cannot be run; 127 there is no program.
#include <algorithm>
#include <optional>

#include "base/check.h"
#include "base/launcher_protocol.h"
#include "bundle/reader.h"
#include "launcher/grants.h"
#include "launcher/program.h"
#include "launcher/report.h"
#include "os/directory.h"
#include "os/handle.h"
#include "os/process.h"
#include "os/whole_file.h"
#include "zip/executable_payload.h"

namespace hermit::launcher {
namespace {

struct Opened {
  os::FileView view;
  bool is_bare_launcher;
  bool is_polyglot;
  Result<zip::Reader> archive;
};

Result<Opened> open_packed(const std::string& path) {
  Bytes first(kExecutableHeadSize);
  TRY(os::FileView view, os::FileView::open(path, true, first));
  const ByteView bytes = view.bytes();
  const auto head = ByteView(first).first(std::min(bytes.size(), first.size()));
  const auto range = zip::find_payload_range(head, bytes.size());
  const bool is_bare_launcher = zip::is_bare_launcher(head);
  const bool is_polyglot = as_text(head).starts_with("MZ=");
  first = {};  // now, so that what comes next lies in pages that are there
  auto archive = zip::Reader::open(bytes, range.begin, range.end);
  return Opened{std::move(view), is_bare_launcher, is_polyglot, std::move(archive)};
}

// The file that this process was started from. One that can be seen to be bare without being opened is not opened.
Result<Opened> open_own() {
  if (zip::is_bare_launcher(os::own_header())) return Opened{{}, true, false, malformed(zip::kNoArchive, 0)};
  TRY(const std::string path, os::own_executable_to_open());
  return open_packed(path);
}

// A launcher that carries a payload was started directly and everything on its command line is the guest's; a bare one
// was started by the script of the file that it is told (base/launcher_protocol.h).
bool carries_payload(const Opened& own) {
  return !own.is_bare_launcher && (own.archive || own.archive.error().what != zip::kNoArchive);
}

// On Linux the Windows half of the one file is a mistake of whoever started it, and confinement there is not the one
// that was promised: refused, unless the user insists. A true PE was meant for what runs it.
std::optional<std::string> wrong_half(const Opened& own, const Surroundings& surroundings) {
  const os::Starter starter = os::starter();
  if (starter == os::Starter::System || !own.is_polyglot) return std::nullopt;
  if (surroundings.variable("HERMIT_WINDOWS_HALF") == "1") return std::nullopt;
  return std::string(starter == os::Starter::Wine ? "Wine" : "WSL") +
         " took this file for a Windows program. Start it as `sh FILE`; or make one that Linux knows: "
         "`hermit.com build --from FILE --target unix`. HERMIT_WINDOWS_HALF=1 starts the Windows half all the same";
}

// The file that runs, the launcher it runs on and the cache directory that holds it do not change under the guest's
// hands, and the directories above the file keep their names: the path stays a path to this file.
void protect(Grants& grants, const std::string& file, const std::string& launcher, const os::FileId& file_id,
             const os::FileId& launcher_id) {
  const bool writable = std::ranges::any_of(grants.config.preopens, [](const auto& p) { return !p.read_only; });
  if (!writable) return;  // a read-only grant changes nothing anyway
  CHECK(!file.empty() && !launcher.empty());  // needs_paths
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

// The process as it was started, for every program that runs in it one after the other.
struct Process {
  std::string launcher;  // the path of this executable, if needs_paths
  os::FileId launcher_id;  // likewise
  os::FileId file_id;    // of the packed file
  bool open_streams[3];  // which standard streams were there at start
  os::StandardStreams streams;
};

// Does anything depend on where the packed file and the launcher lie? Asking the system is 2 % of a start. What HOST
// run hands over may need them too, and can no longer ask.
bool needs_paths(const bundle::Config& config) {
  return config.env_exe_name_is_host_exe_name || !config.host.empty() ||
         std::ranges::any_of(config.map, [](const auto& map) { return !map.read_only; });
}

// Runs the program in `bundle` (see run_program), or reports why not and gives the exit code.
std::expected<wasi1::RunRequest, int> run_bundle(const bundle::Bundle& bundle, const Surroundings& surroundings,
                                                 Process& process, const std::optional<EngineWish>& wish) {
  const std::string& name = surroundings.argv0;
  const auto refused = [&](std::string_view why) {
    report(name, why);
    return std::unexpected(kUnusable);
  };
  auto grants = apply_grants(bundle, surroundings);
  if (!grants) return refused(grants.error());
  if (auto clear = check_rights(*grants); !clear) return refused(clear.error());
  grants->config.streams = std::move(process.streams);
  grants->config.trace = requested_trace(name, surroundings.variable("HERMIT_TRACE"));
  protect(*grants, surroundings.file, process.launcher, process.file_id, process.launcher_id);
  return run_program(bundle, name, std::move(*grants), wish);
}

// A program that another one handed over (HOST run) gets the grants in its own archive and no host extensions, so that
// there is an end to it.
int run_next(const wasi1::RunRequest& request, Surroundings surroundings, Process& process) {
  surroundings.argv0 = request.arguments[0];
  surroundings.arguments.assign(request.arguments.begin() + 1, request.arguments.end());
  process.streams = os::take_standard_streams();
  for (int i = 0; i < 3; ++i) {
    if (!process.open_streams[i]) process.streams.streams[i] = os::Handle();
  }
  const auto bundle = bundle::Bundle::open(request.archive, 0, request.archive.size());
  if (!bundle) return report(surroundings.argv0, bundle.error().text), kUnusable;
  if (!bundle->config().host.empty()) return report(surroundings.argv0, "HOST is not passed on"), kUnusable;
  const auto refused = run_bundle(*bundle, surroundings, process, std::nullopt);
  CHECK(!refused);  // without HOST no program hands over
  return refused.error();
}

int run(std::vector<std::string> arguments) {
  // Before anything else is opened: a stream that was closed at start must not take the number of a file opened later.
  Process process = {};
  process.streams = os::take_standard_streams();
  for (int i = 0; i < 3; ++i) process.open_streams[i] = process.streams.streams[i].valid();
  const std::string typed = arguments.empty() ? std::string("hermit") : arguments[0];
  auto opened = open_own();

  Surroundings surroundings;
  surroundings.argv0 = typed;
  surroundings.environment = os::environment();
  if (opened && carries_payload(*opened)) {
    if (const auto refusal = wrong_half(*opened, surroundings)) return report(typed, *refusal), kCannotRun;
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
    return report(typed, os::own_executable_path().value_or(typed) + ": " + os::render(opened.error())), kUnusable;
  } else {
    return report(typed, "this is a hermit launcher without a program"), kUnusable;
  }
  const std::string name = surroundings.argv0;
  if (!opened) return report(name, surroundings.file + ": " + os::render(opened.error())), kUnusable;
  process.file_id = opened->view.id();
  surroundings.directory = os::current_directory().value_or("");
  surroundings.home = os::home_directory();

  const auto bundle = bundle::Bundle::open(std::move(opened->archive));
  if (!bundle) return report(name, bundle.error().text), kUnusable;
  if (needs_paths(bundle->config())) {
    const auto own_path = os::own_executable_path();
    if (!own_path) return report(name, os::render(own_path.error())), kUnusable;
    process.launcher = *own_path;
    const auto own_file = os::own_executable_to_open();
    const auto own = own_file ? os::FileView::open(*own_file) : std::unexpected(own_file.error());
    if (!own) return report(name, os::render(own.error())), kUnusable;
    process.launcher_id = own->id();
    if (surroundings.file.empty()) surroundings.file = *own_path;
  }
  const EngineWish wish{surroundings.variable("HERMIT_ENGINE").value_or(""),
                        surroundings.variable("HERMIT_VERIFY") == "1"};
  const auto next = run_bundle(*bundle, surroundings, process, wish);
  if (!next) return next.error();
  return run_next(*next, std::move(surroundings), process);
}

}  // namespace
}  // namespace hermit::launcher

int main(int argc, char** argv) {
  using namespace hermit;
  os::exit_process(launcher::run(os::arguments(argc, argv)));
}
