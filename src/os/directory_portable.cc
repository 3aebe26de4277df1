// Systems without openat2: every path is walked (host/resolver.cc).
#include "os/directory.h"

namespace hermit::os {

FastOpenResult open_beneath(const Handle&, std::string_view, const OpenOptions&, bool, Leaving) { return {}; }
FastOpenResult step_beneath(const Handle&, std::string_view, Leaving) { return {}; }
FastStatus status_beneath(const Handle&, std::string_view, bool, Leaving) { return {}; }

}  // namespace hermit::os
