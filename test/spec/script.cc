// Executes the commands of a script as README.md of the test data describes them, each against one Program that holds
// all the script's modules. A command passes or fails as a whole; nothing is masked but the NaN patterns the tests
// name. A module that needs a feature which is refused by name makes every command that needs the module "unsupported".
#include "script.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "interp/interpreter.h"
#include "json.h"
#include "runtime/program.h"
#include "wasm/decoder.h"
#include "wasm/validator.h"
#if HERMIT_NATIVE
#include "compiler/compile.h"
#include "runtime/native.h"
#endif

namespace hermit::spec {

namespace {

using runtime::Instance;
using wasm::ValType;

// --- the host module "spectest" ---

Trap print_nothing(void*, runtime::HostCall&) { return Trap::None; }

constexpr ValType kI32[] = {ValType::I32};
constexpr ValType kI64[] = {ValType::I64};
constexpr ValType kF32[] = {ValType::F32};
constexpr ValType kF64[] = {ValType::F64};
constexpr ValType kI32F32[] = {ValType::I32, ValType::F32};
constexpr ValType kF64F64[] = {ValType::F64, ValType::F64};
constexpr runtime::HostFunction kSpectest[] = {
    {"spectest", "print", {}, {}, print_nothing},
    {"spectest", "print_i32", kI32, {}, print_nothing},
    {"spectest", "print_i64", kI64, {}, print_nothing},
    {"spectest", "print_f32", kF32, {}, print_nothing},
    {"spectest", "print_f64", kF64, {}, print_nothing},
    {"spectest", "print_i32_f32", kI32F32, {}, print_nothing},
    {"spectest", "print_f64_f64", kF64F64, {}, print_nothing},
};

void define_spectest(runtime::Program& program) {
  program.add_host_functions(kSpectest, nullptr);
  const auto global = [&](const char* name, ValType type, u64 value) {
    program.define("spectest", name, runtime::Extern(program.add_global({type, false}, value)));
  };
  global("global_i32", ValType::I32, 666);
  global("global_i64", ValType::I64, 666);
  global("global_f32", ValType::F32, std::bit_cast<u32>(666.6f));
  global("global_f64", ValType::F64, std::bit_cast<u64>(666.6));
  program.define("spectest", "table", runtime::Extern(*program.add_table({ValType::FuncRef, {10, 20, true}})));
  program.define("spectest", "table64", runtime::Extern(*program.add_table({ValType::FuncRef, {10, 20, true, true}})));
  program.define("spectest", "memory", runtime::Extern(*program.add_memory({{1, 2, true}})));
}

// --- values ---

std::string text_of(const Json& object, const char* key) { return object.text_of(key); }
int line_of(const Json& command) { return static_cast<int>(std::strtol(command.text_of("line").c_str(), nullptr, 10)); }

// The elements of an array member; none if there is no such member.
const std::vector<Json>& list_of(const Json& object, const char* key) {
  static const std::vector<Json> kNone;
  const Json* found = object.find(key);
  return found != nullptr ? found->elements : kNone;
}
const Json& object_of(const Json& object, const char* key) {
  static const Json kNone;
  const Json* found = object.find(key);
  return found != nullptr ? *found : kNone;
}

// The value as slots: one, or two for a v128.
struct Value {
  u64 slots[2] = {};
};

u64 number(const std::string& text) { return std::strtoull(text.c_str(), nullptr, 10); }
bool is_number_type(const std::string& type) {
  return type == "i32" || type == "i64" || type == "f32" || type == "f64";
}

unsigned lane_bytes(const std::string& lane) {
  if (lane == "i8") return 1;
  if (lane == "i16") return 2;
  return lane == "i32" || lane == "f32" ? 4 : 8;
}

// A value from {type, value}. External references are numbers from 0; 0 is our null, so they move up by one.
std::optional<Value> value_of(const Json& value) {
  const std::string type = text_of(value, "type");
  const std::string text = text_of(value, "value");
  if (is_number_type(type)) return Value{{number(text), 0}};
  if (type != "v128") {
    if (text == "null") return Value{};
    return type == "externref" ? std::optional(Value{{number(text) + 1, 0}}) : std::nullopt;
  }
  Value vector;
  const unsigned size = lane_bytes(text_of(value, "lane_type"));
  unsigned at = 0;
  for (const Json& lane : list_of(value, "value")) {
    const u64 bits = number(lane.text);
    std::memcpy(reinterpret_cast<u8*>(vector.slots) + at, &bits, size);
    at += size;
  }
  return vector;
}

// Are the `size` bytes of `bits` what `text` says, a number or a pattern of NaN?
bool number_matches(const std::string& text, unsigned size, u64 bits) {
  const u64 sign = u64{1} << (size * 8 - 1);
  const u64 quiet = size == 4 ? 0x7fc00000 : 0x7ff8000000000000;
  if (text == "nan:canonical") return (bits & ~sign) == quiet;
  if (text == "nan:arithmetic") return (bits & quiet) == quiet;
  return bits == number(text);
}

bool value_matches(const Json& expected, const u64* slots) {
  const std::string type = text_of(expected, "type");
  if (type == "either") {
    for (const Json& choice : list_of(expected, "values")) {
      if (value_matches(choice, slots)) return true;
    }
    return false;
  }
  if (type == "v128") {
    const unsigned size = lane_bytes(text_of(expected, "lane_type"));
    unsigned at = 0;
    for (const Json& lane : list_of(expected, "value")) {
      u64 bits = 0;
      std::memcpy(&bits, reinterpret_cast<const u8*>(slots) + at, size);
      if (!number_matches(lane.text, size, bits)) return false;
      at += size;
    }
    return true;
  }
  const std::string text = text_of(expected, "value");
  if (is_number_type(type)) {
    return text.empty() || number_matches(text, type == "i32" || type == "f32" ? 4 : 8, *slots);
  }
  if (text.empty()) return *slots != abi::kNullReference;  // any reference but null
  const auto value = value_of(expected);
  return value && value->slots[0] == *slots;
}

std::string show(u64 slot) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "0x%llx", static_cast<unsigned long long>(slot));
  return buffer;
}

