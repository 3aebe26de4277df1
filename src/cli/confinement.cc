// The second wall in words: what os/confine.h does on each system with the grants of one file (docs/sandbox.md).
#include "cli/confinement.h"

#include <algorithm>

#include "base/printable.h"

namespace hermit::cli {
namespace {

std::string linux_files(const bundle::Config& config) {
  std::string text;
  for (const grants::Map& map : config.map) {
    text += std::string("            ") + (map.read_only ? "reads below " : "reads and changes below ") +
            printable(map.host) + "\n";
  }
  if (!config.net.empty()) text += "            reads /etc/hosts and /etc/resolv.conf, to resolve names\n";
  return text.empty() ? "            none; seccomp refuses every call that takes a path\n" : text;
}

}  // namespace

std::string describe_confinement(const bundle::Config& config) {
  const bool network = !config.net.empty();
  const bool workers = std::ranges::count(config.host, grants::HostExtension::Workers) != 0;
  const bool modes = std::ranges::count(config.host, grants::HostExtension::SetExecutable) != 0;
  std::string text =
      "Every access passes the checks of the launcher first. Behind them the system itself keeps the process to this:\n"
      "\n"
      "linux     on unless HERMIT_CONFINE=0\n"
      "          Landlock (Linux 5.19 and newer), files that can be reached by path:\n" +
      linux_files(config) +
      "          seccomp: no new executable memory, no other programs or processes, no tracing,\n"
      "            " +
      (network ? "no sockets but outgoing ones to the Internet" : "no sockets") +
      (modes ? ", file modes may change (HOST set-executable)" : ", no change of file modes") +
      (workers ? ",\n            threads of this process (HOST workers)\n" : ", no threads\n");
  text +=
      "macos     only with HERMIT_CONFINE=1 (not tried on a real machine yet)\n"
      "          a sandbox profile: the same files, no other programs, " +
      std::string(network ? "outgoing connections only\n" : "no network\n");
  text +=
      "windows   only with HERMIT_CONFINE=1 (not tried on a real machine yet)\n"
      "          a job without child processes, no new executable memory, no libraries from the network;\n"
      "          files and sockets are kept by the launcher's checks alone\n";
  return text;
}

}  // namespace hermit::cli
