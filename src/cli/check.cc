// `hermit check`: everything that `build` would find fault with, without its output.
#include "base/printable.h"
#include "bundle/writer.h"
#include "cli/program.h"
#include "os/process.h"

namespace hermit::cli {
namespace {

constexpr char kHelp[] =
    R"(usage: hermit check [-f FILE] [--allow-host]

Checks a Hermitfile, the modules and files it names, and whether they fit together, as a build does.
Writes nothing.

  -f, --file FILE       the Hermitfile (default: Hermitfile)
      --allow-host      accept a program that asks for HOST extensions

Exit codes: 0 no errors, 1 errors, 2 wrong usage.
)";

Outcome<void> run(const std::vector<std::string>& arguments) {
  std::string hermitfile = "Hermitfile", allow_host;
  std::vector<std::string> rest;
  const std::vector<Option> options = {{"--file", 'f', "FILE", &hermitfile}, {"--allow-host", 0, nullptr, &allow_host}};
  if (auto read = read_options(arguments, options, rest); !read) return read;
  if (!rest.empty())
    return wrong_usage("check takes no argument " + printable(rest[0]) + " (a Hermitfile goes behind -f)");
  const auto path = path_from_user(hermitfile);
  if (!path) return std::unexpected(path.error());

  Progress progress;
  Program program;
  if (auto loaded = load_from_hermitfile(*path, {true, !allow_host.empty()}, progress, program); !loaded) return loaded;
  // The limits of the archive show only when it is written.
  constexpr int kFastest = 1;
  Bytes archive;
  if (auto written = bundle::write_bundle(program.contents, 0, archive, kFastest); !written)
    return failed(written.error().text);
  if (!os::write_stdout(printable(*path) + ": no errors\n")) return failed("cannot write to standard output");
  return {};
}

}  // namespace

const Command kCheck = {"check", "find errors without packing", kHelp, run};

}  // namespace hermit::cli
