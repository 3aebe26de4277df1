// The messages. Numbers are 32 bits, little-endian; a list is its length and its elements.
//
//   set-up   'S', isa, flags, modules: {outline, escapes (a byte for each function), static tables, leaves}
//   job      'J', module, first function, bodies: {offset in the module, bytes}
//   answer   empty for a set-up; for a job: failed, codes: {bytes, data, entry, sites, calls, …}
//
// Before: compile.cc splits a program into jobs (crew.cc hands them out). After: crew.cc gives the code to the writer.
#include "compiler/jobs.h"

#include <bit>
#include <cstring>

#include "compiler/inline.h"
#include "wasm/outline.h"

namespace hermit::compiler {

namespace {

constexpr u8 kSetup = 'S';
constexpr u8 kJob = 'J';
constexpr u32 kDemote = 1;
constexpr u32 kCheck = 2;
constexpr char kDamaged[] = "damaged message between compiler and worker";

// Lists of structs that consist of u32 travel as they lie in memory.
static_assert(std::endian::native == std::endian::little);
static_assert(sizeof(CodeSite) == 8 && sizeof(CallSite) == 8 && sizeof(TableSite) == 8);
static_assert(sizeof(HandlerSite) == 12 && sizeof(Region) == 12 && sizeof(Inlined) == 12);

void write_u32(Bytes& out, size_t value) { ByteWriter(out).write_le<u32>(static_cast<u32>(value)); }

void write_bytes(Bytes& out, ByteView bytes) {
  write_u32(out, bytes.size());
  out.insert(out.end(), bytes.begin(), bytes.end());
}

template <typename T>
void write_list(Bytes& out, const std::vector<T>& list) {
  write_u32(out, list.size());
  ByteWriter(out).write({reinterpret_cast<const u8*>(list.data()), list.size() * sizeof(T)});
}

// A length that the remaining bytes can hold.
u32 read_count(ByteReader& reader, size_t element_size) {
  const auto count = reader.read_le<u32>(kDamaged);
  if (count <= reader.remaining() / element_size) return count;
  reader.fail(kDamaged);
  return 0;
}

ByteView read_view(ByteReader& reader) { return reader.read_bytes(read_count(reader, 1), kDamaged); }

template <typename T>
std::vector<T> read_list(ByteReader& reader) {
  const u32 count = read_count(reader, sizeof(T));
  const ByteView bytes = reader.read_bytes(u64{count} * sizeof(T), kDamaged);
  std::vector<T> list(bytes.size() / sizeof(T));
  if (!list.empty()) std::memcpy(list.data(), bytes.data(), bytes.size());
  return list;
}

std::unexpected<Error> damaged(const ByteReader& reader) {
  return reader.ok() ? malformed(kDamaged, reader.offset()) : std::unexpected(reader.error());
}

void write_body(Bytes& out, const wasm::Function& function) {
  write_u32(out, function.offset);
  write_bytes(out, function.body);
}

// Gives functions[index] its body, which lies in the message.
void read_body(ByteReader& reader, wasm::Function& function) {
  function.offset = reader.read_le<u32>(kDamaged);
  function.body = read_view(reader);
  if (reader.ok() && function.body.empty()) reader.fail(kDamaged);
}

void write_info(Bytes& out, const ModuleInfo& info) {
  const wasm::Module& module = *info.module;
  write_bytes(out, wasm::write_outline(module));
  write_u32(out, info.escapes.size());
  for (const bool escapes : info.escapes) out.push_back(escapes ? 1 : 0);
  write_u32(out, info.static_tables.size());
  for (const auto& table : info.static_tables) {
    out.push_back(table ? 1 : 0);
    if (table) write_list(out, *table);
  }
  write_u32(out, info.leaves.size());
  for (const Function& leaf : info.leaves) {
    write_u32(out, leaf.index);
    write_body(out, module.functions[leaf.index]);
  }
}

void write_code(Bytes& out, const FunctionCode& code) {
  write_bytes(out, code.bytes);
  write_u32(out, code.data);
  write_u32(out, code.alignment);
  write_u32(out, code.entry);
  write_list(out, code.sites);
  write_list(out, code.calls);
  write_list(out, code.tables);
  write_list(out, code.handlers);
  write_list(out, code.regions);
  write_list(out, code.clauses);
  write_list(out, code.inlined);
}

FunctionCode read_code(ByteReader& reader) {
  FunctionCode code;
  const ByteView bytes = read_view(reader);
  code.bytes.assign(bytes.begin(), bytes.end());
  code.data = reader.read_le<u32>(kDamaged);
  code.alignment = reader.read_le<u32>(kDamaged);
  code.entry = reader.read_le<u32>(kDamaged);
  code.sites = read_list<CodeSite>(reader);
  code.calls = read_list<CallSite>(reader);
  code.tables = read_list<TableSite>(reader);
  code.handlers = read_list<HandlerSite>(reader);
  code.regions = read_list<Region>(reader);
  code.clauses = read_list<u32>(reader);
  code.inlined = read_list<Inlined>(reader);
  return code;
}

// Does everything that refers to something refer to what is there?
bool is_sound(const FunctionCode& code, const wasm::Module& module) {
  const size_t size = code.bytes.size();
  const auto is_own = [&](u32 f) { return f >= module.imported_functions && f < module.functions.size(); };
  const auto holds = [&](u32 offset, size_t bytes) { return bytes <= size && offset <= size - bytes; };
  bool sound = code.data <= size && code.entry <= size;
  sound = sound && (code.alignment == abi::kFunctionAlignment || code.alignment == kLoopAlignment);
  for (const CodeSite& site : code.sites) {
    sound = sound && site.offset <= size;
    if (site.source >= kInlinedSource && !code.inlined.empty())
      sound = sound && site.source - kInlinedSource < code.inlined.size();
  }
  for (size_t i = 0; i < code.inlined.size(); ++i) {
    const Inlined& inlined = code.inlined[i];
    sound = sound && is_own(inlined.function) && (inlined.call < kInlinedSource || inlined.call - kInlinedSource < i);
  }
  for (const CallSite& call : code.calls) sound = sound && holds(call.offset, 4) && is_own(call.function);
  for (const TableSite& use : code.tables) sound = sound && holds(use.offset, 4) && use.table < module.tables.size();
  for (const HandlerSite& handler : code.handlers)
    sound = sound && handler.offset <= size && handler.landing <= size && handler.region < code.regions.size();
  for (size_t i = 0; i < code.regions.size(); ++i) {
    const Region& region = code.regions[i];
    sound = sound && (region.parent == kNone || region.parent < i) && region.first_clause <= code.clauses.size() &&
            region.clauses <= code.clauses.size() - region.first_clause;
  }
  return sound;
}

}  // namespace

std::vector<Job> split_into_jobs(std::span<const wasm::ProgramModule> modules) {
  std::vector<Job> jobs;
  for (u32 m = 0; m < modules.size(); ++m) {
    const wasm::Module& module = *modules[m].module;
    size_t size = kJobBytes;  // of the last job: the first function begins one
    for (u32 i = module.imported_functions; i < module.functions.size(); ++i) {
      const size_t body = module.functions[i].body.size();
      if (size + body > kJobBytes) {
        jobs.push_back({m, i, 0});
        size = 0;
      }
      ++jobs.back().count;
      size += body;
    }
  }
  return jobs;
}

size_t job_size(const wasm::Module& module, const Job& job) {
  size_t size = 0;
  for (u32 i = 0; i < job.count; ++i) size += module.functions[job.first + i].body.size();
  return size;
}

Bytes write_setup(std::span<const ModuleInfo> infos, const CompileOptions& options) {
  Bytes out = {kSetup};
  write_u32(out, static_cast<u32>(options.isa));
  write_u32(out, (options.demote ? kDemote : 0) | (options.check ? kCheck : 0));
  write_u32(out, infos.size());
  for (const ModuleInfo& info : infos) write_info(out, info);
  return out;
}

Bytes write_job(const wasm::Module& module, const Job& job) {
  Bytes out = {kJob};
  out.reserve(job_size(module, job) + size_t{8} * job.count + 16);
  write_u32(out, job.module);
  write_u32(out, job.first);
  write_u32(out, job.count);
  for (u32 i = 0; i < job.count; ++i) write_body(out, module.functions[job.first + i]);
  return out;
}

Result<JobResult> read_answer(ByteView answer, const wasm::Module& module, const Job& job) {
  ByteReader reader(answer);
  JobResult result;
  result.failed = reader.read_u8(kDamaged) != 0;
  constexpr size_t kLeastCode = 40;  // ten numbers
  const u32 count = read_count(reader, kLeastCode);
  for (u32 i = 0; i < count && reader.ok(); ++i) {
    result.code.push_back(read_code(reader));
    if (reader.ok() && !is_sound(result.code.back(), module)) reader.fail(kDamaged);
  }
  const bool complete = result.failed ? count < job.count : count == job.count;
  if (!reader.ok() || !reader.at_end() || !complete) return damaged(reader);
  return result;
}

Result<void> JobServer::read_info(ByteReader& reader) {
  TRY(wasm::Module outline, wasm::read_outline(read_view(reader)));
  wasm::Module& module = modules_.emplace_back(std::move(outline));
  ModuleInfo& info = infos_.emplace_back();
  info.module = &module;
  for (const wasm::TypeShape& shape : module.shapes) info.first_equal_type.push_back(shape.canonical);
  for (const u8 escapes : read_view(reader)) info.escapes.push_back(escapes != 0);
  const u32 tables = read_count(reader, 1);
  for (u32 i = 0; i < tables && reader.ok(); ++i) {
    info.static_tables.emplace_back();
    if (reader.read_u8(kDamaged) != 0) info.static_tables.back() = read_list<u32>(reader);
  }
  if (info.escapes.size() != module.functions.size() || tables != module.tables.size()) return damaged(reader);
  info.leaf_of.assign(module.functions.size(), kNone);
  for (u32 left = read_count(reader, 8); left != 0; --left) {
    const auto index = reader.read_le<u32>(kDamaged);
    if (index < module.imported_functions || index >= module.functions.size()) return damaged(reader);
    read_body(reader, module.functions[index]);
    if (!reader.ok() || !add_leaf(info, index)) return damaged(reader);
  }
  return {};
}

Result<void> JobServer::set_up(ByteReader& reader) {
  infos_.clear();
  modules_.clear();
  options_.isa = static_cast<abi::Isa>(reader.read_le<u32>(kDamaged));
  const auto flags = reader.read_le<u32>(kDamaged);
  if (options_.isa != abi::Isa::X64 && options_.isa != abi::Isa::Arm64) return damaged(reader);
  options_.demote = (flags & kDemote) != 0;
  options_.check = (flags & kCheck) != 0;
  for (u32 left = read_count(reader, 16); left != 0; --left) TRY_VOID(read_info(reader));
  if (!reader.ok() || !reader.at_end()) return damaged(reader);
  return {};
}

Result<Bytes> JobServer::compile(ByteReader& reader) {
  const auto which = reader.read_le<u32>(kDamaged);
  const auto first = reader.read_le<u32>(kDamaged);
  const u32 count = read_count(reader, 8);
  if (!reader.ok() || which >= modules_.size()) return damaged(reader);
  wasm::Module& module = modules_[which];
  if (first < module.imported_functions || first > module.functions.size() || count > module.functions.size() - first)
    return damaged(reader);
  Bytes out;
  out.push_back(0);
  const size_t count_at = out.size();
  write_u32(out, 0);
  for (u32 done = 0; done < count; ++done) {
    read_body(reader, module.functions[first + done]);
    if (!reader.ok()) return damaged(reader);
    const auto code = compile_function(infos_[which], first + done, options_);
    module.functions[first + done].body = {};  // the message goes away
    if (!code) {
      out[0] = 1;
      return out;
    }
    write_code(out, *code);
    store_le<u32>(out.data() + count_at, done + 1);
  }
  if (!reader.at_end()) return damaged(reader);
  return out;
}

Result<Bytes> JobServer::answer(Bytes message) {
  const bool is_setup = !message.empty() && message[0] == kSetup;
  if (!is_setup) {
    ByteReader reader(message);
    if (reader.read_u8(kDamaged) != kJob) return damaged(reader);
    return compile(reader);
  }
  setup_ = std::move(message);
  ByteReader reader(setup_);
  (void)reader.read_u8(kDamaged);
  if (auto done = set_up(reader); !done) {
    infos_.clear();
    modules_.clear();
    return std::unexpected(done.error());
  }
  return Bytes{};
}

}  // namespace hermit::compiler
