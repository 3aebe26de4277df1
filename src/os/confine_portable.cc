// confine() on POSIX systems other than Linux: on macOS a profile of the system's sandbox, elsewhere nothing.
//
// sandbox_init is what Apple's own daemons and browsers use; its header calls it deprecated, and nothing replaces it
// for a program that is not an app bundle. The profile starts from "deny everything" and names what is left, by the
// paths of the directories as the system resolves them (F_GETPATH). Signals to itself, memory, clocks and open
// descriptors need no rule.
#include "os/confine.h"

#ifdef __APPLE__
#include <fcntl.h>
#include <string>
#include <sys/param.h>

extern "C" int sandbox_init(const char* profile, u_int64_t flags, char** error);

namespace hermit::os {
namespace {

std::string quoted(const char* path) {
  std::string text = "\"";
  for (; *path != '\0'; ++path) {
    if (*path == '"' || *path == '\\') text += '\\';
    text += *path;
  }
  return text + '"';
}

}  // namespace

Walls confine(const Confinement& confinement) {
  std::string profile =
      "(version 1)(deny default)(allow signal (target self))(allow sysctl-read)(allow system-sched)"
      "(allow file-read-metadata)";
  for (const ConfinedRoot& root : confinement.roots) {
    char path[MAXPATHLEN];
    if (::fcntl(static_cast<int>(root.directory), F_GETPATH, path) == -1) return {};
    profile +=
        std::string("(allow file-read*") + (root.writable ? " file-write*" : "") + " (subpath " + quoted(path) + "))";
  }
  if (confinement.network) {
    profile +=
        "(allow network-outbound)(allow system-socket)"
        "(allow file-read* (literal \"/private/etc/hosts\") (literal \"/private/etc/resolv.conf\"))"
        "(allow mach-lookup (global-name \"com.apple.dnssd.service\"))";
  }
  if (confinement.inherited_sockets) profile += "(allow network*)";
  char* error = nullptr;
  if (::sandbox_init(profile.c_str(), 0, &error) != 0) return {};
  return {.files = true, .calls = true};
}

}  // namespace hermit::os

#else

namespace hermit::os {

Walls confine(const Confinement&) { return {}; }

}  // namespace hermit::os

#endif
