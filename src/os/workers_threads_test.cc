#include "os/workers.h"

#include <gtest/gtest.h>

#include "os/mailboxes.h"

namespace hermit::os {
namespace {

Bytes bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

// Answers each message with it and how many came before; "leave" ends it, "twice" is answered twice.
void echo(WorkerOwner& owner) {
  u8 count = 0;
  while (auto message = owner.receive()) {
    if (as_text(*message) == "leave") return;
    const bool twice = as_text(*message) == "twice";
    message->push_back(static_cast<u8>('0' + count++));
    if (!owner.answer(*message) || (twice && !owner.answer(*message))) return;
  }
}

TEST(Workers, KeepTheirStateAndTheirOrder) {
  Workers workers(3, echo);
  ASSERT_EQ(workers.count(), 3u);
  std::string seen[3];
  for (int round = 0; round < 4; ++round) {
    for (u32 i = 0; i < 3; ++i) ASSERT_TRUE(workers.send(i, bytes_of("x")));
    for (u32 i = 0; i < 3; ++i) {
      const auto answer = workers.wait();
      ASSERT_TRUE(answer);
      ASSERT_LT(answer->worker, 3u);
      seen[answer->worker] += as_text(answer->message);
    }
  }
  for (const std::string& one : seen) EXPECT_EQ(one, "x0x1x2x3");
}

TEST(Workers, LargeAndEmptyMessages) {
  Workers workers(1, echo);
  Bytes large(5u << 20, 7);
  ASSERT_TRUE(workers.send(0, large));
  ASSERT_TRUE(workers.send(0, {}));
  auto answer = workers.wait();
  ASSERT_TRUE(answer);
  large.push_back('0');
  EXPECT_EQ(answer->message, large);
  answer = workers.wait();
  ASSERT_TRUE(answer);
  EXPECT_EQ(as_text(answer->message), "1");
}

TEST(Workers, TheOwnerLearnsOfTheEnd) {
  Workers workers(2, echo);
  ASSERT_TRUE(workers.send(1, bytes_of("a")));
  ASSERT_TRUE(workers.send(1, bytes_of("leave")));
  auto answer = workers.wait();
  ASSERT_TRUE(answer);
  EXPECT_EQ(as_text(answer->message), "a0");
  EXPECT_FALSE(workers.wait());
  EXPECT_FALSE(workers.send(1, bytes_of("b")));
  ASSERT_TRUE(workers.send(0, bytes_of("c")));
  answer = workers.wait();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->worker, 0u);
}

TEST(Workers, AreNoMoreThanThereIsRoomFor) {
  Workers workers(1000, echo);
  EXPECT_EQ(workers.count(), Mailboxes::kWorkers);
  EXPECT_GE(most_workers(), 1u);
  EXPECT_LE(most_workers(), Mailboxes::kWorkers);
}

// Its owner goes while a worker waits for room for its answers.
TEST(Workers, EndWhileTheyAnswer) {
  Workers workers(1, echo);
  ASSERT_TRUE(workers.send(0, bytes_of("twice")));
  ASSERT_TRUE(workers.send(0, bytes_of("twice")));
}

Message message_of(std::string_view text) {
  Message message{std::make_unique<u8[]>(text.size()), text.size()};
  std::ranges::copy(text, message.bytes.get());
  return message;
}

TEST(Mailboxes, RoomAndNumbers) {
  using Result = Mailboxes::Result;
  Mailboxes boxes;
  EXPECT_FALSE(boxes.wait());
  Message message = message_of("abc");
  EXPECT_EQ(boxes.send(0, message), Result::Gone);
  EXPECT_EQ(boxes.send(Mailboxes::kWorkers, message), Result::Gone);
  boxes.close(Mailboxes::kWorkers);
  ASSERT_EQ(boxes.open(), 0u);
  for (size_t i = 0; i < Mailboxes::kBoxSize; ++i) {
    EXPECT_EQ(boxes.send(0, message), Result::Done);
    message = message_of("def");
  }
  EXPECT_EQ(boxes.send(0, message), Result::Full);
  EXPECT_EQ(message.size, 3u);  // it was not taken

  EXPECT_EQ(boxes.wait(0), 3u);
  Message taken;
  EXPECT_EQ(boxes.take(0, 2, taken), Result::Full);
  EXPECT_EQ(boxes.take(0, 3, taken), Result::Done);
  EXPECT_EQ(taken.bytes[0], 'a');
  EXPECT_EQ(boxes.take(0, 3, taken), Result::Done);
  EXPECT_EQ(taken.bytes[0], 'd');
  EXPECT_EQ(boxes.take(0, 3, taken), Result::Gone);

  EXPECT_EQ(boxes.receive(0, 10, taken), Result::Gone);
  message = message_of("answer");
  EXPECT_EQ(boxes.answer(0, message), Result::Done);
  auto event = boxes.wait();
  ASSERT_TRUE(event);
  EXPECT_EQ(event->size, 6u);
  EXPECT_EQ(boxes.receive(0, 5, taken), Result::Full);
  EXPECT_EQ(boxes.receive(0, 6, taken), Result::Done);

  // What it answered last is still there after its end; then its number is free.
  message = message_of("last");
  EXPECT_EQ(boxes.answer(0, message), Result::Done);
  boxes.leave(0);
  EXPECT_EQ(boxes.send(0, message), Result::Gone);
  EXPECT_EQ(boxes.wait()->result, Result::Done);
  EXPECT_EQ(boxes.receive(0, 6, taken), Result::Done);
  event = boxes.wait();
  ASSERT_TRUE(event);
  EXPECT_EQ(event->result, Result::Gone);
  EXPECT_FALSE(boxes.wait());
  ASSERT_EQ(boxes.open(), 0u);

  // A closed one gets and gives nothing; its number is taken until it has left.
  boxes.close(0);
  EXPECT_FALSE(boxes.wait(0));
  EXPECT_EQ(boxes.answer(0, message), Result::Gone);
  EXPECT_EQ(boxes.send(0, message), Result::Gone);
  EXPECT_FALSE(boxes.wait());
  EXPECT_EQ(boxes.open(), 1u);
  boxes.leave(0);
  EXPECT_EQ(boxes.open(), 0u);
}

TEST(Mailboxes, WorkersTakeTurns) {
  Mailboxes boxes;
  for (u32 i = 0; i < 3; ++i) {
    ASSERT_EQ(boxes.open(), i);
    Message message = message_of("x");
    EXPECT_EQ(boxes.answer(i, message), Mailboxes::Result::Done);
  }
  for (u32 i = 0; i < 3; ++i) EXPECT_EQ(boxes.wait()->worker, i);
  EXPECT_EQ(boxes.wait()->worker, 0u);  // nothing was received
}

}  // namespace
}  // namespace hermit::os
