// The idea is in module_maker.h. One class makes a body (BodyMaker), the rest are the sections around it.
#include "module_maker.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>

#include "base/check.h"
#include "wasm/decoder.h"
#include "wasm/module_builder.h"
#include "wasm/opcodes.h"
#include "wasm/validator.h"

namespace hermit::fuzz {
namespace {

using wasm::Code;
using wasm::Immediate;
using wasm::Op;
using wasm::ValType;
using enum wasm::ValType;
using Types = std::vector<ValType>;

class Choices {
 public:
  explicit Choices(ByteView bytes) : bytes_(bytes) {}
  [[nodiscard]] bool empty() const { return bytes_.empty(); }
  u8 next() {
    if (bytes_.empty()) return 0;
    const u8 byte = bytes_[0];
    bytes_ = bytes_.subspan(1);
    return byte;
  }
  u32 below(u32 count) { return count > 256 ? (next() << 8 | next()) % count : next() % count; }
  bool one_of(u32 count) { return below(count) == 0; }

 private:
  ByteView bytes_;
};

constexpr std::array kTypes = {I32, I64, F32, F64, V128, FuncRef, ExternRef};

// What the module holds. Global i is a mutable one of kTypes[i].
struct Shape {
  std::vector<wasm::Limits> memories;
  u32 tables = 1;             // of funcref; the last one is of externref if there are several
  std::vector<std::pair<Types, Types>> signatures;  // types 0, 1, ...
  u32 imported = 0;           // functions of the host
  std::vector<u32> functions;  // signature of each function, imported ones first
  std::vector<u32> tags;      // signatures without results
};
constexpr u32 kDataSegments = 2, kElementSegments = 2;

struct Row {
  Op op;
  const wasm::OpInfo* info;
};
// Every instruction with a plain signature.
const std::vector<Row>& rows() {
  static const std::vector<Row> list = [] {
    std::vector<Row> all;
#define HERMIT_OPCODE(name, prefix, code, text, immediate, signature, feature) \
  if (!wasm::op_info(Op::name).special) all.push_back({Op::name, &wasm::op_info(Op::name)});
#include "wasm/opcodes.def"
    return all;
  }();
  return list;
}

class BodyMaker {
 public:
  BodyMaker(Choices& choices, const Shape& shape, u32 function) : in_(choices), shape_(shape) {
    const auto& [params, results] = shape.signatures[shape.functions[function]];
    locals_ = params;
    for (const ValType type : kTypes) locals_.push_back(type);
    frames_.push_back({Op::Block, results, results, {}, 0});
  }
  Code make(u32 steps) {
    while (!frames_.empty() && steps-- != 0 && !in_.empty()) step();
    while (frames_.size() > 1) end();
    settle(frames_[0].results);
    return std::move(code_);
  }
  static wasm::ModuleBuilder::LocalRuns declared() {
    wasm::ModuleBuilder::LocalRuns runs;
    for (const ValType type : kTypes) runs.push_back({1, type});
    return runs;
  }

 private:
  struct Frame {
    Op kind;  // Block, Loop, If, Else, TryTable, Try, Catch
    Types label;  // what a branch to it carries
    Types results;
    Types params;
    size_t height;  // of the operand stack at its start
  };

  // --- operands ---

