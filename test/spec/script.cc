// Executes the commands of a script as README.md of the test data describes them, each against one Program that holds
// all the script's modules. A command passes or fails as a whole; nothing is masked but the NaN patterns the tests
// name.
#include "script.h"

#include <cstdio>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "compiler/compile.h"
#include "interp/interpreter.h"
#include "json.h"
#include "runtime/native.h"
#include "runtime/program.h"
#include "wasm/decoder.h"
#include "wasm/validator.h"

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
  program.define("spectest", "memory", runtime::Extern(*program.add_memory({{1, 2, true}})));
}

// --- values ---

std::string text_of(const Json& object, const char* key) { return object.text_of(key); }
int line_of(const Json& command) { return std::atoi(command.text_of("line").c_str()); }

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

// A slot from {type, value}. External references are numbers from 0; 0 is our null, so they move up by one.
std::optional<u64> slot_of(const Json& value) {
  const std::string type = text_of(value, "type");
  const std::string text = text_of(value, "value");
  if (type == "funcref" || type == "externref") {
    if (text == "null") return abi::kNullReference;
    return type == "externref" ? std::optional(std::strtoull(text.c_str(), nullptr, 10) + 1) : std::nullopt;
  }
  if (type != "i32" && type != "i64" && type != "f32" && type != "f64") return std::nullopt;
  return std::strtoull(text.c_str(), nullptr, 10);
}

bool value_matches(const Json& expected, u64 slot) {
  const std::string type = text_of(expected, "type");
  const std::string text = text_of(expected, "value");
  if (text == "nan:canonical") {
    return type == "f32" ? (slot & 0x7fffffff) == 0x7fc00000 : (slot & ~(u64{1} << 63)) == 0x7ff8000000000000;
  }
  if (text == "nan:arithmetic") {
    return type == "f32" ? (slot & 0x7fc00000) == 0x7fc00000 : (slot & 0x7ff8000000000000) == 0x7ff8000000000000;
  }
  if (text.empty()) return slot != abi::kNullReference;  // any reference but null
  return slot_of(expected) == slot;
}

std::string show(u64 slot) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "0x%llx", static_cast<unsigned long long>(slot));
  return buffer;
}

// Is the message the one a test asks for? Tests name prefixes, and sometimes more ("uninitialized element 2").
bool same_message(const std::string& expected, std::string_view actual) {
  return actual.starts_with(expected) || std::string_view(expected).starts_with(actual);
}

// --- commands ---

// A module with everything it borrows.
struct Loaded {
  std::string bytes;
  wasm::Module module;
};

// How a command ended: nothing if it passed.
using Failure = std::optional<std::string>;

class Script {
 public:
  Script(std::string folder, Engine engine)
      : folder_(std::move(folder)),
        program_(
            std::make_unique<runtime::Program>(engine == Engine::Native ? runtime::native_engine() : interp::engine())),
        engine_(engine) {
    define_spectest(*program_);
  }

  // Requires: the command is not about text.
  Failure run(const Json& command) {
    const std::string type = text_of(command, "type");
    if (type == "module") return run_module(command);
    if (type == "register") return run_register(command);
    if (type == "action" || type == "assert_return") return run_return(command);
    if (type == "assert_trap" || type == "assert_exhaustion") return run_trap(command);
    if (type == "assert_malformed" || type == "assert_invalid") return run_refused(command, type);
    if (type == "assert_unlinkable" || type == "assert_uninstantiable") return run_unlinkable(command, type);
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
    const wasm::Module* module = &loaded_.back().module;
    TRY(const Bytes image, compiler::compile_program({&module, 1}, {.check = true}));
    return runtime::load_native(*program_, {&module, 1}, image);
  }

  Failure run_module(const Json& command) {
    current_ = nullptr;
    if (const auto loaded = load(command); !loaded) return std::string("module refused: ") + loaded.error().what;
    if (const auto ready = prepare(); !ready) return std::string("module not compiled: ") + ready.error().what;
    const auto result = program_->instantiate(loaded_.back().module);
    if (result.link_error) return "module not linked: " + result.link_error->text;
    if (result.trap != Trap::None) return std::string("module trapped: ") + trap_message(result.trap);
    current_ = result.instance;
    if (const std::string name = text_of(command, "name"); !name.empty()) named_[name] = current_;
    return std::nullopt;
  }

