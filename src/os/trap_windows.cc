// Not supported here yet: programs are interpreted.
#include "os/trap.h"

namespace hermit::os {

bool handle_faults(FaultHandler) { return false; }
bool prepare_thread_for_faults() { return false; }

}  // namespace hermit::os
