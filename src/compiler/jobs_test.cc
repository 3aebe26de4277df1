// Compiling in pieces: the same image whoever compiles them and in whatever order they answer, and messages that were
// damaged on the way.
#include "compiler/jobs.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "base/endian.h"
#include "compiler/crew.h"
#include "wasm/decoder.h"
#include "wasm/module_builder.h"
#include "wasm/validator.h"

namespace hermit::compiler {
namespace {

using wasm::Code;
using wasm::ModuleBuilder;
using wasm::Op;
using wasm::ValType;

// Helpers inside of the test: each answers its messages in order, but who answers next is chance.
class TestHelpers {
 public:
  TestHelpers(u32 count, u32 seed) : servers_(count), waiting_(count), random_(seed) {}

  Helpers get() { return {this, static_cast<u32>(servers_.size()), send, wait}; }
  size_t most_waiting = 0;  // messages to one helper that it had not answered
  int jobs = 0;
  bool answers_nonsense = false;
  bool ends = false;
  bool fails = false;

  [[nodiscard]] bool all_answered() const {
    return std::ranges::all_of(waiting_, [](const auto& list) { return list.empty(); });
  }

 private:
  static bool send(void* context, u32 helper, Bytes message) {
    auto& self = *static_cast<TestHelpers*>(context);
    self.waiting_[helper].push_back(std::move(message));
    self.most_waiting = std::max(self.most_waiting, self.waiting_[helper].size());
    return true;
  }
  static std::optional<HelperAnswer> wait(void* context) {
    auto& self = *static_cast<TestHelpers*>(context);
    EXPECT_FALSE(self.all_answered()) << "it would wait for ever";
    if (self.all_answered() || (self.ends && ++self.jobs == 5)) return std::nullopt;
    u32 helper = 0;
    do helper = self.random_() % self.servers_.size();
    while (self.waiting_[helper].empty());
    Bytes message = std::move(self.waiting_[helper].front());
    self.waiting_[helper].erase(self.waiting_[helper].begin());
    auto answer = self.servers_[helper].answer(std::move(message));
    EXPECT_TRUE(answer);
    if (!answer) return std::nullopt;
    if (self.fails && !answer->empty() && ++self.jobs % 3 == 0) *answer = {1, 0, 0, 0, 0};
    if (self.answers_nonsense && ++self.jobs == 5) answer->push_back(1);
    return HelperAnswer{helper, std::move(*answer)};
  }

