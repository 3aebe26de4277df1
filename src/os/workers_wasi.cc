// Workers as the host gives them to a program with HOST workers (docs/wasi.md). Without the grant the program could not
// be started: what it imports would be missing.
#include "os/workers.h"

#define HERMIT_IMPORT(name) __attribute__((import_module("hermit"), import_name(name))) extern "C" hermit::u32
HERMIT_IMPORT("worker_count") hermit_worker_count();
HERMIT_IMPORT("worker_start") hermit_worker_start(hermit::u32* worker);
HERMIT_IMPORT("worker_send") hermit_worker_send(hermit::u32 to, const hermit::u8* bytes, hermit::u32 size);
HERMIT_IMPORT("worker_wait") hermit_worker_wait(hermit::u32* from, hermit::u32* size);
HERMIT_IMPORT("worker_receive") hermit_worker_receive(hermit::u32 from, hermit::u8* bytes, hermit::u32 size);
HERMIT_IMPORT("worker_close") hermit_worker_close(hermit::u32 worker);

namespace hermit::os {

namespace {

constexpr u32 kOwner = 0;  // what a worker calls its owner

std::optional<Bytes> receive(u32 from, u32 size) {
  Bytes bytes(size);
  if (hermit_worker_receive(from, bytes.data(), size) != 0) return std::nullopt;
  return bytes;
}

}  // namespace

std::optional<Bytes> WorkerOwner::receive() {
  u32 from = 0, size = 0;
  if (hermit_worker_wait(&from, &size) != 0) return std::nullopt;
  return os::receive(from, size);
}

bool WorkerOwner::answer(ByteView message) {
  return hermit_worker_send(kOwner, message.data(), static_cast<u32>(message.size())) == 0;
}

u32 most_workers() { return hermit_worker_count(); }

struct Workers::State {
  std::vector<u32> numbers;
};

Workers::Workers(u32 count, Serve) : state_(std::make_shared<State>()) {
  for (u32 number = 0; count_ < count && hermit_worker_start(&number) == 0; ++count_) state_->numbers.push_back(number);
}

Workers::~Workers() {
  for (const u32 number : state_->numbers) (void)hermit_worker_close(number);
}

bool Workers::send(u32 worker, ByteView message) {
  return hermit_worker_send(state_->numbers[worker], message.data(), static_cast<u32>(message.size())) == 0;
}

std::optional<Workers::Answer> Workers::wait() {
  u32 number = 0, size = 0;
  if (hermit_worker_wait(&number, &size) != 0) return std::nullopt;
  auto message = receive(number, size);
  if (!message) return std::nullopt;
  for (u32 i = 0; i < count_; ++i) {
    if (state_->numbers[i] == number) return Answer{i, std::move(*message)};
  }
  return std::nullopt;
}

void serve_as_worker(Serve serve) {
  WorkerOwner owner(nullptr);
  serve(owner);
}

}  // namespace hermit::os
