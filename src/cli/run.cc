// `hermit run FILE`: somebody else's program under the caller's grants, whatever the file asks for.
//
// A bundle is made in memory from the file's modules, its embedded files and its default arguments, with the grants of
// this command line; then the launcher is asked to go on with that bundle instead of this tool (HOST run). No process
// is started, and of the file nothing is executed but its modules, which the launcher validates like any other: its
// launchers and native images are not even read.
#include <algorithm>

#include "base/printable.h"
#include "bundle/reader.h"
#include "bundle/writer.h"
#include "cli/program.h"
#include "os/process.h"
#include "zip/executable_payload.h"

namespace hermit::cli {
namespace {

constexpr char kHelp[] =
    R"(usage: hermit run [options] FILE [ARGUMENT...]

Runs a WebAssembly module or a packed program with the grants given here, and no others. Of a packed
program only its modules, embedded files, entry and default arguments are used.

      --map ENTRY       a directory, as in MAP: host[:guest][:ro,optional]
      --env NAME[=V]    a variable, as in ENV
      --net ENTRY       a host, as in NET
      --limit NAME=V    as in LIMIT; the file's own limits stay where none is given
      --workdir PATH    as in WORKDIR
      --explain         list what the file asks for and does not get, on standard error

Each may be repeated. The exit code is the program's.
)";

struct Options {
  std::vector<std::string> map, env, net, limit;
  std::string workdir, explain;
};

// Adds the entries of one option to the configuration.
template <typename Entry>
Outcome<void> add_entries(const char* option, const std::vector<std::string>& texts,
                          Result<Entry> (*parse)(std::string_view), std::vector<Entry>& entries) {
  for (const std::string& text : texts) {
    auto entry = parse(text);
    if (!entry) return wrong_usage(std::string(option) + " " + quote(text) + ": " + entry.error().what);
    entries.push_back(std::move(*entry));
  }
  return {};
}

Outcome<void> add_grants(const Options& options, bundle::Config& config) {
  if (auto added = add_entries("--map", options.map, grants::parse_map, config.map); !added) return added;
  if (auto added = add_entries("--env", options.env, grants::parse_env, config.env); !added) return added;
  if (auto added = add_entries("--net", options.net, grants::parse_net, config.net); !added) return added;
  grants::Limits limits;
  for (const std::string& text : options.limit) {
    if (const auto parsed = grants::parse_limit(text, limits); !parsed)
      return wrong_usage("--limit " + quote(text) + ": " + parsed.error().what);
  }
  for (const auto member : {&grants::Limits::memory_bytes, &grants::Limits::stack_bytes, &grants::Limits::time_ms,
                            &grants::Limits::files}) {
    if (limits.*member) config.limit.*member = limits.*member;
  }
  if (options.workdir.empty()) return {};
  auto workdir = grants::parse_guest_path(options.workdir);
  if (!workdir) return wrong_usage("--workdir " + quote(options.workdir) + ": " + workdir.error().what);
  config.workdir = std::move(*workdir);
  return {};
}

// What `wanted` asks for beyond `given`, one line each.
std::string explain(const bundle::Config& wanted, const bundle::Config& given) {
  std::string text;
  const auto line = [&](const std::string& what) { text += "hermit: not granted: " + printable(what) + "\n"; };
  for (const auto extension : wanted.host)
    line("HOST " + std::string(grants::to_text(extension)) + " (never granted by run)");
  for (const grants::Map& map : wanted.map) {
    const auto covers = [&](const grants::Map& other) {
      return other.host == map.host && other.guest == map.guest && (map.read_only || !other.read_only);
    };
    if (std::ranges::none_of(given.map, covers))
      line("MAP " + grants::to_text(map) + "   (--map " + grants::to_text(map) + ")");
  }
  for (const grants::Net& net : wanted.net) {
    if (std::ranges::find(given.net, net) == given.net.end())
      line("NET " + grants::to_text(net) + "   (--net " + grants::to_text(net) + ")");
  }
  for (const grants::Env& env : wanted.env) {
    if (std::ranges::find(given.env, env.name, &grants::Env::name) == given.env.end())
      line("ENV " + grants::to_text(env) + "   (--env " + grants::to_text(env) + ")");
  }
  if (wanted.env_pwd_is_host_cwd) line("ENV_PWD_IS_HOST_CWD");
  if (wanted.env_exe_name_is_host_exe_name) line("ENV_EXE_NAME_IS_HOST_EXE_NAME");
  if (!wanted.workdir.empty() && given.workdir.empty())
    line("WORKDIR " + wanted.workdir + "   (--workdir " + wanted.workdir + ")");
  return text;
}

// Fills `program` with a module of its own, or with what a packed file holds, under the caller's grants. `wanted` is
// what the file asks for.
Outcome<void> load(const std::string& path, const Options& given, Program& program, bundle::Config& wanted) {
  auto view = os::FileView::open(path);
  if (!view) return failed(path, view.error());
  program.files.push_back(std::move(*view));
  const ByteView file = program.files.back().bytes();
  constexpr std::string_view kWasmMagic("\0asm", 4);
  bundle::Config& config = program.contents.config;
  if (as_text(file).starts_with(kWasmMagic)) {
    program.contents.main_wasm = file;
    config.from = base_name(path);
    return add_grants(given, config);
  }
  const auto range = zip::find_payload_range(file.first(std::min(file.size(), kExecutableHeadSize)), file.size());
  const auto bundle = bundle::Bundle::open(file, range.begin, range.end);
  if (!bundle) return failed(printable(path) + ": " + bundle.error().text);
  wanted = bundle->config();
  config.from = wanted.from;
  config.copy = wanted.copy;
  config.link = wanted.link;
  config.argv = wanted.argv;
  config.entrypoint = wanted.entrypoint;
  config.limit = wanted.limit;
  if (auto granted = add_grants(given, config); !granted) return granted;
  return load_contents(path, *bundle, program);
}

Outcome<void> run(const std::vector<std::string>& arguments) {
  Options given;
  std::vector<std::string> rest;
  std::string help;
  const std::vector<Option> options = {
      {"--map", 0, "ENTRY", nullptr, &given.map},
      {"--env", 0, "NAME[=VALUE]", nullptr, &given.env},
      {"--net", 0, "ENTRY", nullptr, &given.net},
      {"--limit", 0, "NAME=VALUE", nullptr, &given.limit},
      {"--workdir", 0, "PATH", &given.workdir},
      {"--explain", 0, nullptr, &given.explain},
      {"--help", 'h', nullptr, &help},
  };
  if (auto read = read_options(arguments, options, rest, true); !read) return read;
  if (!help.empty()) {
    if (!os::write_stdout(kHelp)) return failed("cannot write to standard output");
    return {};
  }
  if (rest.empty()) return wrong_usage("run takes a FILE");
  const auto path = path_from_user(rest[0]);
  if (!path) return std::unexpected(path.error());

  Bytes archive;
  {
    Program program;
    bundle::Config wanted;
    if (auto loaded = load(*path, given, program, wanted); !loaded) return loaded;
    if (!given.explain.empty()) os::write_stderr(explain(wanted, program.contents.config));
    if (auto written = bundle::write_bundle(program.contents, 0, archive, bundle::kStoreLevel); !written)
      return failed(written.error().text);
  }
  return failed(*path, os::run_bundle(archive, rest));
}

}  // namespace

const Command kRun = {"run", "run a program under your own grants", kHelp, run};

}  // namespace hermit::cli