  void constant(ValType type) {
    static constexpr i64 kEdges[] = {0,   1,   -1,    2,     31,         32,        63,        64,
                                     127, 255, 65535, 65536, 0x7fffffff, INT32_MIN, INT64_MAX, INT64_MIN};
    const u8 byte = in_.next();
    const i64 value = byte < 128 ? kEdges[byte % std::size(kEdges)] : static_cast<i8>(byte) * i64{in_.next()};
    const u64 float_bits[] = {0,
                              u64{1} << 63,
                              0x3ff0000000000000,
                              0x7ff0000000000000,
                              0x7ff8000000000000,
                              0x7ff4000000000001,
                              0x41e0000000000000,
                              0xc3e0000000000000,
                              0x43f0000000000000,
                              static_cast<u64>(value)};
    const u32 single_bits[] = {0,          1u << 31,   0x3f800000, 0x7f800000, 0x7fc00000,
                               0x7fa00001, 0x4f000000, 0xdf000000, 0x5f800000, static_cast<u32>(value)};
    switch (type) {
      case I32: code_.i32(static_cast<i32>(value)); break;
      case I64: code_.i64(value); break;
      case F32: code_.f32_bits(single_bits[byte % 10]); break;
      case F64: code_.f64_bits(float_bits[byte % 10]); break;
      case V128: code_.v128(float_bits[byte % 10], static_cast<u64>(value) * 0x0101010101010101); break;
      case FuncRef:
        if (byte % 2 != 0) {
          code_.op(Op::RefFunc, {byte % shape_.functions.size()});
          break;
        }
        [[fallthrough]];
      default: code_.ref_null(type); break;
    }
    stack_.push_back(type);
  }
  void push(ValType type) {
    const u8 byte = in_.next();
    if (byte % 2 != 0) return constant(type);
    const u32 count = static_cast<u32>(locals_.size());
    for (u32 i = 0; i < count; ++i) {
      const u32 local = (byte + i) % count;
      if (locals_[local] != type) continue;
      code_.local_get(local);
      stack_.push_back(type);
      return;
    }
    constant(type);
  }
  [[nodiscard]] bool has(const Types& types) const {
    return stack_.size() - frames_.back().height >= types.size() &&
           std::equal(types.rbegin(), types.rend(), stack_.rbegin());
  }
  // Makes `types` the top of the stack.
  void want(const Types& types) {
    if (has(types)) return;
    for (const ValType type : types) push(type);
  }
  void drop(size_t height) {
    for (; stack_.size() > height; stack_.pop_back()) code_.op(Op::Drop);
  }
  // Makes `types` all that the frame holds.
  void settle(const Types& types) {
    const size_t height = frames_.back().height;
    if (stack_.size() == height + types.size() && has(types)) return;
    drop(height);
    for (const ValType type : types) push(type);
  }
  void pop(size_t count) { stack_.resize(stack_.size() - count); }
  void push_all(const Types& types) { stack_.insert(stack_.end(), types.begin(), types.end()); }

  // --- control ---

