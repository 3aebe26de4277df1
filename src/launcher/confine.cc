// When the second wall goes up, and what it leaves open.
//
// HERMIT_CONFINE belongs to whoever starts the program: it decides about a wall around code that the first wall already
// holds, never about a grant.
#include "launcher/confine.h"

#include <algorithm>

#ifdef HERMIT_TEST_ESCAPE
#include "escape.h"  // test/confine
#endif

namespace hermit::launcher {
namespace {

bool is_wanted(const std::string& wish) {
  if (wish.starts_with('0')) return false;
  return os::kConfinesByDefault || wish.starts_with('1');
}

}  // namespace

void confine(host::Host& host, const bundle::Config& config, const std::string& wish) {
  if (is_wanted(wish)) {
    const std::vector<os::ConfinedRoot> roots = host.confined_roots();
    const auto extends = [&](grants::HostExtension extension) {
      return std::ranges::count(config.host, extension) != 0;
    };
    // What `run` starts may be granted connections; its own confinement comes on top of this one.
    const bool runs = extends(grants::HostExtension::Run);
    os::confine({.roots = roots,
                 .network = !config.net.empty() || runs,
                 .inherited_sockets = host.has_sockets(),
                 .change_modes = extends(grants::HostExtension::SetExecutable),
                 .threads = extends(grants::HostExtension::Workers),
                 .confine_again = runs});
  }
#ifdef HERMIT_TEST_ESCAPE
  test::escape();
#endif
}

}  // namespace hermit::launcher
