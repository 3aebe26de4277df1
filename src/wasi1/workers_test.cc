// The functions behind HOST workers, called as a guest calls them; workers are threads of the test.
#include <gtest/gtest.h>

#include <cstring>
#include <thread>

#include "base/endian.h"
#include "wasi1/wasi.h"

namespace hermit::wasi1 {
namespace {

constexpr u32 kSize = 65536;
constexpr u32 kNumber = 16, kLength = 24, kText = 1024;  // addresses

class WorkersTest : public testing::Test {
 protected:
  WorkersTest() : host(*host::Host::create(host::Config())), wasi(*host), memory(kSize) { wasi.workers = &owner; }

  u32 call(Wasi& who, std::vector<u8>& where, std::string_view name, std::initializer_list<u64> arguments) {
    for (const runtime::HostFunction& function : worker_functions()) {
      if (function.name != name) continue;
      EXPECT_EQ(function.params.size(), arguments.size());
      u64 slots[4] = {};
      std::copy(arguments.begin(), arguments.end(), slots);
      runtime::HostCall host_call{slots, where.data(), where.size()};
      EXPECT_EQ(function.call(&who, host_call), Trap::None);
      return static_cast<u32>(slots[0]);
    }
    ADD_FAILURE() << name;
    return 0;
  }
  u32 call(std::string_view name, std::initializer_list<u64> arguments) { return call(wasi, memory, name, arguments); }
  static u32 number(Errno error) { return static_cast<u32>(error); }
  u32 u32_at(u32 address) { return load_le<u32>(memory.data() + address); }

  static Errno start(void* context, u32) { return *static_cast<Errno*>(context); }