  void begin(Op kind, u32 signature) {
    const auto& [params, results] = shape_.signatures[signature];
    pop(params.size());
    frames_.push_back({kind, kind == Op::Loop ? params : results, results, params, stack_.size()});
    push_all(params);
  }
  void open() {
    constexpr Op kKinds[] = {Op::Block, Op::Loop, Op::If, Op::Try};
    const Op kind = kKinds[in_.below(4)];
    const u32 signature = in_.below(static_cast<u32>(shape_.signatures.size()));
    Types operands = shape_.signatures[signature].first;
    if (kind == Op::If) operands.push_back(I32);
    want(operands);
    if (kind == Op::If) pop(1);
    code_.begin_typed(kind, signature);
    begin(kind, signature);
  }
  void open_try_table() {
    const u32 signature = in_.below(static_cast<u32>(shape_.signatures.size()));
    want(shape_.signatures[signature].first);
    code_.op(Op::TryTable);
    // The block type's number is below 64: one byte as signed LEB128.
    Bytes clauses;
    u8 count = 0;
    for (u32 depth = 0; depth < frames_.size() && count < 4; ++depth) {
      const Types& label = frames_[frames_.size() - 1 - depth].label;
      for (u32 tag = 0; tag < shape_.tags.size(); ++tag) {
        Types carried = shape_.signatures[shape_.tags[tag]].first;
        if (label == carried)
          clauses.insert(clauses.end(), {0, static_cast<u8>(tag)}), wasm::append_unsigned(clauses, depth), ++count;
        carried.push_back(ExnRef);
        if (label == carried)
          clauses.insert(clauses.end(), {1, static_cast<u8>(tag)}), wasm::append_unsigned(clauses, depth), ++count;
      }
      if (label.empty()) clauses.push_back(2), wasm::append_unsigned(clauses, depth), ++count;
      if (label == Types{ExnRef}) clauses.push_back(3), wasm::append_unsigned(clauses, depth), ++count;
    }
    code_.raw({static_cast<u8>(signature), count});
    for (const u8 byte : clauses) code_.raw({byte});
    begin(Op::TryTable, signature);
  }
  void end() {
    Frame& frame = frames_.back();
    settle(frame.results);
    stack_.resize(frame.height);
    const Types results = frame.results;
    if (frame.kind == Op::If) {  // an else of its own: parameters and results may differ
      code_.op(Op::Else);
      push_all(frame.params);
      settle(results);
      stack_.resize(frame.height);
    }
    if (frame.kind == Op::Try && frames_.size() > 2 && in_.one_of(4)) {
      code_.op(Op::Delegate, {in_.below(static_cast<u32>(frames_.size()) - 1)});
    } else {
      code_.end();
    }
    stack_.resize(frame.height);
    frames_.pop_back();
    push_all(results);
  }
  // try ... catch or catch_all
  void catch_() {
    Frame& frame = frames_.back();
    if (frame.kind != Op::Try && frame.kind != Op::Catch) return;
    settle(frame.results);
    stack_.resize(frame.height);
    const u32 choice = in_.below(static_cast<u32>(shape_.tags.size()) + 1);
    if (choice < shape_.tags.size()) {
      code_.op(Op::Catch, {choice});
      push_all(shape_.signatures[shape_.tags[choice]].first);
      frame.kind = Op::Catch;
    } else {
      code_.op(Op::CatchAll);
      frame.kind = Op::CatchAll;
    }
  }
  void rethrow() {
    for (u32 depth = 0; depth < frames_.size(); ++depth) {
      const Op kind = frames_[frames_.size() - 1 - depth].kind;
      if (kind != Op::Catch && kind != Op::CatchAll) continue;
      code_.op(Op::Rethrow, {depth});
      return unreachable();
    }
  }
  // What follows has types of its own again.
  void unreachable() { stack_.resize(frames_.back().height); }
  [[nodiscard]] u32 depth() { return in_.below(static_cast<u32>(frames_.size())); }
  const Types& label(u32 depth) { return frames_[frames_.size() - 1 - depth].label; }
  void branch() {
    const u32 target = depth();
    const u32 kind = in_.below(4);
    Types carried = label(target);
    if (kind == 0) {
      want(carried);
      code_.op(Op::Br, {target});
      return unreachable();
    }
    carried.push_back(I32);
    want(carried);
    pop(1);
    if (kind != 1) {
      code_.op(Op::BrIf, {target});
      return;
    }
    std::vector<u32> targets;
    for (u32 i = in_.below(6); i != 0; --i) {
      const u32 other = depth();
      if (label(other) == label(target)) targets.push_back(other);
    }
    code_.br_table(targets, target);
    unreachable();
  }
  void call() {
    const u32 count = static_cast<u32>(shape_.functions.size());
    const u32 function = in_.below(count);
    const u32 signature = shape_.functions[function];
    const auto& [params, results] = shape_.signatures[signature];
    const bool fits_tail = results == frames_[0].results;
    u32 kind = in_.below(6);
    if (kind > 2 && !fits_tail) kind -= 3;
    Types operands = params;
    if (kind % 3 == 1) operands.push_back(I32);
    want(operands);
    switch (kind) {
      case 0: code_.op(Op::Call, {function}); break;
      case 1: code_.op(Op::CallIndirect, {signature, 0}); break;
      case 2: code_.op(Op::RefFunc, {function}).op(Op::CallRef, {signature}); break;
      case 3: code_.op(Op::ReturnCall, {function}); break;
      case 4: code_.op(Op::ReturnCallIndirect, {signature, 0}); break;
      default: code_.op(Op::RefFunc, {function}).op(Op::ReturnCallRef, {signature}); break;
    }
    pop(operands.size());
    if (kind > 2) return unreachable();
    push_all(results);
  }
  void leave() {
    switch (in_.below(4)) {
      case 0: code_.op(Op::Unreachable); break;
      case 1:
        want(frames_[0].results);
        code_.op(Op::Return);
        break;
      default: {
        const u32 tag = in_.below(static_cast<u32>(shape_.tags.size()));
        want(shape_.signatures[shape_.tags[tag]].first);
        code_.op(Op::Throw, {tag});
      }
    }
    unreachable();
  }

