// `hermit build`, the default command: one or more executables from a Hermitfile or from a packed file.
//
// The steps: load the program (program.cc) → compile it (compile_native.cc) → for each file asked for: plan the
// container, append the archive, finish, replace the output. Outputs are complete or absent (os::replace_file).
#include <algorithm>

#include "bundle/writer.h"
#include "cli/compile_native.h"
#include "cli/program.h"
#include "exe/container.h"
#include "exe/target.h"
#include "base/printable.h"
#include "os/process.h"

namespace hermit::cli {
namespace {

constexpr char kHelp[] =
    R"(usage: hermit [build] [-f FILE] [-o FILE] [options]

Packs the program of a Hermitfile into one executable file.

  -f, --file FILE       the Hermitfile (default: Hermitfile)
      --from FILE       take the program out of a packed file instead, as it is
  -o, --output FILE     what to write (default: the program's name + .com)
      --target T[,T]    all (default)  one file for Linux, macOS and Windows
                        unix           one file for Linux and macOS that starts with #!/bin/sh
                        linux-x86_64, linux-aarch64, macos-x86_64, macos-aarch64,
                        windows-x86_64, windows-aarch64
                                       a native executable; several write FILE-TARGET[.exe] each
      --engine E        native (default)  compile the program, for the systems that can run it compiled
                        interp            leave it to the interpreter
      --jobs N          compile on N processors (default: all); the output is the same
      --keep-debug      keep the debug sections of the module
      --allow-host      pack a program that asks for HOST extensions
      --resources DIR   take launchers from DIR/launchers (default: those inside hermit.com)

Exit codes: 0 packed, 1 failed, 2 wrong usage.
)";

struct Output {
  exe::FileType type;
  std::string path;
};

std::string with_suffix(const exe::FileType& type, const std::string& stem) {
  if (type.kind != exe::FileKind::Single) return stem + ".com";
  const bool windows = exe::system_of(type.target) == exe::System::Windows;
  return stem + "-" + std::string(exe::target_name(type.target)) + (windows ? ".exe" : "");
}

Outcome<std::vector<exe::FileType>> parse_targets(const std::string& targets) {
  std::vector<exe::FileType> types;
  for (size_t begin = 0; begin <= targets.size();) {
    const size_t comma = std::min(targets.find(',', begin), targets.size());
    const std::string name = targets.substr(begin, comma - begin);
    const auto type = exe::parse_file_type(name);
    if (!type) {
      std::string known = "all, unix";
      for (const exe::Target target : exe::kAllTargets) known += ", " + std::string(exe::target_name(target));
      return wrong_usage("unknown target \"" + printable(name) + "\" (targets: " + known + ")");
    }
    for (const exe::FileType& other : types) {
      const bool single = type->kind == exe::FileKind::Single;
      if (other.kind == type->kind && (!single || other.target == type->target)) {
        return wrong_usage("target " + name + " is named twice");
      }
    }
    types.push_back(*type);
    begin = comma + 1;
  }
  return types;
}

// One file takes the name given with -o; of several, each takes a name made from it.
std::vector<Output> plan_outputs(const std::vector<exe::FileType>& types, const std::string& output,
                                 const std::string& program) {
  if (types.size() == 1 && !output.empty()) return {Output{types[0], output}};
  std::string stem = output.empty() ? without_extension(program) : output;
  if (stem.ends_with(".com") || stem.ends_with(".exe")) stem.resize(stem.size() - 4);
  std::vector<Output> outputs;
  for (const exe::FileType& type : types) {
    const bool beside_all = type.kind == exe::FileKind::Unix && types.size() > 1;
    outputs.push_back({type, beside_all ? stem + "-unix.com" : with_suffix(type, stem)});
  }
  return outputs;
}

// The systems that files of `type` start on by launchers of their own.
std::vector<exe::Target> targets_of(const exe::FileType& type) {
  std::vector<exe::Target> targets;
  for (const exe::Target target : exe::kAllTargets) {
    if (type.kind == exe::FileKind::Single && target != type.target) continue;
    if (type.kind != exe::FileKind::Single && target == exe::Target::WindowsAarch64) continue;
    if (type.kind == exe::FileKind::Unix && exe::system_of(target) == exe::System::Windows) continue;
    targets.push_back(target);
  }
  return targets;
}

// What goes into a file of `type`: native images only for systems that it starts on.
bundle::Contents contents_for(const exe::FileType& type, const bundle::Contents& contents) {
  bundle::Contents chosen = contents;
  const std::vector<exe::Target> targets = targets_of(type);
  std::erase_if(chosen.native, [&](const bundle::NativeImage& image) {
    return std::ranges::none_of(code_targets(), [&](const CodeTarget& target) {
      return target.name == image.isa && std::ranges::any_of(targets, target.runs_on);
    });
  });
  if (type.kind == exe::FileKind::Single) chosen.image_alignment = bundle::kPageAlignment;
  return chosen;
}

// The launchers that files of `type` are made of.
Outcome<std::vector<exe::Launcher>> load_launchers(const exe::FileType& type, const std::string& resources,
                                                   std::deque<os::FileView>& owner) {
  std::vector<exe::Launcher> launchers;
  for (const exe::Target target : targets_of(type)) {
    const std::string path = resource_path(resources, "launchers/" + std::string(exe::target_name(target)));
    auto view = os::FileView::open(path);
    if (!view) return failed(path, view.error());
    owner.push_back(std::move(*view));
    launchers.push_back({target, owner.back().bytes()});
  }
  return launchers;
}

Outcome<void> write_output(const Output& output, const bundle::Contents& all, const std::string& resources,
                           Progress& progress) {
  const bundle::Contents contents = contents_for(output.type, all);
  progress.step("packing " + printable(output.path), contents.main_wasm.size());
  std::deque<os::FileView> owner;
  const auto launchers = load_launchers(output.type, resources, owner);
  if (!launchers) return std::unexpected(launchers.error());
  const auto container = exe::plan_file(output.type, *launchers, exe::kPlainAlignment);
  if (!container) return failed("launcher", container.error());

  Bytes file = container->head;
  const u64 start = bundle::archive_start(contents, file.size());
  file.reserve(static_cast<size_t>(start + bundle::largest_size(contents)));
  file.resize(static_cast<size_t>(start));
  if (auto written = bundle::write_bundle(contents, start, file); !written) return failed(written.error().text);
  if (auto finished = exe::finish_file(*container, file); !finished) return failed(output.path, finished.error());

  progress.step("writing " + printable(output.path), file.size());
  const ByteView parts[] = {file};
  const auto replaced = os::replace_file(output.path, parts, true);
  if (!replaced) return failed(output.path, replaced.error());
  if (!*replaced) {
    os::write_stderr("hermit: warning: " + printable(output.path) +
                     ": its file system does not let it be made executable\n");
  }
  return {};
}

Outcome<void> run(const std::vector<std::string>& arguments) {
  std::string hermitfile, from, output, targets = "all", keep_debug, allow_host, resources, engine = "native",
                                        jobs_text;
  std::vector<std::string> rest;
  const std::vector<Option> options = {
      {"--file", 'f', "FILE", &hermitfile},
      {"--from", 0, "FILE", &from},
      {"--output", 'o', "FILE", &output},
      {"--target", 0, "TARGET[,TARGET...]", &targets},
      {"--keep-debug", 0, nullptr, &keep_debug},
      {"--allow-host", 0, nullptr, &allow_host},
      {"--resources", 0, "DIR", &resources},
      {"--engine", 0, "native|interp", &engine},
      {"--jobs", 0, "N", &jobs_text},
  };
  if (auto read = read_options(arguments, options, rest); !read) return read;
  if (!rest.empty())
    return wrong_usage("build takes no argument " + printable(rest[0]) + " (a Hermitfile goes behind -f)");
  if (!hermitfile.empty() && !from.empty()) return wrong_usage("-f and --from exclude each other");

  if (engine != "native" && engine != "interp")
    return wrong_usage("unknown engine \"" + printable(engine) + "\" (engines: native, interp)");
  auto jobs = Jobs::parse(jobs_text);
  if (!jobs) return std::unexpected(jobs.error());
  const auto types = parse_targets(targets);
  if (!types) return std::unexpected(types.error());

  for (std::string* path : {&hermitfile, &from, &output}) {
    auto typed = path_from_user(*path);
    if (!typed) return std::unexpected(typed.error());
    *path = std::move(*typed);
  }

  Progress progress;
  Program program;
  const ProgramOptions how = {!keep_debug.empty(), !allow_host.empty()};
  if (auto loaded = from.empty()
                        ? load_from_hermitfile(hermitfile.empty() ? "Hermitfile" : hermitfile, how, progress, program)
                        : load_from_packed(from, how, progress, program);
      !loaded) {
    return loaded;
  }
  if (engine == "native") {
    std::vector<exe::Target> all;
    for (const exe::FileType& type : *types) std::ranges::copy(targets_of(type), std::back_inserter(all));
    if (auto compiled = add_native_code(all, *jobs, progress, program); !compiled) return compiled;
  }
  jobs->end();  // their memory is free for the output
  // What a packed file calls its program is not trusted with the name of an output.
  const std::string name = base_name(from.empty() ? program.contents.config.from : from);
  for (const Output& planned : plan_outputs(*types, output, name)) {
    if (output.empty() && planned.path == from) return wrong_usage("the output needs a name of its own: -o FILE");
    if (auto written = write_output(planned, program.contents, resources, progress); !written) return written;
  }
  return {};
}

}  // namespace

const Command kBuild = {"build", "pack a program", kHelp, run};

}  // namespace hermit::cli
