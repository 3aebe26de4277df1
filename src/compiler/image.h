// Puts functions together to a native image (abi/native_image.h).
#pragma once

#include <string_view>

#include "abi/native_image.h"
#include "compiler/code.h"
#include "compiler/module_info.h"
#include "wasm/outline.h"

namespace hermit::compiler {

// How far `bl` reaches, with room for a function and an island; how much text lies between two islands of branches that
// reach farther.
inline constexpr u32 kIslandDistance = 64u << 20;

class ImageWriter {
 public:
  // `modules`: how many there will be. `island_distance`: AArch64 only; tests make it small. `about`: how large the
  // image will probably be at most; room that is not used is not touched either.
  ImageWriter(abi::Isa isa, size_t modules, u32 island_distance = kIslandDistance, u64 about = 0);
  // For each module in turn: begin, one function after the other (those that are not imported), end.
  void begin_module(std::string_view name, const wasm::Module& module);
  void add_function(FunctionCode code, bool has_external_entry);
  // end: appends the static tables that the functions use, fills in all distances, and notes what instantiation needs.
  void end_module(const ModuleInfo& info);
  // Requires: as many modules as were announced, which still exist.
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
  void island();
  void patch_branch(u32 from, u32 to);
  void patch_page(u32 at, u32 to);

  struct PendingTable {
    u32 text;  // where its offset is added
    u32 table;
  };

  // A module's parts, by their place in meta_ and names_.
  struct Parts {
    const wasm::Module* module;
    size_t name, outline, entries, segments, names;  // where each begins
    size_t entries_end, segments_end, names_end;
    std::vector<wasm::DataRun> data;
  };

  void align_text(size_t alignment);
  [[nodiscard]] u32 text_size() const;
  u8* text();
  void place_segments(u64 data_at, std::vector<abi::ImageSection>& places, u64& data_end) const;

  abi::Isa isa_;
  u32 island_distance_;
  u32 last_island_ = 0;  // where the text behind the last island begins
  std::vector<Veneer> veneers_;  // of the module at hand
  u32 imported_ = 0;
  std::vector<abi::ImageModule> modules_;
  std::vector<Parts> parts_;
  std::vector<abi::ImageFunction> functions_;
  std::vector<abi::ImageEntry> escaping_;  // of the module at hand
  std::vector<u32> entries_;  // internal entries of the module at hand, in the text
  std::vector<PendingCall> calls_;
  std::vector<PendingTable> tables_;
  std::vector<abi::ImageHandler> handlers_;
  std::vector<abi::ImageRegion> regions_;
  std::vector<ul32> clauses_;
  size_t text_at_;  // in out_
  Bytes out_;  // room for the front, and the text
  Bytes meta_, pcmap_, names_;
};

}  // namespace hermit::compiler
