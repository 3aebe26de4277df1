// Systems without openat2: every path is walked (host/resolver.cc).
#include "os/directory.h"

namespace hermit::os {

FastOpenResult open_beneath(const Handle&, const std::string&, const OpenOptions&, bool, Leaving) { return {}; }
FastOpenResult step_beneath(const Handle&, const std::string&, Leaving) { return {}; }
FastStatus status_beneath(const Handle&, const std::string&, bool, Leaving) { return {}; }

}  // namespace hermit::os
