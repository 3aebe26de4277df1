#include "compiler/target.h"

#include "compiler/arm64/emit.h"
#include "compiler/arm64/machine_arm64.h"
#include "compiler/arm64/select.h"
#include "compiler/x64/emit.h"
#include "compiler/x64/machine_x64.h"
#include "compiler/x64/select.h"

namespace hermit::compiler {

namespace {

Result<FunctionCode> emit_x64(const MachineFunction& function, const Allocation& allocation, bool has_external_entry,
                              std::string* listing) {
  return x64::emit(function, allocation, has_external_entry, listing);
}

}  // namespace

const Target& target_of(abi::Isa isa) {
  static constexpr Target kX64 = {x64::register_file, x64::select, emit_x64};
  static constexpr Target kArm64 = {arm64::register_file, arm64::select, arm64::emit};
  return isa == abi::Isa::Arm64 ? kArm64 : kX64;
}

}  // namespace hermit::compiler