// --- messages ---

// "The bytes run out": which of these wordings fits depends on whether a reader stops at the end of a section (ours) or
// of the file (the reference interpreter, which then takes the bytes behind it for something).
bool means_out_of_bytes(const std::string& text) {
  for (const char* wording : {"unexpected end", "length out of bounds", "section size mismatch", "END opcode expected",
                              "malformed section id"}) {
    if (text.starts_with(wording)) return true;
  }
  return false;
}

// Numbers of things ("unknown local 2", "sub type 1 does not match") are not part of our static messages.
std::string without_numbers(const std::string& text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ' ' && i + 1 < text.size() && text[i + 1] >= '0' && text[i + 1] <= '9') {
      while (i + 1 < text.size() && text[i + 1] != ' ') ++i;
    } else {
      out += text[i];
    }
  }
  return out;
}

// Is the message the one a test asks for? Tests name prefixes, and sometimes more.
bool same_message(const std::string& expected, const std::string& actual) {
  const std::string a = without_numbers(expected);
  const std::string b = without_numbers(actual);
  return a.starts_with(b) || b.starts_with(a) || (means_out_of_bytes(a) && means_out_of_bytes(b));
}

// --- commands ---

// A module with everything it borrows.
struct Loaded {
  std::string bytes;
  wasm::Module module;
};

// How a command ended: nothing if it passed, else the reason; or the name of a feature that is refused.
struct Failure {
  std::string text;
  std::string unsupported;
  bool passed = true;
  Failure() = default;
  Failure(std::nullopt_t) {}  // NOLINT: passed
  Failure(std::string reason) : text(std::move(reason)), passed(false) {}  // NOLINT
  Failure(const char* reason) : Failure(std::string(reason)) {}  // NOLINT
  explicit operator bool() const { return !passed; }
};
Failure needs(const std::string& feature) {
  Failure failure("needs " + feature);
  failure.unsupported = feature;
  return failure;
}

// The feature that an error of kind Unsupported names.
std::string feature_of(const Error& error) {
  return std::string_view(error.what).find("threads") != std::string_view::npos ? "threads" : "gc";
}

const runtime::Engine& engine_of([[maybe_unused]] Engine engine) {
#if HERMIT_NATIVE
  if (engine == Engine::Native) return runtime::native_engine();
#endif
  return interp::engine();
}

