// Backtraces of compiled code: the frame chain gives return addresses, the image's pcmap their places in the module.
#include <map>
#include <ranges>

#include "runtime/native_thread.h"
#include "wasm/names.h"

namespace hermit::runtime {

namespace {

class Tracer {
 public:
  explicit Tracer(NativeThread& thread) : thread_(thread) {}

  // A frame whose code is at pc; false if that is not code of ours.
  bool add(const u8* pc, bool is_return) {
    for (const auto& image : thread_.images) {
      const auto offset = static_cast<u64>(pc - image->view.text.data());
      if (pc < image->view.text.data() || offset > image->view.text.size()) continue;
      const auto place = find_place(image->view, offset, is_return);
      if (!place) return false;
      const wasm::Module& module = *image->modules[place->module];
      for (const auto& level : place->inlined | std::views::reverse) add(module, level.function, level.source);
      add(module, place->function, place->source);
      return true;
    }
    return false;
  }
  void finish() { thread_.program->set_backtrace(std::move(frames_), depth_); }

 private:
  // `defined`: the function, counted without imports.
  void add(const wasm::Module& module, u32 defined, u32 source) {
    ++depth_;
    if (frames_.size() == kMaxTraceFrames) return;
    const u32 function = module.imported_functions + defined;
    const u64 offset = source != 0 ? source : module.functions[function].offset;
    auto& names = names_[&module];
    if (names == nullptr) names = std::make_unique<wasm::FunctionNames>(wasm::parse_function_names(module));
    frames_.push_back({thread_.program->instance_of(module), function, offset, names->find(function)});
  }

  NativeThread& thread_;
  std::vector<TraceFrame> frames_;
  std::map<const wasm::Module*, std::unique_ptr<wasm::FunctionNames>> names_;
  u64 depth_ = 0;
};

}  // namespace

void collect_trace(NativeThread& thread) {
  Tracer tracer(thread);
  bool is_return = !thread.trap_is_at_pc;
  GuestPlace place = thread.trap_place;
  for (size_t outer = thread.outer.size();;) {
    while (place.frame != nullptr && tracer.add(place.pc, is_return)) {
      is_return = true;
      const auto* link = reinterpret_cast<const u64*>(place.frame);
      place = {reinterpret_cast<const u8*>(link[0]), reinterpret_cast<const u8*>(link[1])};
    }
    if (outer == 0) break;
    place = thread.outer[--outer];
    is_return = true;
  }
  tracer.finish();
}

}  // namespace hermit::runtime
