// Which features of the standard a module uses, beyond its first version.
#pragma once

#include "wasm/module.h"

namespace hermit::wasm {

// A set of Feature values.
class FeatureSet {
 public:
  void add(Feature feature) { bits_ |= 1u << static_cast<u32>(feature); }
  [[nodiscard]] bool has(Feature feature) const { return (bits_ >> static_cast<u32>(feature) & 1) != 0; }
  bool operator==(const FeatureSet&) const = default;

 private:
  u32 bits_ = 0;
};

// Every Feature but Mvp, for loops over a FeatureSet.
inline constexpr Feature kFeatures[] = {
    Feature::SignExtension,
    Feature::SaturatingFloatToInt,
    Feature::BulkMemory,
    Feature::ReferenceTypes,
    Feature::MultiValue,
    Feature::MutableGlobals,
    Feature::Simd,
    Feature::RelaxedSimd,
    Feature::TailCalls,
    Feature::ExtendedConst,
    Feature::MultiMemory,
    Feature::Memory64,
    Feature::FunctionReferences,
    Feature::Exceptions,
    Feature::LegacyExceptions,
};

// The name that toolchains use, e.g. "bulk-memory".
const char* to_string(Feature feature);

// Requires: `module` is valid (validate_all succeeded).
FeatureSet used_features(const Module& module);

}  // namespace hermit::wasm