class Script {
 public:
  Script(std::string folder, Engine engine)
      : folder_(std::move(folder)), program_(std::make_unique<runtime::Program>(engine_of(engine))), engine_(engine) {
    define_spectest(*program_);
  }

  // Requires: the command is not about text. `other` is the outcome that is right in place of the script's, or empty.
  Failure run(const Json& command, const std::string& other) {
    other_ = other;
    const std::string type = text_of(command, "type");
    if (type == "module") return run_module(command);
    if (type == "module_definition") return run_definition(command);
    if (type == "module_instance") return run_instance(command);
    if (type == "register") return run_register(command);
    if (type == "action" || type == "assert_return") return run_return(command);
    if (type == "assert_trap" || type == "assert_exhaustion" || type == "assert_exception") return run_trap(command);
    if (type == "assert_malformed" || type == "assert_invalid") return run_refused(command, type);
    if (type == "assert_unlinkable" || type == "assert_uninstantiable") return run_unlinkable(command, type);
    if (type == "assert_invalid_custom") return run_definition(command);  // custom sections mean nothing to us
    if (type == "thread" || type == "wait") return needs("threads");
    return "unknown command " + type;
  }

 private:
  Result<void> load(const Json& command) {
    loaded_.emplace_back();
    Loaded& loaded = loaded_.back();
    if (!read_file(folder_ + "/" + text_of(command, "filename"), loaded.bytes)) {
      return std::unexpected(Error{ErrorKind::System, "cannot read the module", 0});
    }
    TRY(loaded.module, wasm::decode_module(as_bytes(loaded.bytes)));
    return wasm::validate_all(loaded.module);
  }

  // The module just loaded, ready to be instantiated: its native code, if that is what runs.
  Result<void> prepare() {
    if (engine_ == Engine::Interpreter) return {};
#if HERMIT_NATIVE
    const wasm::Module* module = &loaded_.back().module;
    // The other machine's code is not run, but must be made.
    TRY_VOID(compiler::compile_program({&module, 1}, {.isa = abi::kForeignIsa, .check = true}));
    TRY(const Bytes image, compiler::compile_program({&module, 1}, {.check = true}));
    return runtime::load_native(*program_, {&module, 1}, image);
#else
    return std::unexpected(Error{ErrorKind::Unsupported, "this build has no compiler", 0});
#endif
  }

  Failure refused(const Error& error) {
    if (error.kind == ErrorKind::Unsupported) return needs(feature_of(error));
    return std::string("module refused: ") + error.what;
  }

  // The module of `loaded` becomes the current instance, also under `name`.
  Failure instantiate(Loaded& loaded, const std::string& name) {
    if (const auto ready = prepare(); !ready) {
      if (ready.error().kind == ErrorKind::Unsupported) return missing(name, ready.error().what);
      return std::string("module not compiled: ") + ready.error().what;
    }
    const auto result = program_->instantiate(loaded.module);
    if (result.link_error && unsupported_names_.contains(std::string(imported_from(loaded.module)))) {
      return missing(name, engine_ == Engine::Native ? "an import from a module that is not compiled" : "gc");
    }
    if (result.link_error) return "module not linked: " + result.link_error->text;
    if (result.trap != Trap::None) return std::string("module trapped: ") + trap_message(result.trap);
    current_ = result.instance;
    if (!name.empty()) named_[name] = current_;
    return std::nullopt;
  }

  // The first imported module that is not there because it is unsupported.
  std::string_view imported_from(const wasm::Module& module) {
    for (const wasm::Import& import : module.imports) {
      if (unsupported_names_.contains(std::string(import.module))) return import.module;
    }
    return {};
  }

  // No instance is current, since it would need a feature.
  Failure missing(const std::string& name, const std::string& feature) {
    current_ = nullptr;
    needed_ = feature;
    if (!name.empty()) unsupported_instances_[name] = feature;
    return needs(feature);
  }

  Failure run_module(const Json& command) {
    current_ = nullptr;
    needed_.clear();
    const std::string name = text_of(command, "name");
    if (const auto loaded = load(command); !loaded) {
      if (loaded.error().kind == ErrorKind::Unsupported) return missing(name, feature_of(loaded.error()));
      return refused(loaded.error());
    }
    return instantiate(loaded_.back(), name);
  }

