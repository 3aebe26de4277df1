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

#include "base/utf8.h"
#include "wasm/instruction_reader.h"
#include "wasm/leb128.h"
#include "wasm/limits.h"

namespace hermit::wasm {
namespace {

constexpr char kEndOfSection[] = "unexpected end of section or function";

// Reads the content of one section into the module.
class SectionDecoder {
 public:
  SectionDecoder(Module& module, ByteReader& reader) : module_(module), reader_(reader) {}

  void types();
  void imports();
  void functions();
  void tables();
  void memories();
  void globals();
  void exports();
  void start();
  void elements();
  void data_count();
  void code();
  void data();

  std::string_view name();

 private:
  void fail(const Error& error) { reader_.fail(error.kind, error.what, error.where); }
  void fail(const char* what, u64 where) { reader_.fail(ErrorKind::Malformed, what, where); }

  ValType value_type();
  ValType reference_type();
  void value_types(std::vector<ValType>& out, u32 limit, const char* limit_message);
  Limits limits();
  TableType table_type();
  GlobalType global_type();
  ConstExpr const_expr();
  bool simple_const_expr(ConstExpr& expr);
  ElementInit element_expr();
  void element_segment(ElementSegment& segment);
  void data_segment(DataSegment& segment);

  Module& module_;
  ByteReader& reader_;
};

std::string_view SectionDecoder::name() {
  const u64 where = reader_.offset();
  const u32 size = read_var_u32(reader_);
  const ByteView bytes = reader_.read_bytes(size, "length out of bounds");
  const std::string_view text = as_text(bytes);
  if (find_invalid_utf8(text) != text.size()) fail("malformed UTF-8 encoding", where);
  return text;
}

ValType SectionDecoder::value_type() {
  const u64 where = reader_.offset();
  const u8 byte = reader_.read_u8();
  if (!reader_.ok()) return ValType::I32;
  const Result<ValType> type = checked_value_type(byte, where);
  if (!type) return fail(type.error()), ValType::I32;
  return *type;
}

ValType SectionDecoder::reference_type() {
  const u64 where = reader_.offset();
  const u8 byte = reader_.read_u8();
  if (!reader_.ok()) return ValType::FuncRef;
  const Result<ValType> type = checked_value_type(byte, where, "malformed reference type");
  if (!type) return fail(type.error()), ValType::FuncRef;
  if (!is_reference(*type)) fail("malformed reference type", where);
  return *type;
}

void SectionDecoder::value_types(std::vector<ValType>& out, u32 limit, const char* limit_message) {
  const u32 count = read_count(reader_, 1, limit, limit_message);
  out.reserve(count);
  for (u32 i = 0; i < count && reader_.ok(); ++i) out.push_back(value_type());
}

Limits SectionDecoder::limits() {
  const u64 where = reader_.offset();
  const u8 flags = reader_.read_u8();
  if (flags >= 0x80) return fail(kIntegerTooLong, where), Limits{};
  if (flags > 1) {
    if (flags >= 8) return fail(kIntegerTooLarge, where), Limits{};
    reader_.fail(ErrorKind::Unsupported,
                 flags >= 4 ? "integer too large: 64-bit memories and tables (memory64) are not supported"
                            : "integer too large: shared memories (threads) are not supported",
                 where);
    return {};
  }
  Limits limits;
  limits.min = read_var_u32(reader_);
  limits.has_max = flags == 1;
  if (limits.has_max) limits.max = read_var_u32(reader_);
  return limits;
}

TableType SectionDecoder::table_type() {
  TableType type;
  type.element = reference_type();
  type.limits = limits();
  return type;
}

GlobalType SectionDecoder::global_type() {
  GlobalType type;
  type.type = value_type();
  const u64 where = reader_.offset();
  const u8 mutability = reader_.read_u8();
  if (mutability > 1) fail("malformed mutability", where);
  type.is_mutable = mutability == 1;
  return type;
}

// The forms that validate: one constant instruction and `end`. Returns false, without an error and at an unspecified
// position, if it is anything else.
bool SectionDecoder::simple_const_expr(ConstExpr& expr) {
  expr.op = static_cast<Op>(reader_.read_u8());
  const u8* p = reader_.position();
  const u8* const end = p + reader_.remaining();
  const char* what = nullptr;
  switch (expr.op) {
    case Op::I32Const: expr.bits = static_cast<u32>(read_var_i32(p, end, what)); break;
    case Op::I64Const: expr.bits = static_cast<u64>(read_var_i64(p, end, what)); break;
    case Op::GlobalGet:
    case Op::RefFunc: expr.bits = read_var_u32(p, end, what); break;
    case Op::RefNull: {
      const u8 byte = reader_.read_u8();
      expr.bits = byte;
      p = is_reference(static_cast<ValType>(byte)) ? reader_.position() : nullptr;
      break;
    }
    case Op::F32Const:
      if (reader_.remaining() < 4) return false;
      expr.bits = reader_.read_le<u32>();
      p = reader_.position();
      break;
    case Op::F64Const:
      if (reader_.remaining() < 8) return false;
      expr.bits = reader_.read_le<u64>();
      p = reader_.position();
      break;
    default: return false;
  }
  if (p == nullptr || p == end || *p != 0x0b) return false;
  reader_.set_position(p + 1);
  return true;
}

ConstExpr SectionDecoder::const_expr() {
  ConstExpr expr;
  expr.offset = reader_.offset();
  const u8* const begin = reader_.position();
  const ByteView rest(begin, reader_.remaining());
  const ByteReader before = reader_;
  expr.is_simple = simple_const_expr(expr) && reader_.ok();
  if (!expr.is_simple) {
    reader_ = before;
    InstructionReader instructions(rest, expr.offset);
    for (u32 depth = 1; depth != 0;) {
      if (instructions.at_end()) return fail(kEndOfSection, instructions.offset()), expr;
      const Result<Op> op = instructions.next();
      if (!op) return fail(op.error()), expr;
      if (*op == Op::Block || *op == Op::Loop || *op == Op::If) ++depth;
      if (*op == Op::End) --depth;
    }
    reader_.set_position(instructions.position());
  }
  expr.code = ByteView(begin, static_cast<size_t>(reader_.position() - begin));
  return expr;
}

void SectionDecoder::types() {
  const u32 count = read_count(reader_, 1, kMaxTypes, "too many types");
  for (u32 i = 0; i < count && reader_.ok(); ++i) {
    const u64 where = reader_.offset();
    const u8 form = reader_.read_u8();
    if (!reader_.ok()) return;
    if (form != 0x60) {
      if (form == 0x4e || form == 0x4f || form == 0x50 || form == 0x5e || form == 0x5f) {
        return reader_.fail(ErrorKind::Unsupported, "garbage collection (GC) types are not supported", where);
      }
      return fail(form >= 0x80 ? kIntegerTooLong : "malformed functype", where);
    }
    FuncType& type = module_.types.emplace_back();
    value_types(type.params, kMaxParams, "too many parameters");
    value_types(type.results, kMaxResults, "too many results");
  }
}

void SectionDecoder::imports() {
  const u32 count = read_count(reader_, 1, kMaxImports, "too many imports");
  for (u32 i = 0; i < count && reader_.ok(); ++i) {
    Import import;
    import.offset = reader_.offset();
    import.module = name();
    import.name = name();
    const u64 where = reader_.offset();
    const u8 kind = reader_.read_u8();
    import.kind = static_cast<ExternalKind>(kind);
    if (!reader_.ok()) return;
    switch (import.kind) {
      case ExternalKind::Function:
        import.index = module_.imported_functions++;
        module_.functions.push_back({.type = read_var_u32(reader_), .body = {}, .offset = import.offset});
        break;
      case ExternalKind::Table:
        import.index = module_.imported_tables++;
        module_.tables.push_back(table_type());
        break;
      case ExternalKind::Memory:
        import.index = module_.imported_memories++;
        module_.memories.push_back({limits()});
        break;
      case ExternalKind::Global:
        import.index = module_.imported_globals++;
        module_.globals.push_back({.type = global_type(), .init = {}});
        break;
      default:
        if (kind == 4) {
          return reader_.fail(ErrorKind::Unsupported,
                              "malformed import kind: exception handling (tags) is not supported", where);
        }
        return fail("malformed import kind", where);
    }
    module_.imports.push_back(import);
  }
}

void SectionDecoder::functions() {
  const u32 count = read_count(reader_, 1, kMaxFunctions - module_.imported_functions, "too many functions");
  module_.functions.reserve(module_.functions.size() + count);
  for (u32 i = 0; i < count && reader_.ok(); ++i) {
    const u64 where = reader_.offset();
    module_.functions.push_back({.type = read_var_u32(reader_), .body = {}, .offset = where});
  }
}

void SectionDecoder::tables() {
  const u32 count = read_count(reader_, 1, kMaxTables, "too many tables");
  for (u32 i = 0; i < count && reader_.ok(); ++i) {
    if (reader_.remaining() != 0 && *reader_.position() == 0x40) {
      return reader_.fail(ErrorKind::Unsupported, "typed function references (table initialisers) are not supported",
                          reader_.offset());
    }
    module_.tables.push_back(table_type());
  }
}

void SectionDecoder::memories() {
  const u32 count = read_count(reader_, 1, kMaxTables, "too many memories");
  for (u32 i = 0; i < count && reader_.ok(); ++i) module_.memories.push_back({limits()});
}

void SectionDecoder::globals() {
  const u32 count = read_count(reader_, 1, kMaxGlobals, "too many globals");
  for (u32 i = 0; i < count && reader_.ok(); ++i) {
    Global& global = module_.globals.emplace_back();
    global.type = global_type();
    global.init = const_expr();
  }
}

void SectionDecoder::exports() {
  const u32 count = read_count(reader_, 1, kMaxExports, "too many exports");
  for (u32 i = 0; i < count && reader_.ok(); ++i) {
    Export exported;
    exported.offset = reader_.offset();
    exported.name = name();
    const u64 where = reader_.offset();
    const u8 kind = reader_.read_u8();
    if (kind > 3) {
      if (kind != 4) return fail("malformed export kind", where);
      return reader_.fail(ErrorKind::Unsupported, "malformed export kind: exception handling (tags) is not supported",
                          where);
    }
    exported.kind = static_cast<ExternalKind>(kind);
    exported.index = read_var_u32(reader_);
    module_.exports.push_back(exported);
  }
}

// kNoIndex stands for "no start function" and "no data count": as values they could only be wrong anyway.
void SectionDecoder::start() {
  const u64 where = reader_.offset();
  module_.start = read_var_u32(reader_);
  if (module_.start == kNoIndex) reader_.fail(ErrorKind::Invalid, "unknown function", where);
}

void SectionDecoder::data_count() {
  const u64 where = reader_.offset();
  module_.data_count = read_var_u32(reader_);
  if (module_.data_count == kNoIndex) fail("data count and data section have inconsistent lengths", where);
}

ElementInit SectionDecoder::element_expr() {
  const ConstExpr expr = const_expr();
  if (expr.is_simple) {
    const u32 value = static_cast<u32>(expr.bits);
    if (expr.op == Op::RefFunc) return {ElementInit::Kind::RefFunc, value};
    if (expr.op == Op::RefNull) return {ElementInit::Kind::RefNull, value};
    if (expr.op == Op::GlobalGet) return {ElementInit::Kind::GlobalGet, value};
  }
  module_.general_exprs.push_back(expr);
  return {ElementInit::Kind::General, static_cast<u32>(module_.general_exprs.size() - 1)};
}

// Section 5.5.12. Of the flags, bit 0 says "not active", bit 1 "explicit table" (or, without bit 0 clear,
// "declarative"), bit 2 "expressions instead of function indices".
void SectionDecoder::element_segment(ElementSegment& segment) {
  segment.offset = reader_.offset();
  const u32 flags = read_var_u32(reader_);
  if (flags > 7) return fail("malformed elements segment kind", segment.offset);
  segment.mode = (flags & 1) == 0   ? SegmentMode::Active
                 : (flags & 2) == 0 ? SegmentMode::Passive
                                    : SegmentMode::Declarative;
  const bool expressions = (flags & 4) != 0;
  if (segment.mode == SegmentMode::Active) {
    if (flags & 2) segment.table = read_var_u32(reader_);
    segment.start = const_expr();
  }
  if (flags & 3) {
    if (expressions) {
      segment.type = reference_type();
    } else {
      const u64 where = reader_.offset();
      if (reader_.read_u8() != 0) fail("malformed element kind", where);
    }
  }
  const u32 count = read_count(reader_, 1, kMaxElementsPerSegment, "too many elements in a segment");
  segment.elements.reserve(count);
  for (u32 i = 0; i < count && reader_.ok(); ++i) {
    segment.elements.push_back(expressions ? element_expr()
                                           : ElementInit{ElementInit::Kind::RefFunc, read_var_u32(reader_)});
  }
}

void SectionDecoder::elements() {
  const u32 count = read_count(reader_, 1, kMaxElementSegments, "too many element segments");
  for (u32 i = 0; i < count && reader_.ok(); ++i) element_segment(module_.elements.emplace_back());
}

void SectionDecoder::code() {
  const u64 where = reader_.offset();
  const u32 count = read_count(reader_, 1, kMaxFunctions, "too many functions");
  const size_t imported = module_.imported_functions;
  if (reader_.ok() && count != module_.functions.size() - imported) {
    return fail("function and code section have inconsistent lengths", where);
  }
  for (u32 i = 0; i < count && reader_.ok(); ++i) {
    const u32 size = read_var_u32(reader_);
    const u64 offset = reader_.offset();
    if (size > kMaxFunctionSize) return reader_.fail(ErrorKind::Limit, "function body too large", offset);
    Function& function = module_.functions[imported + i];
    function.body = reader_.read_bytes(size, kEndOfSection);
    function.offset = offset;
  }
}

void SectionDecoder::data_segment(DataSegment& segment) {
  segment.offset = reader_.offset();
  const u32 flags = read_var_u32(reader_);
  if (flags > 2) return fail("malformed data segment kind", segment.offset);
  segment.mode = flags == 1 ? SegmentMode::Passive : SegmentMode::Active;
  if (flags == 2) segment.memory = read_var_u32(reader_);
  if (segment.mode == SegmentMode::Active) segment.start = const_expr();
  const u32 size = read_var_u32(reader_);
  segment.bytes = reader_.read_bytes(size, kEndOfSection);
}

void SectionDecoder::data() {
  const u64 where = reader_.offset();
  const u32 count = read_count(reader_, 1, kMaxDataSegments, "too many data segments");
  if (reader_.ok() && module_.data_count != kNoIndex && module_.data_count != count) {
    return fail("data count and data section have inconsistent lengths", where);
  }
  module_.data.reserve(count);
  for (u32 i = 0; i < count && reader_.ok(); ++i) data_segment(module_.data.emplace_back());
}

// The place of each section in the prescribed order (section 5.5.16); custom sections may stand anywhere.
int section_rank(SectionId id) {
  switch (id) {
    case SectionId::Custom: return 0;
    case SectionId::DataCount: return 10;
    case SectionId::Code: return 11;
    case SectionId::Data: return 12;
    default: return static_cast<int>(id);
  }
}

void decode_content(SectionId id, SectionDecoder& decoder) {
  switch (id) {
    case SectionId::Custom: return;
    case SectionId::Type: return decoder.types();
    case SectionId::Import: return decoder.imports();
    case SectionId::Function: return decoder.functions();
    case SectionId::Table: return decoder.tables();
    case SectionId::Memory: return decoder.memories();
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

Result<void> check_section_id(u8 id, u64 where) {
  if (id == 13) {
    return std::unexpected(
        Error{ErrorKind::Unsupported, "malformed section id: exception handling (tags) is not supported", where});
  }
  if (id > static_cast<u8>(SectionId::DataCount)) return malformed("malformed section id", where);
  return {};
}

// Reads one section: its frame from `reader`, then its content.
Result<void> decode_section(Module& module, ByteReader& reader, int& last_rank, u32& custom_sections) {
  Section section;
  section.offset = reader.offset();
  const u8 id = reader.read_u8();
  TRY_VOID(check_section_id(id, section.offset));
  section.id = static_cast<SectionId>(id);
  const u32 size = read_var_u32(reader);
  section.content_offset = reader.offset();
  section.content = reader.read_bytes(size, "length out of bounds");
  if (!reader.ok()) return std::unexpected(reader.error());

  ByteReader content(section.content, section.content_offset);
  SectionDecoder decoder(module, content);
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
  module.sections.push_back(section);
  return {};
}

// Sections that must be there because another one is.
Result<void> check_pairs(const Module& module) {
  const auto is_code = [](const Section& section) { return section.id == SectionId::Code; };
  const bool has_code = std::any_of(module.sections.begin(), module.sections.end(), is_code);
  if (!has_code && module.functions.size() != module.imported_functions) {
    return malformed("function and code section have inconsistent lengths", module.bytes.size());
  }
  if (module.data_count != kNoIndex && module.data_count != module.data.size()) {
    return malformed("data count and data section have inconsistent lengths", module.bytes.size());
  }
  return {};
}

}  // namespace

Result<Module> decode_module(ByteView bytes) {
  TRY_VOID(check_preamble(bytes));
  if (bytes.size() > kMaxModuleSize)
    return std::unexpected(Error{ErrorKind::Limit, "module too large", kMaxModuleSize});
  Module module;
  module.bytes = bytes;
  ByteReader reader(bytes);
  reader.skip(8);
  int last_rank = 0;
  u32 custom_sections = 0;
  while (!reader.at_end()) TRY_VOID(decode_section(module, reader, last_rank, custom_sections));
  TRY_VOID(check_pairs(module));
  return module;
}

}  // namespace hermit::wasm
