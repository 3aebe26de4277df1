// The checks between a native image and its use. They find code that is stale or damaged, so that a module replaced
// with `zip` is what runs; they do not stop whoever can write the file (docs/compiler.md, "Trust").
#include "launcher/native.h"

#include <algorithm>
#include <cstring>

#include "base/printable.h"
#include "base/sha256.h"
#include "launcher/report.h"
#include "runtime/native.h"

namespace hermit::launcher {

void report_interpreted(const std::string& name, std::string_view why) {
  report(name, std::string(why) + "; the program is interpreted");
}

#ifdef HERMIT_NATIVE

namespace {

#if defined(__x86_64__)
constexpr char kIsaName[] = "x86_64";
#else
constexpr char kIsaName[] = "aarch64";
#endif

bool wants_native(const std::string& name, const std::string& engine) {
  if (engine.empty() || engine == "native") return true;
  if (engine != "interp") report(name, "HERMIT_ENGINE knows interp and native, not " + quote(engine));
  return engine != "interp";
}

std::string entry_name(std::string_view module) {
  return module.empty() ? "main.wasm" : "link/" + std::string(module) + ".wasm";
}

// What of the program is not what the image was made from; empty if all is.
std::string difference(const bundle::Bundle& bundle, const runtime::ImageView& image, bool verify) {
  std::vector<std::string_view> names(bundle.config().link.begin(), bundle.config().link.end());
  names.emplace_back();
  if (names.size() != image.modules.size()) return "another list of modules";
  for (size_t i = 0; i < names.size(); ++i) {
    const abi::ImageModule& record = image.modules[i];
    if (as_text(image.at(record.name)) != names[i]) return "another list of modules";
    const std::string name = entry_name(names[i]);
    const zip::Entry* const entry = bundle.zip().find(name);
    if (entry == nullptr || entry->size != record.size || entry->crc32 != record.crc32) return "another " + name;
    if (!verify) continue;
    const auto content = names[i].empty() ? bundle.main_wasm() : bundle.link_module(names[i]);
    if (!content) return "another " + name;
    const Sha256Digest digest = sha256(content->bytes());
    if (std::memcmp(digest.data(), record.sha256, digest.size()) != 0) return "another " + name;
  }
  return {};
}

}  // namespace

std::optional<NativeProgram> find_native(const bundle::Bundle& bundle, const std::string& name,
                                         const EngineWish& wish) {
  if (!wants_native(name, wish.engine)) return std::nullopt;
  const auto bytes = bundle.native_image(kIsaName);
  if (!bytes) return std::nullopt;
  const auto refused = [&](const std::string& why) {
    report_interpreted(name, why);
    return std::nullopt;
  };
  if (const char* const why = runtime::native_refusal()) return refused(why);
  const std::string refresh = " (`hermit.com build --from " + name + " -o NEW` makes new code)";
  auto image = runtime::open_image(*bytes);
  if (!image) return refused(image.error().what + refresh);
  if (const std::string other = difference(bundle, *image, wish.verify); !other.empty())
    return refused("the native code in this file was made from " + other + refresh);
  if (wish.verify && !runtime::is_undamaged(*image)) return refused("native image: damaged" + refresh);
  auto outlines = runtime::read_outlines(*image);
  if (!outlines) return refused(outlines.error().what + refresh);
  NativeProgram program{*image, std::move(*outlines)};
  std::vector<const wasm::Module*> modules;
  for (const wasm::Module& module : program.outlines) modules.push_back(&module);
  if (!runtime::can_guard_memories(modules)) return refused("there is too little address space for native code");
  return program;
}

#else

std::optional<NativeProgram> find_native(const bundle::Bundle&, const std::string&, const EngineWish&) {
  return std::nullopt;
}

#endif

}  // namespace hermit::launcher
