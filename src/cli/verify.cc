// `hermit verify FILE`: is the native code in a packed file what this hermit makes of the modules beside it?
//
// The compiler is a function of its input, so its answer is the same bytes or the code is somebody else's.
#include "abi/native_image.h"

#include <algorithm>
#include <cstring>

#include "base/printable.h"
#include "cli/compile_native.h"
#include "compiler/compile.h"
#include "os/process.h"
#include "zip/executable_payload.h"

namespace hermit::cli {
namespace {

constexpr char kHelp[] =
    R"(usage: hermit verify [--jobs N] FILE

Compiles the modules in a packed file again and compares the native code in it, byte for byte. Only the
version of hermit that made the file can tell.

      --jobs N    compile on N processors (default: all)

Exit codes: 0 the code is what these modules compile to, or there is none; 1 it is not; 2 wrong usage.
)";

// What is wrong with an image, or an empty text. Behind an image lie zeros, for the alignment of what follows.
std::string compare(ByteView packed, ByteView compiled) {
  abi::ImageHeader header;
  if (packed.size() < sizeof header) return "is no native image";
  std::memcpy(&header, packed.data(), sizeof header);
  if (std::memcmp(header.magic, abi::kImageMagic, sizeof header.magic) != 0) return "is no native image";
  if (header.version != abi::kImageVersion || !std::ranges::equal(header.engine, compiler::engine_id()))
    return "was made by another version of hermit, which alone can verify it";
  if (packed.size() < compiled.size()) return "is not what the modules compile to: it is shorter";
  const auto different = std::ranges::mismatch(packed, compiled).in1;
  if (different != packed.begin() + static_cast<std::ptrdiff_t>(compiled.size())) {
    return "is not what the modules compile to: it differs at offset " + std::to_string(different - packed.begin()) +
           " of " + std::to_string(compiled.size());
  }
  if (std::any_of(different, packed.end(), [](u8 byte) { return byte != 0; }))
    return "is not what the modules compile to: there is more behind it";
  return {};
}

Outcome<void> run(const std::vector<std::string>& arguments) {
  std::vector<std::string> rest;
  std::string jobs_text;
  if (auto read = read_options(arguments, {{"--jobs", 0, "N", &jobs_text}}, rest); !read) return read;
  auto jobs = Jobs::parse(jobs_text);
  if (!jobs) return std::unexpected(jobs.error());
  if (rest.size() != 1) return wrong_usage("verify takes one FILE");
  const auto path = path_from_user(rest[0]);
  if (!path) return std::unexpected(path.error());
  const auto view = os::FileView::open(*path);
  if (!view) return failed(*path, view.error());
  const ByteView file = view->bytes();
  const auto range = zip::find_payload_range(file.first(std::min(file.size(), kExecutableHeadSize)), file.size());
  const auto bundle = bundle::Bundle::open(file, range.begin, range.end);
  if (!bundle) return failed(printable(*path) + ": " + bundle.error().text);

  Progress progress;
  Program program;
  program.contents.config = bundle->config();
  if (auto loaded = load_contents(*path, *bundle, program); !loaded) return loaded;
  if (auto checked = check_packed(*path, program.contents, progress); !checked) return checked;
  std::string text, problems;
  for (const zip::Entry& entry : bundle->zip().entries()) {
    constexpr std::string_view kFolder = "native/";
    if (!entry.name.starts_with(kFolder)) continue;
    const std::string label = printable(*path) + ": " + printable(entry.name);
    const std::string_view name = entry.name.substr(kFolder.size());
    const auto target = std::ranges::find(code_targets(), name, &CodeTarget::name);
    const auto image = bundle->native_image(name);
    if (target == code_targets().end()) {
      problems += "hermit: " + label + " is for no instruction set that this hermit compiles for\n";
    } else if (!image) {
      problems += "hermit: " + label + " is compressed or damaged\n";
    } else {
      bool unsupported = false;
      const auto compiled = compile_image(*target, program.contents, *jobs, progress, unsupported);
      if (!compiled) return std::unexpected(compiled.error());
      const std::string problem = compare(*image, *compiled);
      if (problem.empty()) text += label + " is what the modules compile to\n";
      if (!problem.empty()) problems += "hermit: " + label + " " + problem + "\n";
    }
  }
  progress.clear();
  if (text.empty() && problems.empty()) text = printable(*path) + ": no native code\n";
  if (!os::write_stdout(text)) return failed("cannot write to standard output");
  if (!problems.empty()) return failed(problems);
  return {};
}

}  // namespace

const Command kVerify = {"verify", "is the native code that of the modules?", kHelp, run};

}  // namespace hermit::cli
