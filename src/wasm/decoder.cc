// The binary format of modules (core specification, chapter 5): sections into vectors.
//
// One pass over the bytes with a sticky reader per section: the first failure stays, later reads give 0, so records are
// read straight through and checked once. Memory is allocated only for elements whose bytes are there (read_count).
//
// What is checked here is the *format*: an index may still point nowhere (validator.cc) and bodies are only cut out
// (body_validator.cc decodes them). Constant expressions are the exception: where one ends is known only after decoding
// it.
//
// The reference interpreter reads past the end of a section where this decoder stops at it, so for a wrong section size
// the official tests expect another of several wordings that all mean "the bytes run out here".
#include "wasm/decoder.h"

#include <algorithm>
#include <cstring>

#include "wasm/outline.h"
#include "wasm/section_decoder.h"

namespace hermit::wasm {
namespace {

// The place of each section in the prescribed order (section 5.5.16); custom sections may stand anywhere.
int section_rank(SectionId id) {
  switch (id) {
    case SectionId::Custom: return 0;
    case SectionId::Type: return 1;
    case SectionId::Import: return 2;
    case SectionId::Function: return 3;
    case SectionId::Table: return 4;
    case SectionId::Memory: return 5;
    case SectionId::Tag: return 6;
    case SectionId::Global: return 7;
    case SectionId::Export: return 8;
    case SectionId::Start: return 9;
    case SectionId::Element: return 10;
    case SectionId::DataCount: return 11;
    case SectionId::Code: return 12;
    case SectionId::Data: return 13;
  }
  return 0;
}

void decode_content(SectionId id, SectionDecoder& decoder) {
  switch (id) {
    case SectionId::Custom: return;
    case SectionId::Type: return decoder.types();
    case SectionId::Import: return decoder.imports();
    case SectionId::Function: return decoder.functions();
    case SectionId::Table: return decoder.tables();
    case SectionId::Memory: return decoder.memories();
    case SectionId::Tag: return decoder.tags();
    case SectionId::Global: return decoder.globals();
    case SectionId::Export: return decoder.exports();
    case SectionId::Start: return decoder.start();
    case SectionId::Element: return decoder.elements();
    case SectionId::Code: return decoder.code();
    case SectionId::Data: return decoder.data();
    case SectionId::DataCount: return decoder.data_count();
  }
}

Result<void> check_preamble(ByteView bytes) {
  static constexpr u8 kMagic[4] = {0, 'a', 's', 'm'};
  if (bytes.size() < 4) return malformed(kUnexpectedEnd, bytes.size());
  if (std::memcmp(bytes.data(), kMagic, 4) != 0) return malformed("magic header not detected", 0);
  if (bytes.size() < 8) return malformed(kUnexpectedEnd, bytes.size());
  const u32 version = load_le<u32>(bytes.data() + 4);
  // Components keep the magic; their 16-bit version counts drafts and the 16-bit "layer" behind it is 1.
  if (version >> 16 == 1) return std::unexpected(Error{ErrorKind::Unsupported, kComponentMessage, 4});
  if (version != 1) return malformed("unknown binary version", 4);
  return {};
}

// Reads one section: its frame from `reader`, then its content.
Result<void> decode_section(DecoderState& state, ByteReader& reader, int& last_rank, u32& custom_sections) {
  Section section;
  section.offset = reader.offset();
  const u8 id = reader.read_u8();
  if (id > static_cast<u8>(SectionId::Tag)) return malformed("malformed section id", section.offset);
  section.id = static_cast<SectionId>(id);
  const u32 size = read_var_u32(reader);
  section.content_offset = reader.offset();
  section.content = reader.read_bytes(size, "length out of bounds");
  if (!reader.ok()) return std::unexpected(reader.error());

  ByteReader content(section.content, section.content_offset);
  SectionDecoder decoder(state, content);
  if (section.id == SectionId::Custom) {
    if (++custom_sections > kMaxCustomSections) {
      return std::unexpected(Error{ErrorKind::Limit, "too many custom sections", section.offset});
    }
    section.name = decoder.name();
    section.content_offset = content.offset();
    section.content = content.read_bytes(content.remaining());
  } else {
    const int rank = section_rank(section.id);
    if (rank <= last_rank) return malformed("unexpected content after last section", section.offset);
    last_rank = rank;
    decode_content(section.id, decoder);
  }
  if (!content.ok()) {
    const Error error = content.error();
    return std::unexpected(Error{error.kind, error.what == kUnexpectedEnd ? kEndOfSection : error.what, error.where});
  }
  if (!content.at_end()) return malformed("section size mismatch", content.offset());
  state.module.sections.push_back(section);
  return {};
}

// What one section says about another.
Result<void> check_pairs(const DecoderState& state) {
  const Module& module = state.module;
  const auto is_code = [](const Section& section) { return section.id == SectionId::Code; };
  const auto code = std::find_if(module.sections.begin(), module.sections.end(), is_code);
  if (state.bodies != module.functions.size() - module.imported_functions) {
    const u64 where = code != module.sections.end() ? code->content_offset : module.bytes.size();
    return malformed("function and code section have inconsistent lengths", where);
  }
  if (module.data_count != kNoIndex && module.data_count != module.data.size()) {
    return malformed("data count and data section have inconsistent lengths", module.bytes.size());
  }
  return {};
}

Result<Module> decode(ByteView bytes, bool is_outline) {
  TRY_VOID(check_preamble(bytes));
  if (bytes.size() > kMaxModuleSize)
    return std::unexpected(Error{ErrorKind::Limit, "module too large", kMaxModuleSize});
  DecoderState state;
  Module& module = state.module;
  module.bytes = bytes;
  ByteReader reader(bytes);
  reader.skip(8);
  int last_rank = 0;
  u32 custom_sections = 0;
  while (!reader.at_end()) TRY_VOID(decode_section(state, reader, last_rank, custom_sections));
  if (is_outline) {
    if (state.bodies != 0) return malformed("an outline has no code section", 0);
    state.bodies = static_cast<u32>(module.functions.size()) - module.imported_functions;
  }
  TRY_VOID(check_pairs(state));
  return std::move(module);
}

}  // namespace

Result<Module> decode_module(ByteView bytes) { return decode(bytes, false); }

Result<Module> read_outline(ByteView bytes) { return decode(bytes, true); }

}  // namespace hermit::wasm