  // --- instructions with a type of their own ---

  void variable() {
    const u32 kind = in_.below(5);
    if (kind > 2) {
      const u32 global = in_.below(kTypes.size());
      if (kind == 3) {
        code_.op(Op::GlobalGet, {global});
        return stack_.push_back(kTypes[global]);
      }
      want({kTypes[global]});
      code_.op(Op::GlobalSet, {global});
      return pop(1);
    }
    const u32 local = in_.below(static_cast<u32>(locals_.size()));
    if (kind == 0) {
      code_.local_get(local);
      return stack_.push_back(locals_[local]);
    }
    want({locals_[local]});
    code_.op(kind == 1 ? Op::LocalSet : Op::LocalTee, {local});
    if (kind == 1) pop(1);
  }
  void select() {
    const ValType type = kTypes[in_.below(kTypes.size())];
    want({type, type, I32});
    code_.op(Op::SelectTyped, {1, bits(type)});
    pop(2);
  }
  static u64 bits(ValType type) { return static_cast<u64>(type) & 0xff; }
  void references() {
    const ValType type = in_.one_of(2) ? FuncRef : ExternRef;
    want({type});
    code_.op(Op::RefIsNull);
    stack_.back() = I32;
  }
  ValType address_type(u32 memory) { return shape_.memories[memory].is_64 ? I64 : I32; }
  void memory_operation() {
    if (shape_.memories.empty()) return;
    const u32 count = static_cast<u32>(shape_.memories.size());
    const u32 memory = in_.below(count), other = in_.below(count);
    const ValType address = address_type(memory), from = address_type(other);
    switch (in_.below(6)) {
      case 0: code_.op(Op::MemorySize, {memory}), stack_.push_back(address); break;
      case 1: want({address}), code_.op(Op::MemoryGrow, {memory}); break;
      case 2: want({address, I32, address}), code_.op(Op::MemoryFill, {memory}), pop(3); break;
      case 3:
        want({address, from, address == I64 && from == I64 ? I64 : I32});
        code_.op(Op::MemoryCopy, {memory, other}), pop(3);
        break;
      default: want({address, I32, I32}), code_.op(Op::MemoryInit, {in_.below(kDataSegments), memory}), pop(3); break;
    }
  }
  void table_operation() {
    const u32 table = in_.below(shape_.tables);
    const ValType type = element_type(table);
    switch (in_.below(8)) {
      case 0: want({I32}), code_.op(Op::TableGet, {table}), stack_.back() = type; break;
      case 1: want({I32, type}), code_.op(Op::TableSet, {table}), pop(2); break;
      case 2: code_.op(Op::TableSize, {table}), stack_.push_back(I32); break;
      case 3: want({type, I32}), code_.op(Op::TableGrow, {table}), pop(1), stack_.back() = I32; break;
      case 4: want({I32, type, I32}), code_.op(Op::TableFill, {table}), pop(3); break;
      case 5: want({I32, I32, I32}), code_.op(Op::TableCopy, {table, table}), pop(3); break;
      default: want({I32, I32, I32}), code_.op(Op::TableInit, {0, 0}), pop(3); break;
    }
  }
  [[nodiscard]] ValType element_type(u32 table) const {
    return shape_.tables > 1 && table + 1 == shape_.tables ? ExternRef : FuncRef;
  }

