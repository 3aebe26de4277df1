// NET entries: a name, a wildcard or an address, and perhaps a port.
//
// An entry that looks like more than it is would let a guest out, so everything that is not clearly one of the forms is
// an error:
// "*github.com" (which a suffix test would match with evilgithub.com), "127.1" and "0x7f000001" (which some resolvers
// take for addresses), URLs. Addresses: RFC 4291 and, for the canonical text, RFC 5952.
#include <algorithm>
#include <optional>

#include "base/decimal.h"
#include "grants/grants.h"

namespace hermit::grants {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

// A decimal number without sign or leading zeros, at most `max`.
std::optional<u32> parse_number(std::string_view text, u32 max) {
  if (text.empty() || text.size() > 5 || (text[0] == '0' && text.size() > 1)) return std::nullopt;
  u32 value = 0;
  for (const char c : text) {
    if (!is_digit(c)) return std::nullopt;
    value = value * 10 + static_cast<u32>(c - '0');
  }
  return value <= max ? std::optional(value) : std::nullopt;
}

// Four decimal numbers, nothing shorter.
bool parse_ipv4(std::string_view text, u8* out) {
  for (int i = 0; i < 4; ++i) {
    const size_t end = i < 3 ? text.find('.') : text.size();
    if (end == std::string_view::npos) return false;
    const auto value = parse_number(text.substr(0, end), 255);
    if (!value) return false;
    out[i] = static_cast<u8>(*value);
    text.remove_prefix(i < 3 ? end + 1 : end);
  }
  return true;
}

int hex_digit(char c) {
  c = to_lower(c);
  return is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// Reads groups up to the end or to "::" into `bytes`; returns their number of bytes, or none. An IPv4 address may end
// the last.
std::optional<size_t> parse_groups(std::string_view text, bool may_end_in_ipv4, u8* bytes) {
  size_t size = 0;
  while (!text.empty()) {
    const size_t end = std::min(text.find(':'), text.size());
    const std::string_view group = text.substr(0, end);
    if (end == text.size() && may_end_in_ipv4 && group.find('.') != std::string_view::npos)
      return size <= 12 && parse_ipv4(group, bytes + size) ? std::optional(size + 4) : std::nullopt;
    if (group.empty() || group.size() > 4 || size == 16) return std::nullopt;
    u32 value = 0;
    for (const char c : group) {
      if (hex_digit(c) < 0) return std::nullopt;
      value = value << 4 | static_cast<u32>(hex_digit(c));
    }
    bytes[size++] = static_cast<u8>(value >> 8);
    bytes[size++] = static_cast<u8>(value);
    if (end == text.size()) return size;
    text.remove_prefix(end + 1);
    if (text.empty()) return std::nullopt;  // a single colon at the end
  }
  return size;
}

bool parse_ipv6(std::string_view text, std::array<u8, 16>& out) {
  const size_t gap = text.find("::");
  if (gap == std::string_view::npos) {
    u8 bytes[16];
    const auto size = parse_groups(text, true, bytes);
    if (size != 16) return false;
    std::ranges::copy(bytes, out.begin());
    return true;
  }
  u8 head[16], tail[16];
  const auto head_size = parse_groups(text.substr(0, gap), false, head);
  const auto tail_size = parse_groups(text.substr(gap + 2), true, tail);
  if (!head_size || !tail_size || *head_size + *tail_size > 14) return false;
  out = {};
  std::copy_n(head, *head_size, out.begin());
  std::copy_n(tail, *tail_size, out.end() - static_cast<ptrdiff_t>(*tail_size));
  return true;
}

std::string ipv4_text(const u8* bytes) {
  std::string text;
  for (int i = 0; i < 4; ++i) (text += i == 0 ? "" : ".") += decimal(bytes[i]);
  return text;
}

// RFC 5952: no leading zeros, lower case, "::" for the first of the longest runs of at least two zero groups.
std::string ipv6_text(const std::array<u8, 16>& bytes) {
  const auto group = [&](size_t i) { return u32{bytes[2 * i]} << 8 | bytes[2 * i + 1]; };
  size_t best = 8, best_size = 1;
  for (size_t i = 0; i < 8; ++i) {
    size_t size = 0;
    while (i + size < 8 && group(i + size) == 0) ++size;
    if (size > best_size) best = i, best_size = size;
  }
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (size_t i = 0; i < 8; ++i) {
    if (i == best) {
      text += "::";
      i += best_size - 1;
      continue;
    }
    if (!text.empty() && text.back() != ':') text += ':';
    bool started = false;
    for (int shift = 12; shift >= 0; shift -= 4) {
      const u32 digit = group(i) >> shift & 15;
      started |= digit != 0 || shift == 0;
      if (started) text += kDigits[digit];
    }
  }
  return text;
}

void set_ipv4(Net& net, const u8* bytes) {
  net.kind = Net::Kind::IPv4;
  std::copy_n(bytes, 4, net.address.begin());
  net.host = ipv4_text(bytes);
}

Result<void> parse_address(std::string_view text, u64 offset, Net& net) {
  if (text.find('%') != std::string_view::npos) return invalid("an IPv6 address with a zone", offset);
  std::array<u8, 16> bytes;
  if (!parse_ipv6(text, bytes)) return invalid("not an IPv6 address", offset);
  static constexpr u8 kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};  // ::ffff:a.b.c.d
  if (std::equal(kMapped, kMapped + 12, bytes.begin())) {
    set_ipv4(net, bytes.data() + 12);
  } else {
    net.kind = Net::Kind::IPv6;
    net.address = bytes;
    net.host = ipv6_text(bytes);
  }
  return {};
}

// RFC 1123 labels, and the underscore that service names use. `offset` is that of `name` in the entry.
Result<void> check_labels(std::string_view name, u64 offset) {
  if (name.size() > 253) return invalid("a host name of more than 253 characters", offset);
  for (size_t begin = 0; begin <= name.size();) {
    const size_t end = std::min(name.find('.', begin), name.size());
    const std::string_view label = name.substr(begin, end - begin);
    if (label.empty()) return invalid("an empty label in a host name", offset + begin);
    if (label.size() > 63) return invalid("a label of more than 63 characters", offset + begin);
    for (size_t i = 0; i < label.size(); ++i) {
      const u64 where = offset + begin + i;
      const char c = label[i];
      if (static_cast<u8>(c) >= 0x80) return invalid("write an international name in its ASCII form (xn--...)", where);
      if (c == '*') return invalid("* stands only for whole labels at the start: *.example.org", where);
      const bool inner = i != 0 && i + 1 != label.size();
      if (!is_digit(c) && !(c >= 'a' && c <= 'z') && c != '_' && !(c == '-' && inner))
        return invalid("this character cannot be part of a host name", where);
    }
    begin = end + 1;
  }
  return {};
}

// Whether resolvers may take the name for a number: its last label is decimal or hexadecimal (URL standard, "ends in a
// number").
bool ends_in_number(std::string_view name) {
  const std::string_view label = name.substr(name.rfind('.') + 1);
  if (std::ranges::all_of(label, is_digit)) return true;
  return label.starts_with("0x") && std::ranges::all_of(label.substr(2), [](char c) { return hex_digit(c) >= 0; });
}

Result<void> parse_host(std::string_view text, Net& net) {
  std::string name(text);
  std::ranges::transform(name, name.begin(), to_lower);
  if (name.ends_with('.')) name.pop_back();
  const bool wildcard = name.starts_with("*.");
  if (name == "*") return invalid("* alone; name the hosts, or *.example.org", 0);
  if (wildcard) name.erase(0, 2);
  if (name.empty()) return invalid("the host is empty", 0);
  if (ends_in_number(name)) {
    u8 bytes[4];
    if (wildcard || !parse_ipv4(name, bytes)) return invalid("not an IPv4 address: four numbers from 0 to 255", 0);
    set_ipv4(net, bytes);
    return {};
  }
  TRY_VOID(check_labels(name, wildcard ? 2 : 0));
  net.kind = wildcard ? Net::Kind::Wildcard : Net::Kind::Name;
  net.host = std::move(name);
  return {};
}

}  // namespace

