// What programs pass to getaddrinfo besides numbers. The whole registry has thousands of names; these are those of
// protocols that clients look up by name.
#include "host/services.h"

namespace hermit::host {
namespace {

struct Service {
  std::string_view name;
  u16 port;
};
constexpr Service kServices[] = {
    {"domain", 53},  {"ftp", 21},    {"http", 80},    {"https", 443},      {"imap", 143},   {"imaps", 993},
    {"ldap", 389},   {"ldaps", 636}, {"mysql", 3306}, {"ntp", 123},        {"pop3", 110},   {"postgresql", 5432},
    {"redis", 6379}, {"smtp", 25},   {"ssh", 22},     {"submission", 587}, {"syslog", 514}, {"telnet", 23},
};

}  // namespace

std::optional<u16> port_of_service(std::string_view service) {
  for (const Service& known : kServices) {
    if (known.name == service) return known.port;
  }
  if (service.size() > 5) return std::nullopt;
  u32 port = 0;
  for (const char c : service) {
    if (c < '0' || c > '9') return std::nullopt;
    port = port * 10 + static_cast<u32>(c - '0');
  }
  return port <= 65535 ? std::optional(static_cast<u16>(port)) : std::nullopt;
}

}  // namespace hermit::host
