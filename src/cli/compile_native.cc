// Modules are decoded once more here: what is compiled is what is packed, after debug sections are gone.
#include "cli/compile_native.h"

#include <deque>

#include "base/printable.h"
#include "compiler/compile.h"
#include "os/process.h"
#include "wasm/decoder.h"

namespace hermit::cli {
namespace {

// Images lie in the file in this order, so it is part of what makes outputs identical.
constexpr CodeTarget kTargets[] = {
    {"x86_64", abi::Isa::X64, [](exe::Target target) { return exe::isa_of(target) == exe::Isa::X86_64; }},
    {"aarch64", abi::Isa::Arm64, [](exe::Target target) { return exe::isa_of(target) == exe::Isa::Aarch64; }},
};

struct ProgressContext {
  Progress& progress;
  std::string_view name;
  u64 shown = 0;
};

void report(void* context, u64 done, u64 total) {
  auto& state = *static_cast<ProgressContext*>(context);
  const u64 percent = total == 0 ? 100 : done * 100 / total;
  if (percent == state.shown) return;
  state.shown = percent;
  state.progress.step("compiling for " + std::string(state.name) + ": " + std::to_string(percent) + " %", 0);
}

}  // namespace

std::span<const CodeTarget> code_targets() { return kTargets; }

Outcome<Bytes> compile_image(const CodeTarget& target, const bundle::Contents& contents, Jobs& jobs, Progress& progress,
                             bool& unsupported) {
  unsupported = false;
  std::deque<wasm::Module> modules;
  std::vector<wasm::ProgramModule> named;
  std::vector<std::string> labels;
  const auto add = [&](std::string_view name, std::string label, ByteView bytes) -> Outcome<void> {
    auto module = wasm::decode_module(bytes);
    if (!module) return failed(label, module.error());
    named.push_back({name, &modules.emplace_back(std::move(*module))});
    labels.push_back(std::move(label));
    return {};
  };
  for (const bundle::LinkedModule& linked : contents.link) {
    if (auto added = add(linked.name, "link/" + linked.name + ".wasm", linked.bytes); !added)
      return std::unexpected(added.error());
  }
  if (auto added = add("", "main.wasm", contents.main_wasm); !added) return std::unexpected(added.error());
  ProgressContext state{progress, target.name};
  compiler::CompileOptions options;
  options.isa = target.isa;
  options.progress = {&state, report};
  size_t about = named.size() - 1;
  options.failed_module = &about;
  u64 code = 0;
  for (const wasm::Module& module : modules) {
    for (const wasm::Function& function : module.functions) code += function.body.size();
  }
  options.helpers = jobs.helpers(code);
  auto image = compiler::compile_program(named, options);
  if (!image && image.error().kind == ErrorKind::System) return failed(image.error().what);
  unsupported = !image;
  if (!image) return failed(labels[about], image.error());
  return std::move(*image);
}

Outcome<void> add_native_code(std::span<const exe::Target> targets, Jobs& jobs, Progress& progress, Program& program) {
  for (const CodeTarget& target : kTargets) {
    if (std::ranges::none_of(targets, target.runs_on)) continue;
    progress.step("compiling for " + std::string(target.name), program.contents.main_wasm.size());
    bool unsupported = false;
    auto image = compile_image(target, program.contents, jobs, progress, unsupported);
    if (!image && !unsupported) return std::unexpected(image.error());
    if (!image) {
      progress.clear();
      os::write_stderr("hermit: " + image.error().text + "; the program is packed to be interpreted on " +
                       std::string(target.name) + "\n");
      continue;
    }
    program.buffers.push_back(std::move(*image));
    program.contents.native.push_back({std::string(target.name), program.buffers.back()});
  }
  return {};
}

}  // namespace hermit::cli
