// The rules of NET as a table: which names and addresses pass which entries.
#include "host/network_gate.h"

#include <gtest/gtest.h>

#include "host/services.h"

namespace hermit::host {
namespace {

NetworkGate gate_of(std::initializer_list<std::string_view> entries) {
  std::vector<grants::Net> list;
  for (const std::string_view entry : entries) list.push_back(*grants::parse_net(entry));
  return NetworkGate(std::move(list));
}

// "10.0.0.1" or "::1"; the entry parser reads them.
IpAddress ip(std::string_view text) {
  const bool is_v6 = text.find(':') != text.npos;
  if (text.starts_with("::ffff:")) {
    IpAddress mapped = {.is_v6 = true, .bytes = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}};
    const IpAddress inner = ip(text.substr(7));
    std::copy_n(inner.bytes.begin(), 4, mapped.bytes.begin() + 12);
    return mapped;
  }
  const auto net = grants::parse_net(is_v6 ? "[" + std::string(text) + "]" : std::string(text));
  return {.is_v6 = is_v6, .bytes = net->address};
}
SocketAddress at(std::string_view address, u16 port) { return {ip(address), port}; }

// Resolves as host.cc does, with the given answers; the number of addresses that the guest sees, or -1 if it may not
// ask.
int resolve(NetworkGate& gate, std::string_view name, std::initializer_list<std::string_view> answers) {
  const auto asked = gate.may_resolve(name);
  if (!asked) return -1;
  std::vector<IpAddress> list;
  for (const std::string_view answer : answers) list.push_back(ip(answer));
  return static_cast<int>(gate.admit(*asked, list).size());
}

TEST(NetworkGate, WithoutEntriesEverythingIsRefused) {
  NetworkGate gate;
  EXPECT_FALSE(gate.is_open());
  EXPECT_EQ(resolve(gate, "example.org", {"192.0.2.1"}), -1);
  EXPECT_EQ(resolve(gate, "localhost", {}), -1);
  EXPECT_EQ(resolve(gate, "127.0.0.1", {}), -1);
  EXPECT_FALSE(gate.may_connect(at("127.0.0.1", 80)));
  EXPECT_FALSE(gate.may_connect(at("::1", 80)));
}

TEST(NetworkGate, Names) {
  const NetworkGate gate = gate_of({"*.github.com", "api.reddit.com", "Example.ORG.:443", "a_b.test"});
  for (const std::string_view name : {"api.github.com", "a.b.github.com", "API.GitHub.COM", "api.github.com.",
                                      "x.GITHUB.com.", "api.reddit.com", "example.org", "EXAMPLE.org.", "a_b.test"}) {
    EXPECT_TRUE(gate.may_resolve(name)) << name;
  }
  for (const std::string_view name : {"github.com",
                                      "github.com.",
                                      "evilgithub.com",
                                      "evil-github.com",
                                      ".github.com",
                                      "*.github.com",
                                      "a..github.com",
                                      "github.com.evil.org",
                                      "api.github.com.evil.org",
                                      "api.github.comx",
                                      "xapi.reddit.com",
                                      "api.reddit.com.x",
                                      "sub.api.reddit.com",
                                      "reddit.com",
                                      "org",
                                      "com",
                                      "",
                                      ".",
                                      "api.github.com..",
                                      "api .github.com",
                                      "api/.github.com",
                                      "api\n.github.com",
                                      "api:80.github.com",
                                      "[::1].github.com",
                                      "\xc3\xbc.github.com",
                                      "-.github.com",
                                      "a-.github.com",
                                      "example.org:443",
                                      "localhost",
                                      "192.0.2.1",
                                      "0",
                                      "1.github.com.0"}) {
    const auto answer = gate.may_resolve(name);
    EXPECT_FALSE(answer) << name;
    if (!answer) EXPECT_EQ(answer.error(), SysError::Access) << name;
  }
  EXPECT_FALSE(gate.may_resolve(std::string_view("api.github.com\0.evil.org", 24)));
  EXPECT_FALSE(gate.may_resolve(std::string(64, 'a') + ".github.com"));
  EXPECT_FALSE(gate.may_resolve(std::string(10000, 'a') + ".github.com"));
  EXPECT_EQ(gate.may_resolve("API.GitHub.COM.")->host, "api.github.com") << "what the resolver is asked for";
}

TEST(NetworkGate, PortsOfTheEntryThatCoversTheName) {
  NetworkGate gate = gate_of({"example.org:443", "any.test", "*.many.test:80", "x.many.test:8080"});
  EXPECT_FALSE(gate.may_connect(at("203.0.113.1", 443))) << "before the name was asked for";
  EXPECT_EQ(resolve(gate, "example.org", {"203.0.113.1", "2001:db8::1"}), 2);
  EXPECT_TRUE(gate.may_connect(at("203.0.113.1", 443)));
  EXPECT_TRUE(gate.may_connect(at("2001:db8::1", 443)));
  EXPECT_FALSE(gate.may_connect(at("203.0.113.1", 80)));
  EXPECT_FALSE(gate.may_connect(at("203.0.113.1", 0)));
  EXPECT_FALSE(gate.may_connect(at("203.0.113.2", 443)));
  EXPECT_EQ(resolve(gate, "any.test", {"203.0.113.9"}), 1);
  EXPECT_TRUE(gate.may_connect(at("203.0.113.9", 1)));
  EXPECT_TRUE(gate.may_connect(at("203.0.113.9", 65535)));
  EXPECT_EQ(resolve(gate, "x.many.test", {"203.0.113.5"}), 1);
  EXPECT_TRUE(gate.may_connect(at("203.0.113.5", 80)));
  EXPECT_TRUE(gate.may_connect(at("203.0.113.5", 8080)));
  EXPECT_FALSE(gate.may_connect(at("203.0.113.5", 443)));
  EXPECT_EQ(resolve(gate, "y.many.test", {"203.0.113.6"}), 1);
  EXPECT_FALSE(gate.may_connect(at("203.0.113.6", 8080)));
}

TEST(NetworkGate, Addresses) {
  NetworkGate gate = gate_of({"192.0.2.10:80", "[2001:db8::5]", "[::ffff:192.0.2.20]:53"});
  EXPECT_TRUE(gate.may_connect(at("192.0.2.10", 80)));
  EXPECT_TRUE(gate.may_connect(at("::ffff:192.0.2.10", 80))) << "an IPv4-mapped address counts as IPv4";
  EXPECT_TRUE(gate.may_connect(at("192.0.2.20", 53)));
  EXPECT_FALSE(gate.may_connect(at("192.0.2.10", 81)));
  EXPECT_FALSE(gate.may_connect(at("192.0.2.11", 80)));
  EXPECT_FALSE(gate.may_connect(at("::ffff:192.0.2.11", 80)));
  EXPECT_TRUE(gate.may_connect(at("2001:db8::5", 9999)));
  EXPECT_FALSE(gate.may_connect(at("2001:db8::6", 9999)));
  // Numeric strings are addresses, not names.
  EXPECT_EQ(gate.may_resolve("192.0.2.10")->kind, grants::Net::Kind::IPv4);
  EXPECT_EQ(gate.may_resolve("::ffff:192.0.2.10")->kind, grants::Net::Kind::IPv4);
  EXPECT_EQ(gate.may_resolve("2001:DB8::5")->kind, grants::Net::Kind::IPv6);
  for (const std::string_view other :
       {"192.0.2.11", "2001:db8::6", "::1", "192.0.2.010", "0xc0.0.2.10", "3221225994", "192.0.522"})
    EXPECT_FALSE(gate.may_resolve(other)) << other;
}

// The address of a name is no entry of its own: a literal needs one, and a name of an address's digits does not exist.
TEST(NetworkGate, NamesAndAddressesDoNotMix) {
  NetworkGate gate = gate_of({"example.org"});
  EXPECT_FALSE(gate.may_resolve("203.0.113.1"));
  EXPECT_EQ(resolve(gate, "example.org", {"203.0.113.1"}), 1);
  EXPECT_TRUE(gate.may_resolve("203.0.113.1")) << "known by now";
}

TEST(NetworkGate, Localhost) {
  NetworkGate gate = gate_of({"localhost:6379"});
  EXPECT_TRUE(gate.may_resolve("localhost"));
  EXPECT_TRUE(gate.may_resolve("LOCALHOST."));
  EXPECT_FALSE(gate.may_resolve("a.localhost"));
  EXPECT_TRUE(gate.may_connect(at("127.0.0.1", 6379)));
  EXPECT_TRUE(gate.may_connect(at("::1", 6379)));
  EXPECT_TRUE(gate.may_connect(at("::ffff:127.0.0.1", 6379)));
  EXPECT_FALSE(gate.may_connect(at("127.0.0.1", 80)));
  EXPECT_FALSE(gate.may_connect(at("127.0.0.2", 6379)));
  EXPECT_FALSE(gate.may_connect(at("0.0.0.0", 6379)));
  EXPECT_FALSE(gate.may_connect(at("::", 6379)));
}

TEST(NetworkGate, AnswersThatPointInwardsAreDropped) {
  for (const std::string_view bad :
       {"127.0.0.1", "127.255.255.255", "0.0.0.0", "0.1.2.3", "169.254.169.254", "224.0.0.1", "239.255.255.250",
        "255.255.255.255", "240.0.0.1", "::", "::1", "::2", "fe80::1", "febf::1", "ff02::1", "::ffff:127.0.0.1",
        "::ffff:169.254.1.1", "64:ff9b::7f00:1", "2002:7f00:1::"}) {
    NetworkGate gate = gate_of({"exact.test", "*.wild.test"});
    EXPECT_EQ(resolve(gate, "exact.test", {bad}), 0) << bad;
    EXPECT_EQ(resolve(gate, "a.wild.test", {bad}), 0) << bad;
    EXPECT_FALSE(gate.may_connect(at(bad, 80))) << bad;
  }
  // Private networks: for a name that somebody wrote down, not for those that the zone's owner makes up.
  for (const std::string_view inner :
       {"10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "fd00::1", "fc00::1", "fec0::1",
        "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::"}) {
    NetworkGate gate = gate_of({"exact.test", "*.wild.test"});
    EXPECT_EQ(resolve(gate, "a.wild.test", {inner}), 0) << inner;
    EXPECT_FALSE(gate.may_connect(at(inner, 80))) << inner;
    EXPECT_EQ(resolve(gate, "exact.test", {inner}), 1) << inner;
    EXPECT_TRUE(gate.may_connect(at(inner, 80))) << inner;
  }
  for (const std::string_view outer :
       {"1.1.1.1", "172.15.0.1", "172.32.0.1", "100.63.0.1", "100.128.0.1", "169.253.0.1", "192.167.0.1",
        "223.255.255.255", "192.0.2.10", "2001:db8::1", "64:ff9b::101:101", "2606:4700::1"}) {
    NetworkGate gate = gate_of({"*.wild.test"});
    EXPECT_EQ(resolve(gate, "a.wild.test", {outer}), 1) << outer;
    EXPECT_TRUE(gate.may_connect(at(outer, 80))) << outer;
  }
  NetworkGate mixed = gate_of({"*.wild.test"});
  EXPECT_EQ(resolve(mixed, "a.wild.test", {"127.0.0.1", "203.0.113.7", "10.0.0.1"}), 1);
  EXPECT_TRUE(mixed.may_connect(at("203.0.113.7", 80)));
  EXPECT_FALSE(mixed.may_connect(at("127.0.0.1", 80)));
}

TEST(NetworkGate, AnEntryOfItsOwnLetsAnAnswerThroughOnItsPorts) {
  NetworkGate gate = gate_of({"exact.test", "127.0.0.1:6379"});
  EXPECT_EQ(resolve(gate, "exact.test", {"127.0.0.1"}), 1);
  EXPECT_TRUE(gate.may_connect(at("127.0.0.1", 6379)));
  EXPECT_FALSE(gate.may_connect(at("127.0.0.1", 22)));
  NetworkGate outer = gate_of({"exact.test:443", "203.0.113.1:80"});
  EXPECT_EQ(resolve(outer, "exact.test", {"203.0.113.1"}), 1);
  EXPECT_TRUE(outer.may_connect(at("203.0.113.1", 80)));
  EXPECT_TRUE(outer.may_connect(at("203.0.113.1", 443))) << "its own entry takes nothing away";
  EXPECT_FALSE(outer.may_connect(at("203.0.113.1", 22)));
}

TEST(NetworkGate, PrivateAnswersPassIfAnExactEntryCoversTheNameToo) {
  NetworkGate gate = gate_of({"*.corp.test:80", "db.corp.test:5432"});
  EXPECT_EQ(resolve(gate, "db.corp.test", {"10.0.0.5"}), 1);
  EXPECT_TRUE(gate.may_connect(at("10.0.0.5", 5432)));
  EXPECT_FALSE(gate.may_connect(at("10.0.0.5", 80))) << "the wildcard's port";
}

TEST(NetworkGate, MemoryIsBounded) {
  NetworkGate gate = gate_of({"*.wild.test"});
  const auto asked = gate.may_resolve("a.wild.test");
  ASSERT_TRUE(asked);
  for (u32 i = 0; i < NetworkGate::kMaxLearnt + 1; ++i) {
    const IpAddress address = {.is_v6 = false, .bytes = {9, 0, static_cast<u8>(i >> 8), static_cast<u8>(i)}};
    EXPECT_EQ(gate.admit(*asked, std::array{address}).size(), 1u);
  }
  EXPECT_FALSE(gate.may_connect(at("9.0.0.0", 1))) << "the oldest is forgotten";
  EXPECT_TRUE(gate.may_connect(at("9.0.0.1", 1)));
  EXPECT_TRUE(gate.may_connect(at("9.0.4.0", 1)));
}

TEST(NetworkGate, ManyPortsOfOneName) {
  std::vector<grants::Net> entries;
  for (u32 port = 1; port <= 10000; ++port) entries.push_back(*grants::parse_net("x.test:" + std::to_string(port)));
  NetworkGate gate(std::move(entries));
  EXPECT_EQ(resolve(gate, "x.test", {"203.0.113.1", "203.0.113.2"}), 2);
  EXPECT_TRUE(gate.may_connect(at("203.0.113.1", 1)));
  EXPECT_TRUE(gate.may_connect(at("203.0.113.2", 10000)));
  EXPECT_FALSE(gate.may_connect(at("203.0.113.1", 10001)));
}

TEST(Services, NumbersAndNames) {
  EXPECT_EQ(port_of_service(""), 0);
  EXPECT_EQ(port_of_service("80"), 80);
  EXPECT_EQ(port_of_service("65535"), 65535);
  EXPECT_EQ(port_of_service("https"), 443);
  for (const std::string_view bad : {"65536", "-1", "+1", " 1", "1 ", "0x50", "HTTP", "nonesuch", "000080"})
    EXPECT_FALSE(port_of_service(bad)) << bad;
}

}  // namespace
}  // namespace hermit::host
