// Puts functions together to a native image (abi/native_image.h).
#pragma once

#include "abi/native_image.h"
#include "compiler/code.h"
#include "compiler/module_info.h"
#include "wasm/module.h"

namespace hermit::compiler {

class ImageWriter {
 public:
  explicit ImageWriter(abi::Isa isa) : isa_(isa) {}
  // For each module in turn: begin, one function after the other (those that are not imported), end.
  void begin_module(const wasm::Module& module);
  void add_function(FunctionCode code, bool has_external_entry);
  // end: appends the static tables that the functions use, and fills in all distances.
  void end_module(const ModuleInfo& info);
  Bytes finish();

 private:
  struct PendingCall {
    u32 text;  // where the distance is written
    u32 function;
  };

  struct PendingTable {
    u32 text;  // where its offset is added
    u32 table;
  };

  abi::Isa isa_;
  std::vector<abi::ImageModule> modules_;
  std::vector<abi::ImageFunction> functions_;
  std::vector<u32> entries_;  // internal entries of the module at hand, in the text
  std::vector<PendingCall> calls_;
  std::vector<PendingTable> tables_;
  u32 imported_ = 0;
  std::vector<abi::ImageHandler> handlers_;
  std::vector<abi::ImageRegion> regions_;
  std::vector<ul32> clauses_;
  Bytes text_, pcmap_;
};

}  // namespace hermit::compiler