  std::vector<JobServer> servers_;
  std::vector<std::vector<Bytes>> waiting_;
  std::mt19937 random_;
};

// Functions of many kinds, some of them large, with leaves, a static table, tries and a dynamic table.
Bytes example(u32 functions, u32 large) {
  ModuleBuilder m;
  m.memory({1, 1, true});
  const u32 unary = m.type({ValType::I32}, {ValType::I32});
  const u32 none = m.type({}, {});
  const u32 tag = m.tag(m.type({ValType::I32}, {}));
  m.import_function("env", "host", unary);
  const u32 leaf = m.function(unary, {}, Code().local_get(0).i32(3).op(Op::I32Mul));
  const u32 fixed = m.table({ValType::FuncRef, {4, 4, true}});
  const u32 written = m.table({ValType::FuncRef, {4, 4, true}});
  m.function(none, {}, Code().i32(0).ref_null(ValType::FuncRef).op(Op::TableSet, {written}));
  m.elements(Code().i32(1), {leaf, leaf + 2});
  u32 last = leaf;
  for (u32 i = 0; i < functions; ++i) {
    Code body;
    body.local_get(0).op(Op::Call, {leaf}).i32(static_cast<i32>(i)).op(Op::I32DivS);
    body.op(Op::I32Load, {2, i}).local_get(0).op(Op::CallIndirect, {unary, i % 2 == 0 ? fixed : written});
    body.op(Op::Call, {last}).op(Op::Call, {0});
    if (i % 7 == 0)
      body.local_set(0).begin(Op::Try).local_get(0).op(Op::Throw, {tag}).op(Op::CatchAll).end().local_get(0);
    for (u32 k = 0; k < (i % 29 == 28 ? large : i % 40); ++k) body.local_get(0).op(Op::I32Load, {2, k}).op(Op::I32Xor);
    last = m.function(unary, {}, body);
  }
  m.export_function("f", last);
  return m.build();
}

struct Program {
  explicit Program(std::initializer_list<Bytes> list) : bytes(list) {
    for (const Bytes& one : bytes) {
      auto decoded = wasm::decode_module(one);
      EXPECT_TRUE(decoded && wasm::validate_all(*decoded));
      modules.push_back(std::move(*decoded));
    }
    for (const wasm::Module& module : modules) named.push_back({&module == &modules.back() ? "" : "other", &module});
  }
  std::vector<Bytes> bytes;
  std::deque<wasm::Module> modules;
  std::vector<wasm::ProgramModule> named;
};

TEST(Jobs, TheImageDoesNotDependOnWhoCompiles) {
  const Program program({example(40, 10), example(90, 10000)});
  for (const abi::Isa isa : {abi::Isa::X64, abi::Isa::Arm64}) {
    const auto alone = compile_program(program.named, {.isa = isa});
    ASSERT_TRUE(alone);
    for (const u32 count : {1u, 2u, 5u, 64u}) {
      TestHelpers helpers(count, count);
      const auto image = compile_program(program.named, {.isa = isa, .helpers = helpers.get()});
      ASSERT_TRUE(image);
      EXPECT_TRUE(*image == *alone) << count;
      EXPECT_TRUE(helpers.all_answered());
      EXPECT_LE(helpers.most_waiting, 2u);
      // And once more with the same ones.
      const auto again = compile_program(program.named, {.isa = isa, .helpers = helpers.get()});
      EXPECT_TRUE(again && *again == *alone);
    }
  }
}

TEST(Jobs, AProgramWithoutFunctions) {
  const Program program({ModuleBuilder().build()});
  TestHelpers helpers(2, 1);
  const auto image = compile_program(program.named, {.helpers = helpers.get()});
  const auto alone = compile_program(program.named, {});
  EXPECT_TRUE(image && alone && *image == *alone);
  EXPECT_TRUE(helpers.all_answered());
}

TEST(Jobs, CoverEveryFunctionOnce) {
  const Program program({example(40, 10), example(90, 10000)});
  u32 module = 0;
  u32 next = program.modules[0].imported_functions;
  for (const Job& job : split_into_jobs(program.named)) {
    if (job.module != module) {
      EXPECT_EQ(next, program.modules[module].functions.size());
      next = program.modules[module = job.module].imported_functions;
    }
    EXPECT_EQ(job.first, next);
    EXPECT_GE(job.count, 1u);
    EXPECT_TRUE(job.count == 1 || job_size(program.modules[module], job) <= kJobBytes);
    next += job.count;
  }
  EXPECT_EQ(next, program.modules[module].functions.size());
}

// Nothing that validates is refused today. A job whose answer says that its first function was shows that the owner
// asks the compiler itself, whose error it would then have, with its place.
TEST(Jobs, AFailedFunctionIsCompiledByTheOwner) {
  const Program program({example(90, 10000)});
  const auto alone = compile_program(program.named, {});
  TestHelpers helpers(2, 1);
  helpers.fails = true;
  const auto image = compile_program(program.named, {.helpers = helpers.get()});
  ASSERT_TRUE(image && alone);
  EXPECT_GE(helpers.jobs, 3);
  EXPECT_TRUE(*image == *alone);
  const Bytes incomplete = {0, 0, 0, 0, 0};
  EXPECT_FALSE(read_answer(incomplete, program.modules[0], split_into_jobs(program.named)[0]));
}

TEST(Jobs, HelpersThatEndOrTalkNonsense) {
  const Program program({example(90, 10000)});
  for (const bool nonsense : {false, true}) {
    TestHelpers helpers(3, 1);
    helpers.ends = !nonsense;
    helpers.answers_nonsense = nonsense;
    const auto image = compile_program(program.named, {.helpers = helpers.get()});
    ASSERT_FALSE(image);
    EXPECT_EQ(image.error().kind, ErrorKind::System);
    EXPECT_STREQ(image.error().what, kHelperFailed);
  }
}

TEST(Jobs, DamagedMessages) {
  const Program program({example(20, 10)});
  const std::vector<ModuleInfo> infos = {examine(program.modules[0])};
  const Job job = split_into_jobs(program.named)[0];
  const Bytes setup = write_setup(infos, {.isa = abi::Isa::X64});
  const Bytes message = write_job(program.modules[0], job);
  JobServer server;
  EXPECT_FALSE(server.answer(message)) << "a job before the set-up";
  EXPECT_FALSE(server.answer({}));
  EXPECT_FALSE(server.answer({'X'}));
  for (size_t size = 0; size < setup.size(); ++size)
    EXPECT_FALSE(server.answer({setup.begin(), setup.begin() + static_cast<std::ptrdiff_t>(size)})) << size;
  ASSERT_TRUE(server.answer(setup));
  for (size_t size = 0; size < message.size(); size += 7)
    EXPECT_FALSE(server.answer({message.begin(), message.begin() + static_cast<std::ptrdiff_t>(size)})) << size;
  for (const size_t at : {1u, 5u, 9u}) {  // module, first function, count
    Bytes other = message;
    other[at + 3] = 0xff;
    EXPECT_FALSE(server.answer(other)) << at;
  }
  const auto answer = server.answer(message);
  ASSERT_TRUE(answer);
  const auto result = read_answer(*answer, program.modules[0], job);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->code.size(), job.count);
  for (size_t size = 0; size < answer->size(); ++size)
    EXPECT_FALSE(read_answer(ByteView(*answer).first(size), program.modules[0], job)) << size;