  // --- the instructions of the table ---

  void plain() {
    const Row& row = rows()[in_.below(static_cast<u32>(rows().size()))];
    const wasm::OpInfo& info = *row.info;
    Types operands(info.params, info.params + info.param_count);
    const Immediate kind = info.immediate;
    const bool is_access = kind >= Immediate::Memarg8 && kind <= Immediate::Memarg64Lane;
    u32 memory = 0;
    if (is_access) {
      if (shape_.memories.empty()) return;
      memory = in_.below(static_cast<u32>(shape_.memories.size()));
      operands[0] = address_type(memory);
    }
    if (kind == Immediate::Memory || kind == Immediate::DataMemory) return;
    const bool is_constant = kind >= Immediate::I32 && kind <= Immediate::V128;
    if (is_constant) return constant(info.result);
    want(operands);
    if (kind == Immediate::Data)
      code_.op(row.op, {in_.below(kDataSegments)});
    else if (kind == Immediate::Element)
      code_.op(row.op, {in_.below(kElementSegments)});
    else
      code_.op(row.op);
    if (is_access) access(kind, memory);
    lanes(kind);
    pop(operands.size());
    if (info.result_count != 0) stack_.push_back(info.result);
  }
  void access(Immediate kind, u32 memory) {
    Bytes immediates;
    wasm::append_unsigned(immediates, memory == 0 ? 0u : 0x40u);
    if (memory != 0) wasm::append_unsigned(immediates, memory);
    static constexpr u64 kOffsets[] = {0, 1, 8, 65528, 65535, 65536, 0x7fffffff, 0xfffffff0};
    const u8 byte = in_.next();
    u64 offset = byte < 200 ? byte : kOffsets[byte % std::size(kOffsets)];
    if (byte == 255 && shape_.memories[memory].is_64) offset = ~u64{0} - 7;
    wasm::append_unsigned(immediates, offset);
    (void)kind;
    for (const u8 b : immediates) code_.raw({b});
  }
  void lanes(Immediate kind) {
    u32 count = 0;
    switch (kind) {
      case Immediate::Lane2:
      case Immediate::Memarg64Lane: count = 2; break;
      case Immediate::Lane4:
      case Immediate::Memarg32Lane: count = 4; break;
      case Immediate::Lane8:
      case Immediate::Memarg16Lane: count = 8; break;
      case Immediate::Lane16:
      case Immediate::Memarg8Lane: count = 16; break;
      case Immediate::Shuffle:
        for (int i = 0; i < 16; ++i) code_.raw({static_cast<u8>(in_.below(32))});
        return;
      default: return;
    }
    code_.raw({static_cast<u8>(in_.below(count))});
  }

  void step() {
    if (stack_.size() > 60) drop(frames_.back().height);
    switch (in_.below(20)) {
      case 0: return frames_.size() < 40 ? open() : end_inner();
      case 1: return end_inner();
      case 2: return branch();
      case 3: return call();
      case 4: return in_.one_of(4) ? leave() : variable();
      case 5: return frames_.size() < 40 ? open_try_table() : end_inner();
      case 6: return in_.one_of(4) ? rethrow() : catch_();
      case 7: return select();
      case 8: return references();
      case 9: return memory_operation();
      case 10: return table_operation();
      case 11:
      case 12:
      case 13: return variable();
      case 14: return constant(kTypes[in_.below(kTypes.size())]);
      default: return plain();
    }
  }
  void end_inner() {
    if (frames_.size() > 1) end();
  }

