// The version resource of the Windows launcher: what the properties of a file and the task manager show, and one of the
// things whose absence makes virus scanners suspicious.
//
// Two parts of the section .rsrc, joined by the linker in the order of their names: the directory (type, name,
// language: three levels with one entry each), which needs addresses relative to the image and so the assembler, and
// the block itself, which a constant expression builds.
// Sources: PE format, "The .rsrc Section"; VS_VERSIONINFO, StringFileInfo and VarFileInfo of the Windows SDK.
#include <array>
#include <string_view>

#include "base/types.h"

namespace hermit::launcher {
namespace {

constexpr u16 kLanguage = 0x0409;  // English (United States)
constexpr u16 kUtf16 = 1200;  // the code page of the strings

// A tree of blocks {length in bytes, length of the value, 1 if that is text, key}, each aligned to 4 bytes.
struct Block {
  std::array<u16, 512> words = {};
  size_t size = 0;  // in words

  constexpr void align() { size += size % 2; }
  constexpr void text(std::u16string_view value) {
    for (const char16_t c : value) words[size++] = c;
    words[size++] = 0;
  }
  constexpr size_t begin(u16 value_length, bool is_text, std::u16string_view key) {
    align();
    const size_t at = size;
    words[size++] = 0;
    words[size++] = value_length;
    words[size++] = is_text;
    text(key);
    align();
    return at;
  }
  constexpr void end(size_t at) { words[at] = static_cast<u16>((size - at) * 2); }
  constexpr void long_value(u32 value) {
    words[size++] = static_cast<u16>(value);
    words[size++] = static_cast<u16>(value >> 16);
  }
  constexpr void string(std::u16string_view key, std::u16string_view value) {
    const size_t at = begin(static_cast<u16>(value.size() + 1), true, key);
    text(value);
    end(at);
  }
};

#define HERMIT_WIDE_TEXT_(text) u##text
#define HERMIT_WIDE_TEXT(text) HERMIT_WIDE_TEXT_(text)
constexpr std::u16string_view kVersion = HERMIT_WIDE_TEXT(HERMIT_VERSION);

// The three numbers of the version, 16 bits each; the fourth that Windows wants is 0.
constexpr std::array<u16, 4> version_numbers() {
  std::array<u16, 4> numbers = {};
  size_t index = 0;
  for (const char16_t c : kVersion) {
    if (c == u'.') {
      ++index;
    } else {
      numbers[index] = static_cast<u16>(numbers[index] * 10 + (c - u'0'));
    }
  }
  return numbers;
}

consteval Block version_block() {
  constexpr std::array<u16, 4> numbers = version_numbers();
  constexpr u32 high = u32{numbers[0]} << 16 | numbers[1];
  constexpr u32 low = u32{numbers[2]} << 16 | numbers[3];
  Block block;
  const size_t root = block.begin(52, false, u"VS_VERSION_INFO");
  // Signature, version of this structure, file and product version, flags, NT on Win32, application, times.
  for (const u32 field : {0xfeef04bdu, 0x10000u, high, low, high, low, 0x3fu, 0u, 0x40004u, 1u, 0u, 0u, 0u}) {
    block.long_value(field);
  }
  const size_t strings = block.begin(0, true, u"StringFileInfo");
  const size_t table = block.begin(0, true, u"040904b0");  // kLanguage and kUtf16 in hexadecimal digits
  block.string(u"FileDescription", u"Runs the WebAssembly program in this file");
  block.string(u"FileVersion", kVersion);
  block.string(u"InternalName", u"launcher");
  block.string(u"ProductName", u"Hermit");
  block.string(u"ProductVersion", kVersion);
  block.end(table);
  block.end(strings);
  const size_t variables = block.begin(0, true, u"VarFileInfo");
  const size_t translation = block.begin(4, false, u"Translation");
  block.long_value(u32{kUtf16} << 16 | kLanguage);
  block.end(translation);
  block.end(variables);
  block.end(root);
  return block;
}

constexpr Block kBlock = version_block();

consteval std::array<u16, kBlock.size> block_words() {
  std::array<u16, kBlock.size> words = {};
  for (size_t i = 0; i < words.size(); ++i) words[i] = kBlock.words[i];
  return words;
}

}  // namespace

extern "C" {
[[gnu::used,
  gnu::section(".rsrc$02")]] alignas(4) extern const std::array<u16, kBlock.size> hermit_version_block = block_words();

// Never called: only an assembler statement inside of a function may use a constant of the program (the size).
[[gnu::used, gnu::naked]] void hermit_version_directory() {
  __asm__ volatile(
      ".pushsection .rsrc$01,\"dr\"\n"
      ".p2align 2\n"
      "1: .long 0, 0, 0\n .short 0, 1\n .long 16, 0x80000000 + (2f - 1b)\n"  // type 16: RT_VERSION
      "2: .long 0, 0, 0\n .short 0, 1\n .long 1, 0x80000000 + (3f - 1b)\n"  // name 1: VS_VERSION_INFO
      "3: .long 0, 0, 0\n .short 0, 1\n .long %c1, 4f - 1b\n"
      "4: .rva hermit_version_block\n .long %c0, %c2, 0\n"
      ".popsection\n"
      "ret"
      :
      : "i"(kBlock.size * 2), "i"(u32{kLanguage}), "i"(u32{kUtf16}));
}
}

}  // namespace hermit::launcher
