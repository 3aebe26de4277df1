// hermit_kernel [--native] FILE.wasm: runs one benchmark kernel interpreted or compiled, and no host layer.
//
// Just the few preview 1 functions that a C program needs to print a line and read the clock; everything else answers
// ENOSYS. For benchmarks only: the launcher's WASI is in src/wasi1. On a trap it prints the backtrace.
#include <cstdio>
#include <cstring>
#include <ctime>
#include <string>

#include "interp/interpreter.h"
#include "runtime/program.h"
#include "wasm/decoder.h"
#include "wasm/validator.h"
#if HERMIT_NATIVE
#include "compiler/compile.h"
#include "runtime/native.h"
#endif

namespace {

using namespace hermit;
using runtime::HostCall;
using enum wasm::ValType;

constexpr u32 kBadDescriptor = 8;
constexpr u32 kFault = 21;

Trap answer(HostCall& call, u32 result) {
  call.slots[0] = result;
  return Trap::None;
}
void put_u32(HostCall& call, u32 address, u32 value) {
  const auto bytes = call.guest_bytes(address, 4);
  if (bytes.data() != nullptr) std::memcpy(bytes.data(), &value, 4);
}

Trap fd_write(void*, HostCall& call) {
  u32 written = 0;
  for (u32 i = 0; i < call.u32_at(2); ++i) {
    const auto iovec = call.guest_bytes(u64{call.u32_at(1)} + u64{8} * i, 8);
    if (iovec.data() == nullptr) return answer(call, kFault);
    const auto text = call.guest_bytes(load_le<u32>(iovec.data()), load_le<u32>(iovec.data() + 4));
    if (text.data() == nullptr) return answer(call, kFault);
    std::fwrite(text.data(), 1, text.size(), stdout);
    written += static_cast<u32>(text.size());
  }
  put_u32(call, call.u32_at(3), written);
  return answer(call, 0);
}
Trap clock_time_get(void*, HostCall& call) {
  timespec now;
  timespec_get(&now, TIME_UTC);
  const u64 nanoseconds = static_cast<u64>(now.tv_sec) * 1'000'000'000 + static_cast<u64>(now.tv_nsec);
  const auto out = call.guest_bytes(call.u32_at(2), 8);
  if (out.data() == nullptr) return answer(call, kFault);
  std::memcpy(out.data(), &nanoseconds, 8);
  return answer(call, 0);
}
Trap sizes_get(void*, HostCall& call) {
  put_u32(call, call.u32_at(0), 0);
  put_u32(call, call.u32_at(1), 0);
  return answer(call, 0);
}
Trap succeed(void*, HostCall& call) { return answer(call, 0); }
Trap bad_descriptor(void*, HostCall& call) { return answer(call, kBadDescriptor); }
Trap fd_fdstat_get(void*, HostCall& call) {
  const auto out = call.guest_bytes(call.u32_at(1), 24);
  if (out.data() == nullptr || call.u32_at(0) > 2) return answer(call, kBadDescriptor);
  std::memset(out.data(), 0, 24);
  out[0] = 2;  // a character device
  return answer(call, 0);
}
Trap proc_exit(void* context, HostCall& call) {
  *static_cast<u32*>(context) = call.u32_at(0);
  return Trap::Exit;
}

constexpr wasm::ValType kR[] = {I32};
constexpr wasm::ValType kI[] = {I32};
constexpr wasm::ValType kII[] = {I32, I32};
constexpr wasm::ValType kIIII[] = {I32, I32, I32, I32};
constexpr wasm::ValType kSeek[] = {I32, I64, I32, I32};
constexpr wasm::ValType kClock[] = {I32, I64, I32};
constexpr wasm::ValType kIII[] = {I32, I32, I32};
constexpr std::string_view kModule = "wasi_snapshot_preview1";
constexpr runtime::HostFunction kFunctions[] = {
    {kModule, "fd_write", kIIII, kR, fd_write},
    {kModule, "fd_read", kIIII, kR, bad_descriptor},
    {kModule, "fd_close", kI, kR, succeed},
    {kModule, "fd_seek", kSeek, kR, bad_descriptor},
    {kModule, "fd_fdstat_get", kII, kR, fd_fdstat_get},
    {kModule, "fd_prestat_get", kII, kR, bad_descriptor},
    {kModule, "fd_prestat_dir_name", kIII, kR, bad_descriptor},
    {kModule, "args_sizes_get", kII, kR, sizes_get},
    {kModule, "args_get", kII, kR, succeed},
    {kModule, "environ_sizes_get", kII, kR, sizes_get},
    {kModule, "environ_get", kII, kR, succeed},
    {kModule, "clock_time_get", kClock, kR, clock_time_get},
    {kModule, "proc_exit", kI, {}, proc_exit},
};

bool read_file(const char* path, std::string& out) {
  std::FILE* file = std::fopen(path, "rb");
  if (file == nullptr) return false;
  char buffer[65536];
  for (size_t n; (n = std::fread(buffer, 1, sizeof buffer, file)) != 0;) out.append(buffer, n);
  std::fclose(file);
  return true;
}

int fail(const char* path, const char* what) {
  std::fprintf(stderr, "%s: %s\n", path, what);
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  std::string bytes;
  const bool native = argc == 3 && std::string_view(argv[1]) == "--native";
  if (native) ++argv, --argc;
  if (argc != 2 || !read_file(argv[1], bytes))
    return fail("hermit_kernel", "usage: hermit_kernel [--native] FILE.wasm");
  const auto module = wasm::decode_module(as_bytes(bytes));
  if (!module) return fail(argv[1], module.error().what);
  if (const auto valid = wasm::validate_all(*module); !valid) return fail(argv[1], valid.error().what);
#if HERMIT_NATIVE
  runtime::Program program(native ? runtime::native_engine() : interp::engine());
#else
  runtime::Program program(interp::engine());
#endif
  if (!program.ok()) return fail(argv[1], "no memory for the stack");
#if HERMIT_NATIVE
  if (native) {
    const wasm::Module* modules[] = {&*module};
    const auto image = compiler::compile_program(modules);
    if (!image) return fail(argv[1], image.error().what);
    if (const auto loaded = runtime::load_native(program, modules, *image); !loaded) {
      return fail(argv[1], loaded.error().what);
    }
  }
#else
  if (native) return fail(argv[1], "this build has no compiler");
#endif
  u32 exit_code = 0;
  program.add_host_functions(kFunctions, &exit_code);
  const auto started = program.instantiate(*module);
  if (started.link_error) return fail(argv[1], started.link_error->text.c_str());
  Trap trap = started.trap;
  if (started.instance != nullptr) {
    runtime::Function* start = runtime::Program::exported_function(*started.instance, "_start");
    if (start == nullptr) return fail(argv[1], "no function _start");
    u64 slots[1] = {};
    trap = program.call(*start, slots);
  }
  if (trap == Trap::None || trap == Trap::Exit) return static_cast<int>(exit_code);
  for (const auto& frame : program.backtrace()) {
    std::fprintf(stderr, "  function %u at 0x%llx\n", frame.function, static_cast<unsigned long long>(frame.offset));
  }
  return fail(argv[1], trap_message(trap));
}
