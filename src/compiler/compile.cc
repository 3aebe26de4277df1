// The list of passes, and the loop over functions. docs/compiler.md describes each pass.
#include "compiler/compile.h"

#include <array>
#include <string>

#include "base/check.h"
#include "compiler/allocate.h"
#include "compiler/build.h"
#include "compiler/cfg.h"
#include "compiler/crew.h"
#include "compiler/demote.h"
#include "compiler/division.h"
#include "compiler/gvn.h"
#include "compiler/image.h"
#include "compiler/inline.h"
#include "compiler/licm.h"
#include "compiler/ir_text.h"
#include "compiler/ir_verify.h"
#include "compiler/prune.h"
#include "compiler/ranges.h"
#include "compiler/recursion.h"
#include "compiler/target.h"
#include "compiler/wide_products.h"

namespace hermit::compiler {

namespace {

struct Pass {
  std::string_view name;
  void (*run)(Function& function);
};

// Behind `build`, which makes the function, `recursion`, and `inline`, which needs to know the others.
constexpr Pass kPasses[] = {
    {"prune", prune},
    {"returns", copy_returns},  // cfg.h
    {"addresses", fold_addresses},  // ranges.h
    {"gvn", number_values},
    {"wide_products", find_wide_products},
    {"prune2", prune},
    {"divisions", expand_divisions},
    {"split_critical_edges", split_critical_edges},
    {"loops", find_loops},
    {"licm", hoist_invariants},
};

constexpr auto kNames = [] {
  std::array<std::string_view, std::size(kPasses) + 3> names = {"build", "recursion", "inline"};
  for (size_t i = 0; i < std::size(kPasses); ++i) names[i + 3] = kPasses[i].name;
  return names;
}();

// A wrong compiler must not produce code.
void check(const CompileOptions& options, const Function& function, std::string_view pass) {
  if (!options.check) return;
  std::string wrong = verify(function);
  if (wrong.empty() && (pass == kNames.front() || pass == kNames.back())) {
    const std::string text = print(function);
    const auto parsed = parse(text);
    if (!parsed) {
      wrong = "its text is not read in line " + std::to_string(parsed.error().where) + ": " + parsed.error().what;
    } else if (print(*parsed) != text) {
      wrong = "its text is read as something else";
    }
  }
  if (!wrong.empty()) check_failed(std::string(pass).c_str(), static_cast<int>(function.index), wrong.c_str());
}

}  // namespace

std::span<const std::string_view> pass_names() { return kNames; }

Result<FunctionCode> compile_function(const ModuleInfo& info, u32 index, const CompileOptions& options,
                                      std::string_view dump_after, std::string* dump) {
  TRY(Function function, build(info, index));
  check(options, function, "build");
  if (dump_after == "build") *dump += print(function);
  if (info.module->bytes.size() < kInlinedSource) inline_recursion(function);
  check(options, function, "recursion");
  if (dump_after == "recursion") *dump += print(function);
  inline_leaves(info, function);
  check(options, function, "inline");
  if (dump_after == "inline") *dump += print(function);
  for (const Pass& pass : kPasses) {
    pass.run(function);
    check(options, function, pass.name);
    if (dump_after == pass.name) *dump += print(function);
  }
  const Target& target = target_of(options.isa);
  TRY(MachineFunction machine, target.select(info, function));
  std::optional<Allocation> allocation;
  if (!options.demote) allocation = allocate(machine, target.register_file());
  if (!allocation) {
    demote(function);
    check(options, function, "demote");
    TRY(machine, target.select(info, function));
    allocation = allocate(machine, target.register_file());
    CHECK(allocation.has_value());  // no lifetime leaves its block any more
  }
  if (options.check) {
    const std::string wrong = check_allocation(machine, target.register_file(), *allocation);
    if (!wrong.empty()) check_failed("allocate", static_cast<int>(index), wrong.c_str());
  }
  TRY(FunctionCode code, target.emit(machine, *allocation, info.escapes[index], options.listing));
  code.inlined = std::move(function.inlined);
  return code;
}

Result<Bytes> compile_program(std::span<const wasm::ProgramModule> modules, const CompileOptions& options) {
  std::vector<ModuleInfo> infos;
  u64 total = 0;
  u64 done = 0;
  u64 about = 0;  // of the image
  for (const wasm::ProgramModule& item : modules) {
    infos.push_back(examine(*item.module));
    for (const wasm::Function& function : item.module->functions) total += function.body.size();
    about += item.module->bytes.size() + wasm::kPageSize;  // data and names, with room to align the former
  }
  about += total;  // code is about one and a half times as large
  ImageWriter writer(options.isa, modules.size(), options.island_distance, about);
  std::optional<Crew> crew;
  if (options.helpers.count != 0) crew.emplace(modules, infos, options);
  for (size_t m = 0; m < modules.size(); ++m) {
    const wasm::Module& module = *modules[m].module;
    writer.begin_module(modules[m].name, module);
    for (u32 i = module.imported_functions; i < module.functions.size(); ++i) {
      auto code = crew ? crew->next() : compile_function(infos[m], i, options);
      if (!code && options.failed_module != nullptr) *options.failed_module = m;
      if (!code) return std::unexpected(code.error());
      writer.add_function(std::move(*code), infos[m].escapes[i]);
      done += module.functions[i].body.size();
      if (options.progress.report != nullptr) options.progress.report(options.progress.context, done, total);
    }
    writer.end_module(infos[m]);
  }
  return writer.finish();
}

Result<Bytes> compile_program(std::span<const wasm::Module* const> modules, const CompileOptions& options) {
  std::vector<wasm::ProgramModule> named;
  for (const wasm::Module* module : modules) named.push_back({"", module});
  return compile_program(named, options);
}

}  // namespace hermit::compiler
