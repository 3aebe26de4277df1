// `hermit compile FILE.wasm`: what the compiler makes of a module, for people and for tests.
#include "compiler/compile.h"

#include <algorithm>

#include "base/printable.h"
#include "cli/command.h"
#include "compiler/ir_text.h"
#include "os/process.h"
#include "os/whole_file.h"
#include "wasm/decoder.h"
#include "wasm/validator.h"

namespace hermit::cli {
namespace {

constexpr char kHelp[] =
    R"(usage: hermit compile [options] FILE.wasm

Shows what the compiler makes of a module, on standard output.

      --emit asm          machine code as text, with its bytes (default)
      --emit ir           the intermediate code, after the last pass
      --emit code         machine code as bytes: one function after the other,
                          each without the constants behind it, addresses of
                          other functions left open
      --emit image        the native image
      --isa NAME          x86_64 or aarch64 (default: that of this machine)
      --dump-after PASS   the intermediate code after a pass
      --function N        only the function of this index, imports counted
      --time              only how long compiling takes
      --check             verify the result of every pass and allocation
)";

struct Options {
  std::string emit, isa, dump_after, function, time, check;
};

struct NamedIsa {
  std::string_view name;
  abi::Isa isa;
};
constexpr NamedIsa kIsas[] = {{"x86_64", abi::Isa::X64}, {"aarch64", abi::Isa::Arm64}};

Outcome<std::optional<u32>> parse_function(const std::string& text, const wasm::Module& module) {
  if (text.empty()) return std::nullopt;
  u64 value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9' || value > ~u32{0}) return wrong_usage("--function takes an index, not " + quote(text));
    value = value * 10 + static_cast<u64>(c - '0');
  }
  if (value < module.imported_functions || value >= module.functions.size()) {
    return failed("functions " + std::to_string(module.imported_functions) + " to " +
                  std::to_string(module.functions.size()) + " (exclusive) have bodies, not " + text);
  }
  return static_cast<u32>(value);
}

Outcome<void> print(std::string_view bytes) {
  if (!os::write_stdout(bytes)) return failed("cannot write to standard output");
  return {};
}

Outcome<void> emit_program(const std::string& path, const wasm::Module& module, const Options& given,
                           compiler::CompileOptions options) {
  const wasm::ProgramModule program[] = {{"", &module}};
  const u64 start = os::monotonic_milliseconds();
  const auto image = compiler::compile_program(program, options);
  if (!image) return failed(path, image.error());
  if (given.time.empty()) return print(as_text(*image));
  const u64 taken = std::max<u64>(os::monotonic_milliseconds() - start, 1);
  u64 code = 0;
  for (const wasm::Function& function : module.functions) code += function.body.size();
  return print(std::to_string(code) + " bytes of code, an image of " + std::to_string(image->size()) + " bytes, " +
               std::to_string(taken) + " ms, " + std::to_string(code / taken) + " KB/s\n");
}

Outcome<void> emit_functions(const std::string& path, const wasm::Module& module, std::optional<u32> only,
                             const Options& given, const compiler::CompileOptions& options) {
  const compiler::ModuleInfo info = compiler::examine(module);
  for (u32 i = module.imported_functions; i < module.functions.size(); ++i) {
    if (only && i != *only) continue;
    std::string text;
    compiler::CompileOptions one = options;
    if (given.emit == "asm") one.listing = &text;
    const auto code = compiler::compile_function(info, i, one, given.dump_after, &text);
    if (!code) return failed(path, code.error());
    if (given.emit == "code") text = as_text(code->bytes).substr(0, code->data);
    if (given.emit == "asm") {
      text = "; function " + std::to_string(i) + ", " + std::to_string(code->data) + " bytes and " +
             std::to_string(code->bytes.size() - code->data) + " of constants\n" + text + "\n";
    }
    if (auto printed = print(text); !printed) return printed;
  }
  return {};
}

Outcome<void> run(const std::vector<std::string>& arguments) {
  Options given;
  std::vector<std::string> rest;
  const std::vector<Option> known = {
      {"--emit", 0, "asm|ir|code|image", &given.emit}, {"--dump-after", 0, "PASS", &given.dump_after},
      {"--function", 0, "N", &given.function},         {"--time", 0, nullptr, &given.time},
      {"--check", 0, nullptr, &given.check},           {"--isa", 0, "x86_64|aarch64", &given.isa},
  };
  if (auto read = read_options(arguments, known, rest); !read) return read;
  if (rest.size() != 1) return wrong_usage("compile takes one FILE.wasm");
  const auto passes = compiler::pass_names();
  if (given.emit.empty()) given.emit = given.dump_after.empty() ? "asm" : "ir";
  if (given.emit == "ir" && given.dump_after.empty()) given.dump_after = passes.back();
  if (given.emit != "asm" && given.emit != "ir" && given.emit != "code" && given.emit != "image")
    return wrong_usage("--emit takes asm, ir, code or image, not " + quote(given.emit));
  if (!given.dump_after.empty() && std::ranges::find(passes, given.dump_after) == passes.end()) {
    std::string names;
    for (const std::string_view name : passes) names += (names.empty() ? "" : ", ") + std::string(name);
    return wrong_usage("there is no pass " + quote(given.dump_after) + " (passes: " + names + ")");
  }
  compiler::CompileOptions options;
  if (!given.isa.empty()) {
    const auto* const isa = std::ranges::find(kIsas, given.isa, &NamedIsa::name);
    if (isa == std::end(kIsas)) return wrong_usage("--isa takes x86_64 or aarch64, not " + quote(given.isa));
    options.isa = isa->isa;
  }
  const auto path = path_from_user(rest[0]);
  if (!path) return std::unexpected(path.error());
  const auto view = os::FileView::open(*path);
  if (!view) return failed(*path, view.error());
  const auto module = wasm::decode_module(view->bytes());
  if (!module) return failed(*path, module.error());
  if (const auto valid = wasm::validate_all(*module); !valid) return failed(*path, valid.error());
  const auto only = parse_function(given.function, *module);
  if (!only) return std::unexpected(only.error());
  options.check = !given.check.empty();
  if (given.emit == "image" || !given.time.empty()) return emit_program(*path, *module, given, options);
  return emit_functions(*path, *module, *only, given, options);
}

}  // namespace

const Command kCompile = {"compile", "what the compiler makes of a module", kHelp, run};

}  // namespace hermit::cli