  std::unique_ptr<host::Host> host;
  Wasi wasi;
  std::vector<u8> memory;
  os::Mailboxes boxes;
  Errno started = Errno::Success;
  WorkerAccess owner{.boxes = boxes, .start = start, .context = &started};
};

TEST_F(WorkersTest, MessagesGoBothWays) {
  EXPECT_GE(call("worker_count", {}), 1u);
  ASSERT_EQ(call("worker_start", {kNumber}), 0u);
  EXPECT_EQ(u32_at(kNumber), 0u);
  EXPECT_TRUE(owner.has_started);
  std::memcpy(memory.data() + kText, "question", 8);
  EXPECT_EQ(call("worker_send", {0, kText, 8}), 0u);
  EXPECT_EQ(call("worker_send", {0, kText, 0}), 0u);
  EXPECT_EQ(call("worker_send", {0, kText, 8}), number(Errno::Again));  // it has not looked at two

  std::thread worker([&] {
    const auto nothing = *host::Host::create(host::Config());
    Wasi own(*nothing);
    WorkerAccess access{.boxes = boxes, .self = 0, .is_set_up = true};
    own.workers = &access;
    std::vector<u8> space(kSize);
    EXPECT_EQ(call(own, space, "worker_count", {}), 0u);
    EXPECT_EQ(call(own, space, "worker_start", {kNumber}), number(Errno::Perm));
    EXPECT_EQ(call(own, space, "worker_close", {0}), number(Errno::Perm));
    EXPECT_EQ(call(own, space, "worker_wait", {kNumber, kLength}), 0u);
    EXPECT_EQ(load_le<u32>(space.data() + kLength), 8u);
    EXPECT_EQ(call(own, space, "worker_receive", {1, kText, 8}), number(Errno::Again));
    EXPECT_EQ(call(own, space, "worker_receive", {0, kText, 7}), number(Errno::Msgsize));
    EXPECT_EQ(call(own, space, "worker_receive", {0, kSize - 8, 8}), 0u);
    EXPECT_EQ(std::memcmp(space.data() + kSize - 8, "question", 8), 0);
    EXPECT_EQ(call(own, space, "worker_wait", {kNumber, kLength}), 0u);
    EXPECT_EQ(load_le<u32>(space.data() + kLength), 0u);
    EXPECT_EQ(call(own, space, "worker_receive", {0, kText, 0}), 0u);
    EXPECT_EQ(call(own, space, "worker_send", {1, kText, 1}), number(Errno::Pipe));  // no other worker
    EXPECT_EQ(call(own, space, "worker_send", {0, kSize - 8, 8}), 0u);
    // The owner closes it while it waits.
    EXPECT_EQ(call(own, space, "worker_wait", {kNumber, kLength}), number(Errno::Pipe));
    boxes.leave(0);
  });

  EXPECT_EQ(call("worker_wait", {kNumber, kLength}), 0u);
  EXPECT_EQ(u32_at(kNumber), 0u);
  EXPECT_EQ(u32_at(kLength), 8u);
  EXPECT_EQ(call("worker_receive", {0, 2048, 4096}), 0u);
  EXPECT_EQ(std::memcmp(memory.data() + 2048, "question", 8), 0);
  EXPECT_EQ(call("worker_receive", {0, 2048, 4096}), number(Errno::Again));
  EXPECT_EQ(call("worker_close", {0}), 0u);
  EXPECT_EQ(call("worker_send", {0, kText, 8}), number(Errno::Pipe));
  EXPECT_EQ(call("worker_wait", {kNumber, kLength}), number(Errno::Badf));  // there is none left
  worker.join();
}

TEST_F(WorkersTest, NothingOutsideOfTheMemory) {
  EXPECT_EQ(call("worker_start", {kSize - 3}), number(Errno::Fault));
  EXPECT_EQ(boxes.open(), 0u);  // and none was made
  EXPECT_EQ(call("worker_send", {0, kSize - 8, 9}), number(Errno::Fault));
  EXPECT_EQ(call("worker_send", {0, 0, 0xffffffff}), number(Errno::Fault));
  EXPECT_EQ(call("worker_send", {0, 0xffffffff, 0xffffffff}), number(Errno::Fault));
  EXPECT_EQ(call("worker_wait", {kSize - 3, kLength}), number(Errno::Fault));
  EXPECT_EQ(call("worker_wait", {kNumber, kSize - 3}), number(Errno::Fault));
  os::Message message{std::make_unique<u8[]>(4), 4};
  ASSERT_EQ(boxes.answer(0, message), os::Mailboxes::Result::Done);
  EXPECT_EQ(call("worker_receive", {0, kSize - 3, 4}), number(Errno::Fault));
  EXPECT_EQ(call("worker_receive", {0, 0, 0xffffffff}), number(Errno::Fault));
  EXPECT_EQ(call("worker_receive", {0, kSize - 4, 4}), 0u);
  EXPECT_EQ(call("worker_send", {7, 0, 1}), number(Errno::Pipe));
  EXPECT_EQ(call("worker_send", {0xffffffff, 0, 1}), number(Errno::Pipe));
  EXPECT_EQ(call("worker_receive", {0xffffffff, 0, 1}), number(Errno::Again));
  EXPECT_EQ(call("worker_close", {0xffffffff}), 0u);
}

TEST_F(WorkersTest, AWorkerThatEndsIsReportedOnce) {
  ASSERT_EQ(call("worker_start", {kNumber}), 0u);
  std::thread worker([&] { boxes.leave(0); });
  EXPECT_EQ(call("worker_wait", {kNumber, kLength}), number(Errno::Pipe));
  EXPECT_EQ(u32_at(kNumber), 0u);
  EXPECT_EQ(call("worker_wait", {kNumber, kLength}), number(Errno::Badf));
  worker.join();
}

TEST_F(WorkersTest, StartsThatFailLeaveNothing) {
  started = Errno::Nomem;
  for (u32 i = 0; i < 2 * os::Mailboxes::kWorkers; ++i)
    EXPECT_EQ(call("worker_start", {kNumber}), number(Errno::Nomem));
  started = Errno::Success;
  for (u32 i = 0; i < os::Mailboxes::kWorkers; ++i) EXPECT_EQ(call("worker_start", {kNumber}), 0u);
  EXPECT_EQ(call("worker_start", {kNumber}), number(Errno::Again));
}

// A worker is offered `run` because its module imports it; it is not granted. Nor may its owner go while others use
// what would go with it.
TEST_F(WorkersTest, RunIsNotForWorkersNorBesideThem) {
  host::Config config;
  config.run = true;
  const auto granted = *host::Host::create(std::move(config));
  const auto run = extension_functions(*granted)[0];
  ASSERT_EQ(run.name, "run");
  const auto try_with = [&](Wasi& who) {
    u64 slots[4] = {0, 1, kText, 2};
    runtime::HostCall host_call{slots, memory.data(), memory.size()};
    return run.call(&who, host_call) == Trap::Exit ? ~u64{0} : slots[0];
  };
  EXPECT_EQ(try_with(wasi), number(Errno::Perm));
  Wasi other(*granted);
  other.workers = &owner;
  ASSERT_EQ(call("worker_start", {kNumber}), 0u);
  EXPECT_EQ(try_with(other), number(Errno::Busy));
}

}  // namespace
}  // namespace hermit::wasi1