  Failure run_definition(const Json& command) {
    if (const auto loaded = load(command); !loaded) return refused(loaded.error());
    definitions_[text_of(command, "name")] = definitions_[""] = &loaded_.back();
    return std::nullopt;
  }

  Failure run_instance(const Json& command) {
    const auto found = definitions_.find(text_of(command, "module"));
    if (found == definitions_.end()) return "no such module definition";
    return instantiate(*found->second, text_of(command, "instance"));
  }

  Failure run_register(const Json& command) {
    std::string feature;
    Instance* instance = find(command, "name", feature);
    if (!feature.empty()) return unsupported_names_.insert(text_of(command, "as")), needs(feature);
    if (instance == nullptr) return "no module to register";
    program_->register_instance(text_of(command, "as"), *instance);
    return std::nullopt;
  }

  // Null with `feature` set if the instance would need it.
  Instance* find(const Json& object, const char* key, std::string& feature) {
    const std::string name = text_of(object, key);
    if (name.empty()) return feature = needed_, current_;
    if (const auto missing = unsupported_instances_.find(name); missing != unsupported_instances_.end()) {
      return feature = missing->second, nullptr;
    }
    const auto found = named_.find(name);
    return found == named_.end() ? nullptr : found->second;
  }

  // Runs an action; its results are left in slots_.
  Failure act(const Json& action, Trap& trap, std::vector<ValType>& results) {
    std::string feature;
    Instance* instance = find(action, "module", feature);
    if (!feature.empty()) return needs(feature);
    if (instance == nullptr) return "no module for the action";
    const auto item = instance->find_export(text_of(action, "field"));
    if (!item) return "no such export: " + text_of(action, "field");
    slots_.assign(4096, 0);
    if (text_of(action, "type") == "get") {
      if (item->kind != wasm::ExternalKind::Global) return "the export is not a global";
      std::copy_n(item->global->value, 2, slots_.begin());
      results = {item->global->type.type};
      return std::nullopt;
    }
    if (item->kind != wasm::ExternalKind::Function) return "the export is not a function";
    const wasm::FuncType& type = *item->function->type;
    const auto& args = list_of(action, "args");
    if (args.size() != type.params.size()) return "wrong number of arguments";
    size_t at = 0;
    for (unsigned i = 0; i < args.size(); ++i) {
      const auto value = value_of(args[i]);
      if (!value) return "an argument of unknown type";
      std::copy_n(value->slots, wasm::slots_of(type.params[i]), slots_.begin() + static_cast<long>(at));
      at += wasm::slots_of(type.params[i]);
    }
    trap = program_->call(*item->function, slots_.data());
    results = type.results;
    return std::nullopt;
  }

  Failure run_return(const Json& command) {
    Trap trap = Trap::None;
    std::vector<ValType> results;
    if (auto failure = act(object_of(command, "action"), trap, results)) return failure;
    if (trap != Trap::None) return std::string("trapped: ") + trap_message(trap);
    if (text_of(command, "type") == "action") return std::nullopt;
    const auto& expected = list_of(command, "expected");
    if (expected.size() != results.size()) return "wrong number of results";
    const u64* at = slots_.data();
    for (unsigned i = 0; i < results.size(); ++i) {
      if (!value_matches(expected[i], at)) {
        return "result " + show(at[0]) + " " + show(at[1]) + ", expected " + text_of(expected[i], "type") + " " +
               text_of(expected[i], "value");
      }
      at += wasm::slots_of(results[i]);
    }
    return std::nullopt;
  }

  Failure run_trap(const Json& command) {
    Trap trap = Trap::None;
    std::vector<ValType> results;
    if (auto failure = act(object_of(command, "action"), trap, results)) return failure;
    const bool is_exception = text_of(command, "type") == "assert_exception";
    const std::string expected = is_exception ? trap_message(Trap::Exception) : text_of(command, "text");
    if (!same_message(expected, trap_message(trap))) return std::string(trap_message(trap)) + ", expected " + expected;
    return std::nullopt;
  }