  Choices& in_;
  const Shape& shape_;
  Code code_;
  Types locals_;
  Types stack_;
  std::vector<Frame> frames_;
};

Types some(Choices& in, u32 most) {
  Types types;
  for (u32 i = in.below(most + 1); i != 0; --i) types.push_back(kTypes[in.below(kTypes.size())]);
  return types;
}

Shape choose_shape(Choices& in) {
  Shape shape;
  for (u32 i = in.below(4); i != 0; --i) {
    wasm::Limits limits{.min = in.below(3)};
    limits.is_64 = in.one_of(3);
    if (in.one_of(2)) limits.has_max = true, limits.max = limits.min + in.below(4);
    shape.memories.push_back(limits);
  }
  shape.tables = 1 + in.below(3);
  // The first ones have the types of the host's functions, the next of the tags.
  shape.signatures = {{{I64}, {I64}},    {{}, {I32, I64, F32}}, {{I32}, {}},         {{}, {}},      {{I32}, {}},
                      {{I64, V128}, {}}, {{}, {I32}},           {{}, {I32, ExnRef}}, {{}, {ExnRef}}};
  shape.tags = {3, 4, 5};
  shape.imported = 3;
  shape.functions = {0, 1, 2};
  for (u32 i = 1 + in.below(5); i != 0; --i) {
    shape.functions.push_back(static_cast<u32>(shape.signatures.size()));
    shape.signatures.push_back({some(in, 5), some(in, 4)});
  }
  return shape;
}

Bytes make_module(ByteView choices) {
  Choices in(choices);
  const Shape shape = choose_shape(in);
  wasm::ModuleBuilder m;
  for (const auto& [params, results] : shape.signatures) m.type(params, results);
  constexpr std::string_view kNames[] = {"same", "many", "again"};
  for (u32 i = 0; i < shape.imported; ++i) m.import_function("host", kNames[i], shape.functions[i]);
  for (const wasm::Limits& limits : shape.memories) m.memory(limits);
  for (u32 i = 0; i < shape.tables; ++i) {
    m.table({shape.tables > 1 && i + 1 == shape.tables ? ExternRef : FuncRef, {.min = 8}});
  }
  for (const u32 signature : shape.tags) m.tag(signature);
  const Code zeros[] = {Code().i32(7),     Code().i64(-7),           Code().f32_bits(0x3f800000), Code().f64_bits(0),
                        Code().v128(1, 2), Code().ref_null(FuncRef), Code().ref_null(ExternRef)};
  for (size_t i = 0; i < kTypes.size(); ++i) m.global({kTypes[i], true}, zeros[i]);
  std::vector<u32> all;
  for (u32 i = 0; i < shape.functions.size(); ++i) all.push_back(i);
  m.passive_elements(all);
  m.elements(Code().i32(0), {all.begin(), all.begin() + std::min<std::ptrdiff_t>(std::ssize(all), 7)});
  m.data_count();
  m.passive_data("sixteen bytes...");
  m.passive_data(std::string(300, '\x91'));
  const u32 count = static_cast<u32>(shape.functions.size());
  for (u32 i = shape.imported; i < count; ++i) {
    BodyMaker maker(in, shape, i);
    const bool last = i + 1 == count;
    const u32 index = m.function(shape.functions[i], BodyMaker::declared(), maker.make(last ? ~0u : 8 + in.below(100)));
    m.export_function("f" + std::to_string(index - shape.imported), index);
  }
  return m.build();
}

}  // namespace

Input read_input(ByteView bytes) {
  Input input;
  input.is_made = bytes.size() < 4 || std::memcmp(bytes.data(), "\0asm", 4) != 0;
  if (input.is_made) input.made = make_module(bytes);
  auto module = wasm::decode_module(input.is_made ? ByteView(input.made) : bytes);
  const auto valid = module ? wasm::validate_all(*module) : std::unexpected(module.error());
  if (!valid && input.is_made)
    std::fprintf(stderr, "%s at %llu\n", valid.error().what, static_cast<unsigned long long>(valid.error().where));
  CHECK(valid || !input.is_made);
  if (valid) input.module = std::move(*module);
  return input;
}

}  // namespace hermit::fuzz