Result<Net> parse_net(std::string_view entry) {
  if (const size_t scheme = entry.find("://"); scheme != std::string_view::npos)
    return invalid("a URL; NET takes host or host:port", 0);
  if (const size_t slash = entry.find_first_of("/?#"); slash != std::string_view::npos)
    return invalid("a path; NET takes host or host:port", slash);
  if (const size_t at = entry.find('@'); at != std::string_view::npos)
    return invalid("a user name; NET takes host or host:port", at);

  Net net;
  size_t host_end;
  if (entry.starts_with('[')) {
    const size_t close = entry.find(']');
    if (close == std::string_view::npos) return invalid("[ without ]", 0);
    TRY_VOID(parse_address(entry.substr(1, close - 1), 1, net));
    host_end = close + 1;
    if (host_end != entry.size() && entry[host_end] != ':')
      return invalid("only :port can follow an address", host_end);
  } else {
    host_end = std::min(entry.find(':'), entry.size());
    if (entry.substr(std::min(host_end + 1, entry.size())).find(':') != std::string_view::npos)
      return invalid("an IPv6 address stands in brackets: [::1]:80", 0);
    TRY_VOID(parse_host(entry.substr(0, host_end), net));
  }
  if (host_end != entry.size()) {
    const auto port = parse_number(entry.substr(host_end + 1), 65535);
    if (!port || *port == 0) return invalid("a port is a number from 1 to 65535", host_end + 1);
    net.port = static_cast<u16>(*port);
  }
  return net;
}

Result<Net> parse_net_host(std::string_view host) {
  Net net;
  if (host.find(':') != std::string_view::npos) {
    TRY_VOID(parse_address(host, 0, net));
  } else {
    TRY_VOID(parse_host(host, net));
  }
  if (net.kind == Net::Kind::Wildcard) return invalid("a wildcard is not a host", 0);
  return net;
}

std::string to_text(const Net& net) {
  std::string text = net.host;
  if (net.kind == Net::Kind::Wildcard) text.insert(0, "*.");
  if (net.kind == Net::Kind::IPv6) text = '[' + text + ']';
  if (net.port != 0) (text += ':') += decimal(net.port);
  return text;
}

}  // namespace hermit::grants