  // Whatever passes is good enough for the writer of images.
  std::mt19937 random(1);
  for (int i = 0; i < 3000; ++i) {
    Bytes damaged = *answer;
    damaged[random() % damaged.size()] ^= static_cast<u8>(1 + random() % 255);
    auto read = read_answer(damaged, program.modules[0], job);
    if (!read || read->failed) continue;
    ImageWriter writer(abi::Isa::X64, 1);
    writer.begin_module("", program.modules[0]);
    for (u32 k = 0; k < job.count; ++k) writer.add_function(std::move(read->code[k]), infos[0].escapes[job.first + k]);
  }
}

// A chain of inlined calls must come to an end.
TEST(Jobs, AnInlinedCallInsideOfItselfIsRefused) {
  ModuleBuilder m;
  Code fib;
  fib.local_get(0).i32(2).op(Op::I32LtU).begin(Op::If).local_get(0).op(Op::Return).end();
  fib.local_get(0).i32(1).op(Op::I32Sub).op(Op::Call, {0}).local_get(0).i32(2).op(Op::I32Sub).op(Op::Call, {0});
  m.function(m.type({ValType::I32}, {ValType::I32}), {}, fib.op(Op::I32Add));
  const Program program({m.build()});
  const std::vector<ModuleInfo> infos = {examine(program.modules[0])};
  const Job job = split_into_jobs(program.named)[0];
  JobServer server;
  ASSERT_TRUE(server.answer(write_setup(infos, {.isa = abi::Isa::X64})));
  const auto answer = server.answer(write_job(program.modules[0], job));
  ASSERT_TRUE(answer);
  auto result = read_answer(*answer, program.modules[0], job);
  ASSERT_TRUE(result);
  const auto last = static_cast<u32>(result->code[0].inlined.size()) - 1;
  int refused = 0;
  for (size_t at = 0; at + 4 <= answer->size(); ++at) {
    const u32 source = load_le<u32>(answer->data() + at);
    if (source < kInlinedSource || source > kInlinedSource + last) continue;
    Bytes damaged = *answer;
    store_le<u32>(damaged.data() + at, kInlinedSource + last);  // for a site, this is as good as another number
    auto read = read_answer(damaged, program.modules[0], job);
    refused += read ? 0 : 1;
    if (!read) continue;
    ImageWriter writer(abi::Isa::X64, 1);
    writer.begin_module("", program.modules[0]);
    writer.add_function(std::move(read->code[0]), false);
  }
  EXPECT_GE(refused, 10);
}

}  // namespace
}  // namespace hermit::compiler
