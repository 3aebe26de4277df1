#include "grants/grants.h"

#include <gtest/gtest.h>

namespace hermit::grants {
namespace {

std::string map_text(std::string_view entry) {
  const auto map = parse_map(entry);
  if (!map) return "error at " + std::to_string(map.error().where) + ": " + map.error().what;
  EXPECT_EQ(parse_map(to_text(*map)), *map) << entry;
  std::string text = map->host + " -> " + known_guest_path(*map);
  if (map->read_only) text += " ro";
  if (map->optional) text += " optional";
  return text;
}

TEST(Map, TheCurrentDirectory) {
  for (const char* host : {".", "./", "./.", ".//", "././/."}) EXPECT_TRUE(is_current_directory({host, ""})) << host;
  for (const char* host : {"..", "./..", "...", "./x", "/", ".x", "./.x"})
    EXPECT_FALSE(is_current_directory({host, ""})) << host;
}

TEST(Map, HostPathsThatCompare) {
  const auto path = [](const char* host) { return comparable_host_path({host, "/g"}); };
  EXPECT_EQ(path("/a//b/"), "/a/b");
  EXPECT_EQ(path("/"), "/");
  EXPECT_EQ(path("c:\\x\\y"), "/C/x/y");
  EXPECT_EQ(path("."), ".");
  EXPECT_EQ(path("./a/./b/"), "./a/b");
  EXPECT_EQ(path("a"), "./a");
  EXPECT_EQ(path("~"), "~");
  EXPECT_EQ(path("~/a"), "~/a");
  EXPECT_EQ(path("../a"), "");
  EXPECT_EQ(path("a/../b"), "");
  EXPECT_EQ(path("/a/../b"), "");
  EXPECT_EQ(path("\\\\server\\share"), "");
}

TEST(Map, AtOrBelow) {
  EXPECT_EQ(normalize("/a//b/./c/../d/"), "/a/b/d");
  EXPECT_EQ(normalize("a/../../b"), "/b");
  EXPECT_EQ(normalize("/.."), "/");
  EXPECT_EQ(normalize(""), "/");
  EXPECT_TRUE(is_at_or_below("/a", "/a"));
  EXPECT_TRUE(is_at_or_below("/a/b", "/a"));
  EXPECT_TRUE(is_at_or_below("/a", "/"));
  EXPECT_FALSE(is_at_or_below("/ab", "/a"));
  EXPECT_FALSE(is_at_or_below("/", "/a"));
}

TEST(Map, Forms) {
  EXPECT_EQ(map_text("/data"), "/data -> /data");
  EXPECT_EQ(map_text("/data/"), "/data/ -> /data");
  EXPECT_EQ(map_text("/"), "/ -> /");
  EXPECT_EQ(map_text("."), ". -> ");
  EXPECT_EQ(map_text("~/x y"), "~/x y -> ");
  EXPECT_EQ(map_text("../up"), "../up -> ");
  EXPECT_EQ(map_text("/a:/b"), "/a -> /b");
  EXPECT_EQ(map_text(".:/b//c/"), ". -> /b/c");
  EXPECT_EQ(map_text("/a/../b:/b"), "/a/../b -> /b");
  EXPECT_EQ(map_text("/a:/b:ro"), "/a -> /b ro");
  EXPECT_EQ(map_text("/a:/b:optional,ro"), "/a -> /b ro optional");
  EXPECT_EQ(map_text("~::ro"), "~ ->  ro");
  EXPECT_EQ(map_text("/a::optional"), "/a -> /a optional");
}

// A drive's colon is no separator, on any system.
TEST(Map, WindowsDrives) {
  EXPECT_EQ(map_text("C:\\x\\y:/data"), "C:\\x\\y -> /data");
  EXPECT_EQ(map_text("c:/x:/data:ro"), "c:/x -> /data ro");
  EXPECT_EQ(map_text("c:\\Users\\x\\"), "c:\\Users\\x\\ -> /C/Users/x");
  EXPECT_EQ(map_text("C:\\"), "C:\\ -> /C");
  EXPECT_EQ(map_text("./c:/data"), "./c -> /data");
  EXPECT_EQ(map_text("\\\\server\\share:/s"), "\\\\server\\share -> /s");
  EXPECT_EQ(map_text("cc:/data"), "cc -> /data");
}

TEST(Map, Errors) {
  EXPECT_EQ(map_text(""), "error at 0: the host path is empty");
  EXPECT_EQ(map_text(":/x"), "error at 0: the host path is empty");
  EXPECT_EQ(map_text("/a:"), "error at 3: the guest path is empty");
  EXPECT_EQ(map_text("/a:b"), "error at 3: a guest path is absolute: it starts with /");
  EXPECT_EQ(map_text("/a:ro"), "error at 3: options are the third field: host:guest:ro, or host::ro");
  EXPECT_EQ(map_text("/a:/b:rw"), "error at 6: unknown option; the options of MAP are ro and optional");
  EXPECT_EQ(map_text("/a:/b:ro,"), "error at 9: unknown option; the options of MAP are ro and optional");
  EXPECT_EQ(map_text("/a:/b:"), "error at 6: unknown option; the options of MAP are ro and optional");
  EXPECT_EQ(map_text("/a:/b:ro,ro"), "error at 9: this option is given twice");
  EXPECT_EQ(map_text("/a:/b:ro:x"), "error at 6: unknown option; the options of MAP are ro and optional");
  EXPECT_EQ(map_text("/a:/b/../c"), "error at 3: . and .. are not allowed in a guest path");
  EXPECT_EQ(map_text("/a:/b\\c"), "error at 5: backslash in a guest path; its separator is /");
  EXPECT_EQ(map_text("/a/../b"), "error at 0: an absolute path with . or .. needs a guest path: host:guest");
  EXPECT_EQ(map_text("\\\\server\\share"), "error at 0: a network path needs a guest path: host:guest");
  EXPECT_EQ(map_text("\\\\.\\pipe\\x:/p"), "error at 0: device paths cannot be mapped");
  EXPECT_EQ(map_text("\\\\?\\C:\\x:/p"), "error at 0: device paths cannot be mapped");
  EXPECT_EQ(map_text("\\x:/p"), "error at 0: a path that starts with one backslash depends on the current drive");
  EXPECT_EQ(map_text("C:x"), "error at 2: a guest path is absolute: it starts with /");
  EXPECT_EQ(map_text(std::string_view("/a\0b", 4)), "error at 2: control character in a path");
}

std::string net_text(std::string_view entry) {
  const auto net = parse_net(entry);
  if (!net) return std::string("error: ") + net.error().what;
  EXPECT_EQ(parse_net(to_text(*net)), *net) << entry;
  return to_text(*net);
}

TEST(Net, Names) {
  EXPECT_EQ(net_text("Api.Example.ORG"), "api.example.org");
  EXPECT_EQ(net_text("example.org.:443"), "example.org:443");
  EXPECT_EQ(net_text("*.github.com"), "*.github.com");
  EXPECT_EQ(net_text("localhost:6379"), "localhost:6379");
  EXPECT_EQ(net_text("_srv.a-b.c1:65535"), "_srv.a-b.c1:65535");
  EXPECT_EQ(parse_net("*.github.com")->kind, Net::Kind::Wildcard);
  EXPECT_EQ(parse_net("*.github.com")->host, "github.com");
}

TEST(Net, Addresses) {
  EXPECT_EQ(net_text("192.0.2.10:80"), "192.0.2.10:80");
  EXPECT_EQ(net_text("[2001:DB8:0:0:1:0:0:1]"), "[2001:db8::1:0:0:1]");
  EXPECT_EQ(net_text("[::1]:8080"), "[::1]:8080");
  EXPECT_EQ(net_text("[::]"), "[::]");
  EXPECT_EQ(net_text("[1::]"), "[1::]");
  EXPECT_EQ(net_text("[1:2:3:4:5:6:7:8]"), "[1:2:3:4:5:6:7:8]");
  EXPECT_EQ(net_text("[1:2:3:4:5:6:7::]"), "[1:2:3:4:5:6:7:0]");
  EXPECT_EQ(net_text("[64:ff9b::192.0.2.1]"), "[64:ff9b::c000:201]");
  EXPECT_EQ(net_text("[::ffff:192.0.2.1]:5"), "192.0.2.1:5");
  EXPECT_EQ(net_text("[::ffff:c000:201]"), "192.0.2.1");
  const auto net = parse_net("192.0.2.10");
  EXPECT_EQ(net->kind, Net::Kind::IPv4);
  EXPECT_EQ(net->address[3], 10);
}

TEST(Net, Errors) {
  for (const std::string_view entry : {"",
                                       "*",
                                       "*.",
                                       "*github.com",
                                       "a.*.com",
                                       "a*.com",
                                       "**.com",
                                       "*.*.com",
                                       "http://x.org",
                                       "x.org/path",
                                       "x.org?q",
                                       "u@x.org",
                                       "x.org:",
                                       "x.org:0",
                                       "x.org:65536",
                                       "x.org:http",
                                       "x.org:080",
                                       "x.org:-1",
                                       "x.org:+1",
                                       "::1",
                                       "1:2",
                                       "[::1",
                                       "[::1]x",
                                       "[::1]:0",
                                       "[]",
                                       "[:1]",
                                       "[1:]",
                                       "[1:2:3:4:5:6:7]",
                                       "[1:2:3:4:5:6:7:8:9]",
                                       "[1::2::3]",
                                       "[1:2:3:4:5:6:7::8]",
                                       "[12345::]",
                                       "[g::]",
                                       "[fe80::1%eth0]",
                                       "[1.2.3.4]",
                                       "[::1.2.3.4.5]",
                                       "[1.2.3.4::]",
                                       "127.1",
                                       "1.2.3.4.5",
                                       "256.1.1.1",
                                       "01.2.3.4",
                                       "0x7f.0.0.1",
                                       "0x7f000001",
                                       "2130706433",
                                       "*.1.2.3",
                                       "a..b",
                                       ".a",
                                       "a b",
                                       "-a.org",
                                       "a-.org",
                                       "b\xc3\xbc.de",
                                       "x.org..",
                                       "a\nb",
                                       ":80"}) {
    EXPECT_FALSE(parse_net(entry)) << entry << " became " << net_text(entry);
  }
  EXPECT_FALSE(parse_net(std::string(64, 'a') + ".org"));
  EXPECT_TRUE(parse_net(std::string(63, 'a') + ".org"));
  std::string longest =
      std::string(63, 'a') + '.' + std::string(63, 'a') + '.' + std::string(63, 'a') + '.' + std::string(61, 'a');
  EXPECT_TRUE(parse_net(longest));
  EXPECT_FALSE(parse_net(longest + "a"));
  EXPECT_EQ(net_text("*github.com"), "error: * stands only for whole labels at the start: *.example.org");
  EXPECT_EQ(parse_net("x.org:0").error().where, 6u);
}

// What a program asks for has the form of the entries, so that comparing them is comparing text.
TEST(Net, HostsThatProgramsAskFor) {
  const auto text = [](std::string_view host) {
    const auto net = parse_net_host(host);
    return net ? to_text(*net) : std::string("error");
  };
  EXPECT_EQ(text("API.GitHub.com."), "api.github.com");
  EXPECT_EQ(text("127.0.0.1"), "127.0.0.1");
  EXPECT_EQ(text("127.0.0.1."), "127.0.0.1");
  EXPECT_EQ(text("::FFFF:127.0.0.1"), "127.0.0.1");
  EXPECT_EQ(text("::1"), "[::1]");
  for (const std::string_view bad :
       {"", ".", "*.github.com", "a.com..", "127.1", "0x7f000001", "2130706433", "0177.0.0.1", "a.0x1", "[::1]",
        "fe80::1%lo", "a b", "a\n.github.com", "b\xc3\xbc.de", "a.com:80", "a.com/x", "-a.com"}) {
    EXPECT_EQ(text(bad), "error") << bad;
  }
  EXPECT_EQ(text(std::string_view("a.com\0.github.com", 17)), "error");
}

TEST(Env, Forms) {
  EXPECT_EQ(parse_env("A=b=c"), (Env{"A", "b=c"}));
  EXPECT_EQ(parse_env("A="), (Env{"A", ""}));
  EXPECT_EQ(parse_env("A"), (Env{"A", std::nullopt}));
  EXPECT_EQ(to_text(Env{"A", ""}), "A=");
  EXPECT_EQ(to_text(Env{"A", std::nullopt}), "A");
  EXPECT_FALSE(parse_env(""));
  EXPECT_FALSE(parse_env("=x"));
  EXPECT_FALSE(parse_env("a b=x"));
  EXPECT_FALSE(parse_env("a\t"));
  EXPECT_FALSE(parse_env(std::string_view("A=\0", 3)));
}

TEST(Limit, UnitsAndErrors) {
  Limits limits;
  for (const std::string_view entry : {"memory=256MiB", "stack=1536KiB", "time=90s", "files=256"})
    EXPECT_TRUE(parse_limit(entry, limits));
  EXPECT_EQ(limits, (Limits{u64{256} << 20, u64{1536} << 10, 90000, 256}));
  const auto texts = to_texts(limits);
  ASSERT_EQ(texts.size(), 4u);
  EXPECT_EQ(texts[0][1], "256MiB");
  EXPECT_EQ(texts[1][1], "1536KiB");
  EXPECT_EQ(texts[2][1], "90s");
  EXPECT_EQ(texts[3][0] + "=" + texts[3][1], "files=256");
  EXPECT_FALSE(parse_limit("files=1", limits)) << "twice";
  for (const std::string_view bad : {"", "memory", "memory=", "memory=1", "memory=1MB", "memory=1mib", "memory=0MiB",
                                     "memory=-1MiB", "memory=1.5GiB", "time=10", "time=10S", "files=10B", "cpu=1",
                                     "memory=18446744073709551616B", "memory=17179869184GiB", " memory=1B"}) {
    Limits fresh;
    EXPECT_FALSE(parse_limit(bad, fresh)) << bad;
  }
}

TEST(LinkNameAndHost, Accepted) {
  EXPECT_TRUE(parse_link_name("libfoo.so"));
  for (const std::string_view bad : {"", ".", "..", "a/b", "a\\b", "a\nb"}) EXPECT_FALSE(parse_link_name(bad)) << bad;
  for (const std::string_view name : {"set-executable", "run", "workers"})
    EXPECT_EQ(to_text(*parse_host_extension(name)), name);
  EXPECT_FALSE(parse_host_extension("RUN"));
}

}  // namespace
}  // namespace hermit::grants
