// For tests: what the heap was asked for between two moments.
#pragma once

#include "base/types.h"

namespace hermit {

struct Allocations {
  u64 count = 0;
  u64 bytes = 0;  // all that was asked for, also what was given back meanwhile
};
Allocations allocations();  // since the start of the process

inline Allocations operator-(const Allocations& a, const Allocations& b) {
  return {a.count - b.count, a.bytes - b.bytes};
}

}  // namespace hermit
