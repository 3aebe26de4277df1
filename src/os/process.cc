// What every system shares: rendering errors.
#include "os/process.h"

#include <cstdio>

namespace hermit::os {

#if !defined(__wasi__)
Error run_bundle(ByteView, const std::vector<std::string>&) {
  return {ErrorKind::Unsupported, "a native build of hermit cannot run programs; hermit.com can"};
}
#endif

std::string render(const Error& error) {
  if (error.kind == ErrorKind::System) return std::string(error.what) + ": " + error_text(error.where);
  // Files that are refused as a whole have no offset.
  if (error.kind == ErrorKind::Unlinkable || (error.kind == ErrorKind::Unsupported && error.where == 0))
    return error.what;
  char offset[32];
  std::snprintf(offset, sizeof offset, "offset 0x%llx: ", static_cast<unsigned long long>(error.where));
  return std::string(offset) + error.what;
}

}  // namespace hermit::os
