// The tables of host functions, made from functions.def, and the state they work on.
#include <array>

#include "wasi1/call.h"
#include "wasi1/signatures.h"
#include "wasi1/sockets.h"

namespace hermit::wasi1 {
namespace {

using wasm::ValType;
constexpr ValType I32 = ValType::I32;
constexpr ValType I64 = ValType::I64;

template <ValType... kTypes>
constexpr std::array<ValType, sizeof...(kTypes)> kSignature = {kTypes...};

using Implementation = Outcome<void> (*)(Call&);

// Calls `function`; its errno becomes the only result. With a name, refusals are explained. One copy for all functions:
// what stands in the templates below stands in a launcher a hundred times.
[[gnu::noinline]] Trap answer(Implementation function, const char* name, void* context, runtime::HostCall& host_call) {
  Call call(*static_cast<Wasi*>(context), host_call);
  const Outcome<void> outcome = function(call);
  if (name != nullptr && !outcome && call.host().trace()) explain(name, call, outcome.error().number);
  host_call.slots[0] = outcome ? 0 : static_cast<u64>(outcome.error().number);
  return Trap::None;
}

// The same for the socket extensions: without NET every call is refused, whatever it asks for.
[[gnu::noinline]] Trap answer_socket(Implementation function, void* context, runtime::HostCall& host_call) {
  const host::Host& host = static_cast<Wasi*>(context)->host;
  if (host.has_network()) return answer(function, nullptr, context, host_call);
  host.trace().deny("use a socket", "there is no NET", host::Trace::directive("NET", "host:port"));
  host_call.slots[0] = static_cast<u64>(Errno::Acces);
  return Trap::None;
}

// What the runtime calls.
template <Implementation kFunction, const char* kName>
Trap run(void* context, runtime::HostCall& host_call) {
  return answer(kFunction, kName, context, host_call);
}
template <Implementation kFunction>
Trap run_unexplained(void* context, runtime::HostCall& host_call) {
  return answer(kFunction, nullptr, context, host_call);
}
template <Implementation kFunction>
Trap run_socket(void* context, runtime::HostCall& host_call) {
  return answer_socket(kFunction, context, host_call);
}

Trap proc_exit(void* context, runtime::HostCall& call) {
  static_cast<Wasi*>(context)->exit_code = call.u32_at(0);
  return Trap::Exit;
}

Outcome<void> set_executable(Call& call) {
  TRY(host::Descriptor * file, call.descriptor(0, 0));
  TRY_VOID(call.host().set_executable(*file));
  return {};
}

// Copies what it needs, then ends the guest: the launcher does the rest when nothing of the guest is left. What other
// threads use would be left.
Trap run_bundle(void* context, runtime::HostCall& host_call) {
  auto& wasi = *static_cast<Wasi*>(context);
  Call call(wasi, host_call);
  if (!wasi.host.may_run() || (wasi.workers != nullptr && wasi.workers->has_started)) {
    host_call.slots[0] = static_cast<u64>(wasi.host.may_run() ? Errno::Busy : Errno::Perm);
    return Trap::None;
  }
  const auto archive = call.bytes(call.arg(0), call.arg(1));
  const auto text = call.bytes(call.arg(2), call.arg(3));
  if (!archive || !text || text->empty() || text->back() != 0) {
    host_call.slots[0] = static_cast<u64>(!archive || !text ? Errno::Fault : Errno::Inval);
    return Trap::None;
  }
  RunRequest request{{archive->begin(), archive->end()}, {}};
  std::string_view rest = as_text(ByteView(text->data(), text->size()));
  while (!rest.empty()) {
    const size_t end = rest.find('\0');
    request.arguments.emplace_back(rest.substr(0, end));
    rest.remove_prefix(end + 1);
  }
  wasi.run_request = std::move(request);
  return Trap::Exit;
}
namespace names {
#define WASI_FUNCTION(name, ...) constexpr char name[] = #name;
#include "wasi1/functions.def"
#undef WASI_FUNCTION
constexpr char set_executable[] = "set_executable";
}  // namespace names

constexpr runtime::HostFunction kFunctions[] = {
#define WASI_FUNCTION(name, ...) {kModule, #name, kSignature<__VA_ARGS__>, kSignature<I32>, run<name, names::name>},
#include "wasi1/functions.def"
#undef WASI_FUNCTION
    {kModule, "proc_exit", kSignature<I32>, {}, proc_exit},
};
static_assert(std::size(kFunctions) == 46);

constexpr runtime::HostFunction kSocketFunctions[] = {
#define SOCKET_FUNCTION(name, ...) {kModule, #name, kSignature<__VA_ARGS__>, kSignature<I32>, run_socket<wamr::name>},
#include "wasi1/wamr_functions.def"
#undef SOCKET_FUNCTION
#define SOCKET_FUNCTION(name, function, ...) \
  {kModule, #name, kSignature<__VA_ARGS__>, kSignature<I32>, run_socket<wasmedge::function>},
#include "wasi1/wasmedge_functions.def"
#undef SOCKET_FUNCTION
};

constexpr runtime::HostFunction kExtensions[] = {
    {kExtensionModule, "set_executable", kSignature<I32>, kSignature<I32>, run<set_executable, names::set_executable>},
    {kExtensionModule, "run", kSignature<I32, I32, I32, I32>, kSignature<I32>, run_bundle},
};

constexpr runtime::HostFunction kWorkerFunctions[] = {
    {kExtensionModule, "worker_count", {}, kSignature<I32>, worker_count},
#define WORKER_FUNCTION(name, ...) \
  {kExtensionModule, #name, kSignature<__VA_ARGS__>, kSignature<I32>, run_unexplained<name>},
#include "wasi1/worker_functions.def"
#undef WORKER_FUNCTION
};

// The rights that a descriptor has before the guest gives any up.
Rights initial_rights(const host::Descriptor& descriptor) {
  switch (descriptor.type) {
    case os::FileType::Directory: return rights::kDirectory;
    case os::FileType::SocketStream:
    case os::FileType::SocketDatagram: return rights::kSocket;
    default: break;
  }
  // C libraries take a character device that cannot be sought for a terminal.
  return descriptor.is_terminal ? rights::kFile & ~(rights::kFdSeek | rights::kFdTell) : rights::kFile;
}

}  // namespace

Wasi::Wasi(host::Host& the_host) : host(the_host) {
  // The standard streams, of which some may be missing, then the directories without gaps.
  for (u32 number = 0;; ++number) {
    host::Descriptor* const descriptor = host.descriptors().find(number);
    if (descriptor == nullptr && number > 2) break;
    if (descriptor == nullptr) continue;
    descriptor->api_rights = initial_rights(*descriptor);
    if (descriptor->type == os::FileType::Directory) descriptor->api_inheriting = rights::kDirectory | rights::kFile;
  }
}

std::span<const runtime::HostFunction> functions() { return kFunctions; }
std::span<const runtime::HostFunction> socket_functions() { return kSocketFunctions; }
std::span<const runtime::HostFunction> worker_functions() { return kWorkerFunctions; }

std::span<const runtime::HostFunction> extension_functions(const host::Host& host) {
  const std::span<const runtime::HostFunction> all(kExtensions);
  const bool first = host.may_set_executable(), second = host.may_run();
  return all.subspan(first ? 0 : 1, (first ? 1u : 0u) + (second ? 1u : 0u));
}

}  // namespace hermit::wasi1