  Failure run_register(const Json& command) {
    Instance* instance = find(command, "name");
    if (instance == nullptr) return "no module to register";
    program_->register_instance(text_of(command, "as"), *instance);
    return std::nullopt;
  }

  Instance* find(const Json& object, const char* key) {
    const std::string name = text_of(object, key);
    if (name.empty()) return current_;
    const auto found = named_.find(name);
    return found == named_.end() ? nullptr : found->second;
  }

  // Runs an action; its results are left in slots_.
  Failure act(const Json& action, Trap& trap, size_t& result_count) {
    Instance* instance = find(action, "module");
    if (instance == nullptr) return "no module for the action";
    const auto item = instance->find_export(text_of(action, "field"));
    if (!item) return "no such export: " + text_of(action, "field");
    slots_.assign(2048, 0);
    if (text_of(action, "type") == "get") {
      if (item->kind != wasm::ExternalKind::Global) return "the export is not a global";
      slots_[0] = item->global->value[0];
      result_count = 1;
      return std::nullopt;
    }
    if (item->kind != wasm::ExternalKind::Function) return "the export is not a function";
    const auto& args = list_of(action, "args");
    if (args.size() != item->function->type->params.size()) return "wrong number of arguments";
    for (unsigned i = 0; i < args.size(); ++i) {
      const auto slot = slot_of(args[i]);
      if (!slot) return "an argument of unknown type";
      slots_[i] = *slot;
    }
    trap = program_->call(*item->function, slots_.data());
    result_count = item->function->type->results.size();
    return std::nullopt;
  }

  Failure run_return(const Json& command) {
    Trap trap = Trap::None;
    size_t count = 0;
    if (auto failure = act(object_of(command, "action"), trap, count)) return failure;
    if (trap != Trap::None) return std::string("trapped: ") + trap_message(trap);
    if (text_of(command, "type") == "action") return std::nullopt;
    const auto& expected = list_of(command, "expected");
    if (expected.size() != count) return "wrong number of results";
    for (unsigned i = 0; i < count; ++i) {
      if (value_matches(expected[i], slots_[i])) continue;
      return "result " + show(slots_[i]) + ", expected " + text_of(expected[i], "type") + " " +
             text_of(expected[i], "value");
    }
    return std::nullopt;
  }

  Failure run_trap(const Json& command) {
    Trap trap = Trap::None;
    size_t count = 0;
    if (auto failure = act(object_of(command, "action"), trap, count)) return failure;
    const std::string expected = text_of(command, "text");
    if (!same_message(expected, trap_message(trap))) return std::string(trap_message(trap)) + ", expected " + expected;
    return std::nullopt;
  }

  Failure run_refused(const Json& command, const std::string& type) {
    const auto loaded = load(command);
    if (loaded) return "accepted, expected " + text_of(command, "text");
    const ErrorKind wanted = type == "assert_malformed" ? ErrorKind::Malformed : ErrorKind::Invalid;
    // A feature or a size that is refused by name (a component, a second memory, too many locals) is refused rightly
    // too.
    const ErrorKind kind = loaded.error().kind;
    if (kind != wanted && kind != ErrorKind::Unsupported && kind != ErrorKind::Limit)
      return std::string("refused for another kind of reason: ") + loaded.error().what;
    return std::nullopt;
  }

  Failure run_unlinkable(const Json& command, const std::string& type) {
    if (const auto loaded = load(command); !loaded) return std::string("module refused: ") + loaded.error().what;
    if (const auto ready = prepare(); !ready) return std::string("module not compiled: ") + ready.error().what;
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
  std::map<std::string, Instance*> named_;
  Instance* current_ = nullptr;
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

void run_script(const std::string& directory, const std::string& name, const KnownFailures& known, Engine engine,
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
    const Failure failure = script.run(command);
    const bool is_known = known.contains(where);
    if (failure.has_value() == is_known) {
      ++(is_known ? totals.skipped : totals.passed);
      continue;
    }
    ++totals.failed;
    std::printf("%s.wast:%d: %s: %s\n", name.c_str(), line_of(command), text_of(command, "type").c_str(),
                failure ? failure->c_str() : "passes, but is listed as a known failure");
  }
}

}  // namespace hermit::spec
