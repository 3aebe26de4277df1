// Puts functions together to a native image (abi/native_image.h).
#pragma once

#include "abi/native_image.h"
#include "compiler/code.h"
#include "wasm/module.h"

namespace hermit::compiler {

class ImageWriter {
 public:
  explicit ImageWriter(abi::Isa isa) : isa_(isa) {}
  // For each module in turn: begin, one function after the other (those that are not imported), end.
  void begin_module(const wasm::Module& module);
  void add_function(FunctionCode code, bool has_external_entry);
  void end_module();
  Bytes finish();

 private:
  struct PendingCall {
    u32 text;  // where the distance is written
    u32 function;
  };

  abi::Isa isa_;
  std::vector<abi::ImageModule> modules_;
  std::vector<abi::ImageFunction> functions_;
  std::vector<u32> entries_;  // internal entries of the module at hand, in the text
  std::vector<PendingCall> calls_;
  u32 imported_ = 0;
  Bytes text_, pcmap_;
};

}  // namespace hermit::compiler