  Failure run_refused(const Json& command, const std::string& type) {
    const auto loaded = load(command);
    if (!other_.empty()) {
      const std::string outcome = loaded ? "accepted" : loaded.error().what;
      return outcome == other_ ? Failure() : Failure(outcome + ", expected " + other_);
    }
    if (loaded) return "accepted, expected " + text_of(command, "text");
    const Error& error = loaded.error();
    if (error.kind == ErrorKind::Unsupported && error.what != wasm::kComponentMessage) return needs(feature_of(error));
    const ErrorKind wanted = type == "assert_malformed" ? ErrorKind::Malformed : ErrorKind::Invalid;
    // A component, or a size beyond the published limits, is refused rightly too.
    if (error.kind != wanted && error.kind != ErrorKind::Unsupported && error.kind != ErrorKind::Limit)
      return std::string("refused for another kind of reason: ") + error.what;
    if (error.kind == wanted && !same_message(text_of(command, "text"), error.what))
      return std::string(error.what) + ", expected " + text_of(command, "text");
    return std::nullopt;
  }

  Failure run_unlinkable(const Json& command, const std::string& type) {
    if (const auto loaded = load(command); !loaded) return refused(loaded.error());
    if (const auto ready = prepare(); !ready) return std::string("module not compiled: ") + ready.error().what;
    if (const auto from = imported_from(loaded_.back().module); !from.empty()) return needs("gc");
    for (const wasm::Import& import : loaded_.back().module.imports) {
      if (import.name == "shared_memory") return needs("threads");
    }
    const auto result = program_->instantiate(loaded_.back().module);
    const std::string expected = text_of(command, "text");
    if (type == "assert_unlinkable") {
      if (!result.link_error) return "linked, expected " + expected;
      return same_message(expected, result.link_error->text) ? Failure()
                                                             : result.link_error->text + ", expected " + expected;
    }
    if (result.link_error) return "not linked: " + result.link_error->text;
    if (!same_message(expected, trap_message(result.trap)))
      return trap_message(result.trap) + (", expected " + expected);
    return std::nullopt;
  }

  std::string folder_;
  std::deque<Loaded> loaded_;  // before program_: it borrows modules
  std::unique_ptr<runtime::Program> program_;
  Engine engine_;
  std::map<std::string, Loaded*> definitions_;
  std::map<std::string, Instance*> named_;
  Instance* current_ = nullptr;
  std::string other_;
  std::string needed_;  // the feature for whose lack there is no current instance
  std::map<std::string, std::string> unsupported_instances_;  // name, feature
  std::set<std::string> unsupported_names_;  // that nothing is registered as for that reason
  std::vector<u64> slots_;
};

}  // namespace

bool read_file(const std::string& path, std::string& out) {
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) return false;
  out.clear();
  char buffer[65536];
  for (size_t n; (n = std::fread(buffer, 1, sizeof buffer, file)) != 0;) out.append(buffer, n);
  std::fclose(file);
  return true;
}

void run_script(const std::string& directory, const std::string& name, const Expectations& expectations, Engine engine,
                Totals& totals) {
  const std::string folder = directory + "/" + name;
  std::string text;
  Json json;
  if (!read_file(folder + "/" + name + ".json", text) || !parse_json(text, json) || json.find("commands") == nullptr) {
    std::printf("%s: no readable script\n", folder.c_str());
    ++totals.failed;
    return;
  }
  Script script(folder, engine);
  for (const Json& command : list_of(json, "commands")) {
    const std::string where = name + ":" + std::to_string(line_of(command));
    if (text_of(command, "module_type") == "text") {
      ++totals.skipped;
      continue;
    }
    const auto other = expectations.others.find(where);
    const Failure failure = script.run(command, other == expectations.others.end() ? "" : other->second);
    if (!failure.unsupported.empty()) {
      ++totals.unsupported[failure.unsupported];
      continue;
    }
    const bool is_known = expectations.known.contains(where);
    if (static_cast<bool>(failure) == is_known) {
      ++(is_known ? totals.skipped : totals.passed);
      continue;
    }
    ++totals.failed;
    std::printf("%s.wast:%d: %s: %s\n", name.c_str(), line_of(command), text_of(command, "type").c_str(),
                failure ? failure.text.c_str() : "passes, but is listed as a known failure");
  }
}

}  // namespace hermit::spec
