// A module without its function bodies: what it takes to link and instantiate code that was compiled before.
//
// An outline is a module in the binary format whose code section, data count section and custom sections are left out
// and whose data segments are empty; every index means what it means in the module, but those of data segments that
// were put together (data_runs). The native image carries one for each module.
#pragma once

#include <optional>

#include "wasm/module.h"

namespace hermit::wasm {

// Data segments of a module that an outline has as one: `count` from `first` on, which is active if there are others;
// passive ones among them are empty.
struct DataRun {
  u32 first;
  u32 count;
  u64 size;  // with the zeros between segments
};

// Toolchains write a segment for every few bytes between zeros: 20,000 in an interpreter's module. Where all segments
// are active, at ascending constant addresses inside of a memory that the module defines, none can fail, and all are
// dropped before anything could refer to one; then neighbours less than a page apart are one run, and memory between
// them, which is zero, belongs to it. Empty passive segments are left out: they are as good as dropped. In all other
// modules each segment is a run.
std::vector<DataRun> data_runs(const Module& module);

// The address that an active segment is written to, if its expression is one constant.
std::optional<u64> constant_address(const DataSegment& segment);

// Requires: `module` comes from decode_module.
Bytes write_outline(const Module& module);

// As decode_module; functions have no body. Who reads an outline from outside calls validate_module() as well.
// Errors: those of decode_module; Malformed if there is a code section.
Result<Module> read_outline(ByteView bytes);

}  // namespace hermit::wasm
