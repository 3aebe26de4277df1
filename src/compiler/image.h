// Puts functions together to a native image (abi/native_image.h).
#pragma once

#include "abi/native_image.h"
#include "compiler/code.h"
#include "compiler/module_info.h"
#include "wasm/module.h"

namespace hermit::compiler {

// How far `bl` reaches, with room for a function and an island; how much text lies between two islands of branches that
// reach farther.
inline constexpr u32 kIslandDistance = 64u << 20;

class ImageWriter {
 public:
  // `island_distance`: AArch64 only; tests make it small.
  explicit ImageWriter(abi::Isa isa, u32 island_distance = kIslandDistance)
      : isa_(isa), island_distance_(island_distance) {}
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
  // A far branch to a function, at which calls nearby arrive.
  struct Veneer {
    u32 text;
    u32 function;
  };
  void align(u32 to);
  void island();
  void patch_branch(u32 from, u32 to);
  void patch_page(u32 at, u32 to);

  struct PendingTable {
    u32 text;  // where its offset is added
    u32 table;
  };

  abi::Isa isa_;
  u32 island_distance_;
  u32 last_island_ = 0;  // where the text behind the last island begins
  std::vector<Veneer> veneers_;  // of the module at hand
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
