// `hermit licenses`: the licence of Hermit and of every library inside its executables.
#include "cli/command.h"
#include "os/process.h"
#include "os/whole_file.h"

namespace hermit::cli {
namespace {

constexpr char kHelp[] =
    R"(usage: hermit licenses

Prints the licence of Hermit and the notices of every library that is part of hermit.com and of the
executables it writes.
)";

Outcome<void> run(const std::vector<std::string>& arguments) {
  std::string resources;
  std::vector<std::string> rest;
  if (auto read = read_options(arguments, {{"--resources", 0, "DIR", &resources}}, rest); !read) return read;
  if (!rest.empty()) return wrong_usage("licenses takes no argument");
  const std::string path = resource_path(resources, "licenses.txt");
  const auto text = os::FileView::open(path);
  if (!text) return failed(path, text.error());
  if (!os::write_stdout(as_text(text->bytes()))) return failed("cannot write to standard output");
  return {};
}

}  // namespace

const Command kLicenses = {"licenses", "licences of the code inside hermit", kHelp, run};

}  // namespace hermit::cli
