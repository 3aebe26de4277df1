// Throwing: the frame chain gives return addresses, the image says which of them have handlers. Frames that are left
// need no work: a function with handlers saves every preserved register itself, and its landing block restores the rest
// from its frame pointer. A frame of a host function ends the search, since the chain ends where the host called the
// guest: what a guest throws does not pass through the host.
#include <algorithm>

#include "runtime/native_thread.h"

namespace hermit::runtime {

namespace {

struct Wanted {
  const abi::Instance* instance;  // of the frame
  const abi::Exception* exception;
};

bool is_tag(void* context, u32 tag) {
  const auto& wanted = *static_cast<const Wanted*>(context);
  const auto& instance = *static_cast<const Instance*>(wanted.instance);
  return tag < instance.tag_space.size() && instance.tag_space[tag] == wanted.exception->tag;
}

u64 fail(NativeThread& thread, Trap trap) {
  const abi::Execution& execution = thread.program->execution();
  thread.trap_place = {execution.guest_frame, execution.guest_pc};
  thread.keep_trace = false;
  return static_cast<u64>(trap);
}

}  // namespace

u64 throw_again(NativeThread& thread, const abi::Exception* exception) {
  if (exception == nullptr) return fail(thread, Trap::NullReference);
  abi::Execution& execution = thread.program->execution();
  u8* frame = execution.guest_frame;
  const u8* pc = execution.guest_pc;
  while (frame != nullptr) {
    const LoadedImage* image = image_at(thread, pc);
    if (image == nullptr) break;
    // A function with handlers keeps its instance below its frame; others have no handlers and are not asked for it.
    Wanted wanted{*reinterpret_cast<abi::Instance* const*>(frame - 8), exception};
    const auto landing = find_handler(image->view, static_cast<u64>(pc - image->view.text.data()), is_tag, &wanted);
    if (landing) {
      execution.guest_frame = frame;
      execution.guest_pc = image->view.text.data() + *landing;
      execution.exception = exception;
      return kResume;
    }
    const auto* link = reinterpret_cast<const u64*>(frame);
    frame = reinterpret_cast<u8*>(link[0]);
    pc = reinterpret_cast<const u8*>(link[1]);
  }
  return fail(thread, Trap::Exception);
}

u64 throw_new(NativeThread& thread, const abi::Tag& tag) {
  const abi::Exception* exception = thread.program->exceptions().create(tag, thread.program->execution().results);
  if (exception == nullptr) return fail(thread, Trap::ExceptionMemory);
  return throw_again(thread, exception);
}

}  // namespace hermit::runtime
