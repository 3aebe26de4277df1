// hermit_compile FILE.wasm [--isa=x64|arm64] [--function N] [--dump-after=PASS | --emit=code | --emit=image | --time]
//                [--check]
//
// The compiler by itself, for looking at what it does: prints the IR of all functions (or of functions[N]) behind a
// pass, writes the machine code of one function (for a disassembler) or the native image, or prints how long compiling
// takes.
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>

#include "compiler/compile.h"
#include "wasm/decoder.h"
#include "wasm/validator.h"

namespace {

using namespace hermit;

bool read_file(const char* path, std::string& out) {
  std::FILE* file = std::fopen(path, "rb");
  if (file == nullptr) return false;
  char buffer[65536];
  for (size_t n; (n = std::fread(buffer, 1, sizeof buffer, file)) != 0;) out.append(buffer, n);
  std::fclose(file);
  return true;
}

int fail(const char* path, const Error& error) {
  std::fprintf(stderr, "%s: offset 0x%llx: %s\n", path, static_cast<unsigned long long>(error.where), error.what);
  return 1;
}

void write(ByteView bytes) { std::fwrite(bytes.data(), 1, bytes.size(), stdout); }

double seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

}  // namespace

int main(int argc, char** argv) {
  const char* path = nullptr;
  u32 only = compiler::kNone;
  std::string dump_after;
  std::string emit;
  bool time = false;
  compiler::CompileOptions options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view arg = argv[i];
    if (arg == "--function" && i + 1 < argc) {
      only = static_cast<u32>(std::strtoul(argv[++i], nullptr, 10));
    } else if (arg.starts_with("--dump-after=")) {
      dump_after = arg.substr(13);
    } else if (arg == "--isa=x64") {
      options.isa = abi::Isa::X64;
    } else if (arg == "--isa=arm64") {
      options.isa = abi::Isa::Arm64;
    } else if (arg.starts_with("--emit=")) {
      emit = arg.substr(7);
    } else if (arg == "--time") {
      time = true;
    } else if (arg == "--check") {
      options.check = true;
    } else {
      path = argv[i];
    }
  }
  std::string bytes;
  if (path == nullptr || !read_file(path, bytes)) {
    std::fprintf(stderr,
                 "usage: hermit_compile FILE.wasm [--isa=x64|arm64] [--function N] [--dump-after=PASS | --emit=code | "
                 "--emit=image | "
                 "--time] [--check]\npasses:");
    for (const auto name : compiler::pass_names()) {
      std::fprintf(stderr, " %.*s", static_cast<int>(name.size()), name.data());
    }
    std::fprintf(stderr, "\n");
    return 2;
  }
  const auto module = wasm::decode_module(as_bytes(bytes));
  if (!module) return fail(path, module.error());
  if (const auto valid = wasm::validate_all(*module); !valid) return fail(path, valid.error());
  if (emit == "image" || time) {
    const wasm::Module* modules[] = {&*module};
    const double start = seconds();
    const auto image = compiler::compile_program(modules, options);
    const double taken = seconds() - start;
    if (!image) return fail(path, image.error());
    u64 code = 0;
    for (const auto& function : module->functions) code += function.body.size();
    if (time) {
      std::printf("%llu bytes of wasm code, %zu of native image, %.3f s: %.2f MB/s\n",
                  static_cast<unsigned long long>(code), image->size(), taken, static_cast<double>(code) / taken / 1e6);
    } else {
      write(*image);
    }
    return 0;
  }
  const auto info = compiler::examine(*module);
  for (u32 i = module->imported_functions; i < module->functions.size(); ++i) {
    if (only != compiler::kNone && i != only) continue;
    std::string dump;
    const auto code = compiler::compile_function(info, i, options, dump_after, &dump);
    if (!code) return fail(path, code.error());
    write(as_bytes(dump));
    // Tables and constants behind the instructions would only confuse a disassembler.
    if (emit == "code") write(ByteView(code->bytes).first(code->data != 0 ? code->data : code->bytes.size()));
  }
  return 0;
}
