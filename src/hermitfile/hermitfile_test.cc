#include "hermitfile/hermitfile.h"

#include <gtest/gtest.h>

#include <chrono>
#include <random>

#include "base/suggest.h"

namespace hermit::hermitfile {
namespace {

using grants::to_text;

// The errors as "line:column: message", one a line; "" if there are none.
std::string errors_of(std::string_view source) {
  std::string text;
  for (const Diagnostic& error : parse(source).errors) {
    const std::string rendered = render(error, "H", source);
    text += rendered.substr(2, rendered.find('\n') - 1);
  }
  return text;
}

// A file that must be right.
Hermitfile good(std::string_view source) {
  const Parsed parsed = parse(source);
  EXPECT_EQ(render(parsed.errors, "H", source), "");
  return parsed.file;
}

template <typename List>
std::string entries(const List& list) {
  std::string text;
  for (const auto& item : list) (text += to_text(item.value)) += '|';
  return text;
}

TEST(Hermitfile, EveryDirective) {
  const Hermitfile file = good(R"(# A comment
from "my program.wasm"
MAP /data .:/work:ro
Map ["~/x", 'C:\\x:/data2:optional']
ENV A=1 B="two words" C='it"s'
ENV D rest of 'the' line
ENV E
ENV_PWD_IS_HOST_CWD
env_exe_name_is_host_exe_name
NET *.github.com api.example.org:443
NET ["[::1]:80"]
NET [2001:db8::1]:80
LINK libs/libfoo.wasm other=bar.wasm
ENTRYPOINT main
ARGV ["--flag", "a b"]
COPY assets /usr/share/assets/
LIMIT memory=256MiB time=10s
LIMIT files=16
HOST ["run", "set-executable"]
)");
  EXPECT_EQ(file.from.value, "my program.wasm");
  EXPECT_EQ(entries(file.map), "/data|.:/work:ro|~/x|C:\\x:/data2:optional|");
  EXPECT_EQ(entries(file.env), "A=1|B=two words|C=it\"s|D=rest of 'the' line|E|");
  EXPECT_TRUE(file.env_pwd_is_host_cwd);
  EXPECT_TRUE(file.env_exe_name_is_host_exe_name);
  EXPECT_EQ(entries(file.net), "*.github.com|api.example.org:443|[::1]:80|[2001:db8::1]:80|");
  ASSERT_EQ(file.link.size(), 2u);
  EXPECT_EQ(file.link[0].name + " " + file.link[0].path, "libfoo libs/libfoo.wasm");
  EXPECT_EQ(file.link[1].name + " " + file.link[1].path, "other bar.wasm");
  EXPECT_EQ(file.entrypoint->value, "main");
  ASSERT_EQ(file.argv.size(), 2u);
  EXPECT_EQ(file.argv[1].value, "a b");
  ASSERT_EQ(file.copy.size(), 1u);
  EXPECT_EQ(file.copy[0].source + " " + file.copy[0].target, "assets /usr/share/assets");
  EXPECT_EQ(file.limits, (grants::Limits{u64{256} << 20, std::nullopt, 10000, 16}));
  EXPECT_EQ(entries(file.host), "run|set-executable|");
  EXPECT_EQ(good("FROM a\nWORKDIR /w/").workdir->value, "/w");
}

TEST(Hermitfile, LinesOfEveryKind) {
  EXPECT_EQ(good("\xef\xbb\xbf"
                 "FROM a.wasm\r\nMAP /x\r\n")
                .from.value,
            "a.wasm");
  EXPECT_EQ(good("  \t FROM\ta.wasm   ").from.value, "a.wasm");
  EXPECT_EQ(good("\n\n  # indented comment\nFROM a").from.value, "a");
}

// A # inside a line is an ordinary character.
TEST(Hermitfile, HashInsideALine) {
  EXPECT_EQ(errors_of("FROM a # b"), "1:8: error: FROM takes one path; a path with spaces stands in quotes\n");
  EXPECT_EQ(entries(good("FROM a\nENV COLOR=#fff").env), "COLOR=#fff|");
}

TEST(Hermitfile, Continuations) {
  EXPECT_EQ(entries(good("FROM a\nMAP /x \\\n  /y \\  \t\n# between\n  # and more\n/z").map), "/x|/y|/z|");
  EXPECT_EQ(entries(good("FROM a\r\nMAP /x \\\r\n/y\r\n").map), "/x|/y|");
  EXPECT_EQ(entries(good("FROM a\nMAP /x\\\ny").map), "/xy|");
  EXPECT_EQ(entries(good("FROM a\nMAP [\"/x\", \\\n \"/y\"]").map), "/x|/y|");
  EXPECT_EQ(entries(good("FROM a\nMAP /x \\").map), "/x|");
  EXPECT_EQ(errors_of("FROM a\nMAP /x \\\n\n/y"),
            "3:1: error: empty line inside a directive that a \\ continues\n4:1: error: unknown directive /y\n");
}

TEST(Hermitfile, WordsAndQuotes) {
  EXPECT_EQ(entries(good(R"(FROM a
MAP "C:\Program Files\x:/p" C:\a\ b:/q '/it is' "/a\"b" /c\ d /e"f g"h \\srv\s:/s)")
                        .map),
            "C:\\Program Files\\x:/p|C:\\a b:/q|/it is|/a\"b|/c d|/ef gh|\\\\srv\\s:/s|");
  EXPECT_EQ(errors_of("FROM 'a"), "1:6: error: this quote is not closed\n");
  EXPECT_EQ(errors_of("FROM \"a\\\""), "1:6: error: this quote is not closed\n");
  EXPECT_EQ(errors_of("FROM my program.wasm"),
            "1:9: error: FROM takes one path; a path with spaces stands in quotes\n");
  EXPECT_EQ(errors_of("FROM ''"), "1:6: error: the path is empty\n");
}

TEST(Hermitfile, Arrays) {
  EXPECT_EQ(good("FROM a\nARGV [ \"\\u00fc\\n\\\"\\\\\" , '\\'\"', \"\\ud83d\\ude00\" ]").argv[0].value,
            "\xc3\xbc\n\"\\");
  EXPECT_EQ(good("FROM a\nARGV ['\\'\"']").argv[0].value, "'\"");
  EXPECT_EQ(good("FROM a\nARGV [\"\\ud83d\\ude00\"]").argv[0].value, "\xf0\x9f\x98\x80");
  EXPECT_TRUE(good("FROM a\nMAP []").map.empty());
  EXPECT_EQ(good("FROM ['a b']").from.value, "a b");
  EXPECT_EQ(errors_of("FROM a\nMAP [/data]"), "2:6: error: expected a string in quotes\n");
  EXPECT_EQ(errors_of("FROM a\nMAP ['/a',]"), "2:11: error: expected a string in quotes\n");
  EXPECT_EQ(errors_of("FROM a\nMAP ['/a' '/b']"), "2:11: error: expected , or ] after a string\n");
  EXPECT_EQ(errors_of("FROM a\nMAP ['/a'"), "2:5: error: this [ is not closed\n");
  EXPECT_EQ(errors_of("FROM a\nMAP ["), "2:5: error: this [ is not closed\n");
  EXPECT_EQ(errors_of("FROM a\nMAP ['/a'] /b"), "2:12: error: nothing can follow an array\n");
  EXPECT_EQ(errors_of("FROM a\nMAP [\"C:\\x\"]"),
            "2:9: error: unknown escape; in an array a backslash is written \\\\\n");
  for (const char* bad : {"\\u12", "\\ud800", "\\ud800\\u0041", "\\udc00", "\\u12g4"})
    EXPECT_EQ(errors_of(std::string("FROM a\nARGV [\"") + bad + "\"]"),
              "2:8: error: \\u takes four hexadecimal digits of a character\n");
}

TEST(Hermitfile, EnvForms) {
  EXPECT_EQ(entries(good("FROM a\nENV A \"one value\"").env), "A=one value|");
  EXPECT_EQ(entries(good("FROM a\nENV A \"one\" and 'two'").env), "A=\"one\" and 'two'|");
  EXPECT_EQ(entries(good("FROM a\nENV MSG it's fine").env), "MSG=it's fine|");
  EXPECT_EQ(entries(good("FROM a\nENV ONE TWO= THREE=3").env), "ONE=TWO= THREE=3|");
  EXPECT_EQ(entries(good("FROM a\nENV [\"A=1\", \"B\"]").env), "A=1|B|");
  EXPECT_EQ(entries(good("FROM a\nENV A=").env), "A=|");
  EXPECT_EQ(entries(good("FROM a\nENV B=2\nENV A=1\nENV B=3").env), "B=2|A=1|B=3|")
      << "order is kept, nothing is merged";
  EXPECT_EQ(errors_of("FROM a\nENV A=1 B"),
            "2:9: error: no = in this pair; to pass a variable through, give it an ENV of its own\n");
  EXPECT_EQ(errors_of("FROM a\nENV =1"), "2:5: error: the name of the variable is empty\n");
  EXPECT_EQ(errors_of("FROM a\nENV"), "2:1: error: ENV needs an argument\n");
}

// The caret stands at the offending part of an entry, also behind quotes and continuations.
TEST(Hermitfile, ErrorsInsideEntries) {
  EXPECT_EQ(errors_of("FROM a\nMAP /a:/b:rw"), "2:11: error: unknown option; the options of MAP are ro and optional\n");
  EXPECT_EQ(errors_of("FROM a\nMAP [ \"/a:/b:rw\" ]"),
            "2:14: error: unknown option; the options of MAP are ro and optional\n");
  EXPECT_EQ(errors_of("FROM a\nMAP /x \\\n # c\n /a:\\\n/b:rw"),
            "5:4: error: unknown option; the options of MAP are ro and optional\n");
  EXPECT_EQ(errors_of("FROM a\nNET x.org:0"), "2:11: error: a port is a number from 1 to 65535\n");
  EXPECT_EQ(errors_of("FROM a\nLIMIT memory=1MB"), "2:15: error: a size has a unit: B, KiB, MiB or GiB\n");
  EXPECT_EQ(errors_of("FROM a\nHOST fly"),
            "2:6: error: unknown host extension; there are set-executable, run and workers\n");
}

TEST(Hermitfile, RulesBetweenDirectives) {
  EXPECT_EQ(errors_of("MAP /x"), "1:1: error: no FROM directive: it names the program to pack\n");
  EXPECT_EQ(errors_of(""), "1:1: error: no FROM directive: it names the program to pack\n");
  EXPECT_EQ(errors_of("FROM a\nFROM b"), "2:1: error: FROM is given twice\n");
  EXPECT_EQ(errors_of("FROM a\nMAP /x\nMAP /y:/x/"), "3:5: error: the guest path /x is already taken in line 2\n");
  EXPECT_EQ(errors_of("FROM a\nMAP /x/ /x"), "2:9: error: the guest path /x is already taken in line 2\n");
  EXPECT_EQ(errors_of("FROM a\nMAP c:\\x\nCOPY y /C/x"),
            "3:8: error: the guest path /C/x is already taken in line 2\n");
  EXPECT_EQ(errors_of("FROM a\nMAP .\nMAP .::ro"), "3:5: error: the guest path of . is already taken in line 2\n");
  EXPECT_EQ(errors_of("FROM a\nMAP /x /x/y . ~"), "") << "nested paths are fine";
  const std::string both =
      "error: WORKDIR and ENV_PWD_IS_HOST_CWD exclude each other: both set the working directory\n";
  EXPECT_EQ(errors_of("FROM a\nWORKDIR /w\nENV_PWD_IS_HOST_CWD"), "3:1: " + both);
  EXPECT_EQ(errors_of("FROM a\nENV_PWD_IS_HOST_CWD\nWORKDIR /w"), "3:9: " + both);
  EXPECT_EQ(errors_of("FROM a\nWORKDIR w"), "2:9: error: a guest path is absolute: it starts with /\n");
  EXPECT_EQ(errors_of("FROM a\nWORKDIR /w\nWORKDIR /w"), "3:1: error: WORKDIR is given twice\n");
  EXPECT_EQ(errors_of("FROM a\nENTRYPOINT f\nENTRYPOINT g"), "3:1: error: ENTRYPOINT is given twice\n");
  EXPECT_EQ(errors_of("FROM a\nLINK a/x.wasm b/x.wasm"), "2:15: error: two modules are named x\n");
  EXPECT_EQ(errors_of("FROM a\nLIMIT time=1s time=2s"), "2:15: error: this limit is given twice\n");
  EXPECT_EQ(errors_of("FROM a\nHOST run run"), "2:10: error: this host extension is given twice\n");
  EXPECT_EQ(errors_of("FROM a\nCOPY x"), "2:1: error: COPY takes two paths: source and target\n");
  EXPECT_EQ(errors_of("FROM a\nENV_PWD_IS_HOST_CWD yes"), "2:21: error: ENV_PWD_IS_HOST_CWD takes no argument\n");
}

TEST(Hermitfile, WorkersHaveNoCommonMemoryToLimit) {
  const std::string both =
      "error: LIMIT memory and HOST workers exclude each other: each worker has a memory of its own\n";
  EXPECT_EQ(errors_of("FROM a\nLIMIT memory=1MiB\nHOST run workers"), "3:10: " + both);
  EXPECT_EQ(errors_of("FROM a\nHOST run workers\nLIMIT memory=1MiB"), "3:1: " + both);
  EXPECT_EQ(errors_of("FROM a\nHOST workers\nLIMIT time=1s stack=1MiB files=10"), "");
}

TEST(Diagnostics, UnknownDirective) {
  const std::string source = "# first\nFROM a.wasm\nMAPS /data\n";
  EXPECT_EQ(render(parse(source).errors, "Hermitfile", source),
            "Hermitfile:3:1: error: unknown directive MAPS\n"
            "  MAPS /data\n"
            "  ^~~~\n"
            "  did you mean MAP?\n");
  EXPECT_EQ(render(parse("FROM a\nfrmo b").errors, "H", "FROM a\nfrmo b"),
            "H:2:1: error: unknown directive frmo\n  frmo b\n  ^~~~\n  did you mean FROM?\n");
  EXPECT_EQ(render(parse("FROM a\nVOLUME b").errors, "H", "FROM a\nVOLUME b"),
            "H:2:1: error: unknown directive VOLUME\n  VOLUME b\n  ^~~~~~\n");
}

TEST(Diagnostics, Suggestions) {
  const std::string_view names[] = {"FROM", "MAP", "ENV", "ENTRYPOINT", "ENV_PWD_IS_HOST_CWD"};
  EXPECT_EQ(nearest("MAPS", names), "MAP");
  EXPECT_EQ(nearest("AMP", names), "MAP");
  EXPECT_EQ(nearest("ENTRY_POINT", names), "ENTRYPOINT");
  EXPECT_EQ(nearest("ENV_PWD_HOST_CWD", names), "ENV_PWD_IS_HOST_CWD");
  EXPECT_EQ(nearest("RUN", names), "");
  EXPECT_EQ(nearest("", names), "");
  EXPECT_EQ(nearest(std::string(100000, 'M'), names), "");
}

TEST(Diagnostics, ColumnsCountCharactersAndTabsKeepTheCaret) {
  const std::string source = "FROM a\n\tMAP\t\xc3\xbc:/b:rw";
  EXPECT_EQ(render(parse(source).errors, "H", source),
            "H:2:11: error: unknown option; the options of MAP are ro and optional\n"
            "  \tMAP\t\xc3\xbc:/b:rw\n"
            "  \t   \t     ^~\n");
}

// Neither a terminal escape nor a change of text direction reaches the terminal.
TEST(Diagnostics, ControlCharactersAreEscaped) {
  const std::string source = "FROM a\nM\x1b[2J /x";
  EXPECT_EQ(render(parse(source).errors,
                   "a\x1b"
                   "b",
                   source),
            "a\\x1bb:2:2: error: control character\n"
            "  M\\x1b[2J /x\n"
            "   ^~~~\n");
  const std::string bidi = "FROM a\nMA\xe2\x80\xaeP /x";
  EXPECT_EQ(render(parse(bidi).errors, "H", bidi),
            "H:2:1: error: unknown directive MA\\u202eP\n  MA\\u202eP /x\n  ^~~~~~~~~\n");
  EXPECT_EQ(errors_of(std::string_view("FROM a\0b", 8)), "1:7: error: NUL character\n");
  EXPECT_EQ(errors_of("FROM a\rMAP /x"), "1:7: error: control character\n");
  EXPECT_EQ(errors_of("FROM \xff"), "1:6: error: not UTF-8 text\n");
}

TEST(Diagnostics, LongLinesAreCut) {
  const std::string source = "FROM a\nMAP " + std::string(100000, 'x') + ":/b:rw," + std::string(100000, 'y');
  const auto errors = parse(source).errors;
  ASSERT_EQ(errors.size(), 1u);
  const std::string text = render(errors[0], "H", source);
  EXPECT_EQ(text,
            "H:2:100009: error: unknown option; the options of MAP are ro and optional\n"
            "  ..." +
                std::string(56, 'x') + ":/b:rw," + std::string(77, 'y') +
                "...\n"
                "     " +
                std::string(60, ' ') + "^" + std::string(79, '~') + "\n");
  EXPECT_LT(render(parse(std::string(100000, 'Q')).errors, "H", std::string(100000, 'Q')).size(), 700u);
}

TEST(Diagnostics, AreCollectedAndCapped) {
  std::string source = "FROM a\n";
  for (int i = 0; i < 1000; ++i) source += "BAD\n";
  EXPECT_EQ(parse(source).errors.size(), kMaxDiagnostics);
  EXPECT_EQ(errors_of("BAD\nFROM a\nWORSE x\n"),
            "1:1: error: unknown directive BAD\n3:1: error: unknown directive WORSE\n");
}

TEST(Hermitfile, LargeFilesTakeLinearTime) {
  std::string source = "FROM a\n", line = "MAP", continued = "FROM a\nMAP";
  for (int i = 0; i < 10000; ++i) {
    source +=
        "MAP /data/" + std::to_string(i) + "\nENV K" + std::to_string(i) + "=v\nLINK l" + std::to_string(i) + ".wasm\n";
    line += " /line/" + std::to_string(i);
    continued += " \\\n#\n /continued/" + std::to_string(i);
  }
  EXPECT_EQ(good(source).map.size(), 10000u);
  EXPECT_EQ(good("FROM a\n" + line).map.size(), 10000u);
  EXPECT_EQ(good(continued).map.size(), 10000u);
  EXPECT_EQ(good("FROM " + std::string(1 << 20, 'x')).from.value.size(), 1u << 20);
  EXPECT_EQ(errors_of(std::string(kMaxSourceSize + 1, '#')), "1:1: error: the file is larger than 4 MiB\n");
}

// Bad input never crashes: every truncation, every flipped bit, and random mixtures of the characters that mean
// something.
TEST(Hermitfile, TruncationsFlipsAndNoise) {
  const std::string source =
      "FROM \"a b\"\nMAP [\"/x\", 'C:\\\\y:/z:ro']\\\n\nENV A=1 B='2'\nENV C \"rest\"\nNET [::1]:80 *.x.org\nLIMIT "
      "time=1s\nCOPY a /b\nLINK n=p.wasm\nWORKDIR /w\n";
  const auto check = [](const std::string& text) { return render(parse(text).errors, "H", text).size(); };
  for (size_t size = 0; size < source.size(); ++size) check(source.substr(0, size));
  for (size_t i = 0; i < source.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = source;
      flipped[i] = static_cast<char>(flipped[i] ^ (1 << bit));
      check(flipped);
    }
  }
  std::mt19937 random(3);
  const std::string_view pieces[] = {"FROM ", "MAP ", "ENV ", "NET ", "[",      "]",     "\"",
                                     "'",     "\\",   "\n",   "\\\n", ",",      " ",     "\t",
                                     "#",     "\r\n", "/x",   ":",    "=",      "\\u",   "d800",
                                     "\xc3",  "ro",   "a",    "*.",   "LIMIT ", "COPY ", "\xef\xbb\xbf"};
  for (int round = 0; round < 20000; ++round) {
    std::string text;
    for (size_t n = random() % 30; n > 0; --n) text += pieces[random() % std::size(pieces)];
    check(text);
  }
}

}  // namespace
}  // namespace hermit::hermitfile
