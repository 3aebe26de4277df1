// The content of every section but the type section (core specification 3.0, section 5.5). Constant expressions are
// decoded to find their end; bodies are only cut out.
#include "base/utf8.h"
#include "wasm/instruction_reader.h"
#include "wasm/section_decoder.h"
#include "wasm/type_reader.h"

namespace hermit::wasm {

std::string_view SectionDecoder::name() {
  const u64 where = reader_.offset();
  const u32 size = read_var_u32(reader_);
  const ByteView bytes = reader_.read_bytes(size, "length out of bounds");
  const std::string_view text = as_text(bytes);
  if (find_invalid_utf8(text) != text.size()) fail("malformed UTF-8 encoding", where);
  return text;
}

// The common form: one constant instruction and `end`. Returns false, without an error and at an unspecified
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
      TypeFailure failure;  // read again by const_expr()
      expr.bits = bits_of(read_heap_type(p, end, module_, failure));
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

// The type of an import, into the index space of its kind.
void SectionDecoder::import_item(Import& import, u64 where) {
  switch (import.kind) {
    case ExternalKind::Function:
      import.index = module_.imported_functions++;
      module_.functions.push_back({.type = read_var_u32(reader_), .body = {}, .offset = import.offset});
      return;
    case ExternalKind::Table:
      import.index = module_.imported_tables++;
      module_.tables.push_back(table_type());
      return;
    case ExternalKind::Memory:
      import.index = module_.imported_memories++;
      module_.memories.push_back({limits(true)});
      return;
    case ExternalKind::Global:
      import.index = module_.imported_globals++;
      module_.globals.push_back({.type = global_type(), .init = {}});
      return;
    case ExternalKind::Tag:
      import.index = module_.imported_tags++;
      module_.tags.push_back({.type = tag_type(), .offset = import.offset});
      return;
  }
  fail("malformed import kind", where);
}

void SectionDecoder::imports() {
  const u32 count = read_count(reader_, 1, kMaxImports, "too many imports");
  for (u32 i = 0; i < count && reader_.ok(); ++i) {
    Import import;
    import.offset = reader_.offset();
    import.module = name();
    import.name = name();
    const u64 where = reader_.offset();
    import.kind = static_cast<ExternalKind>(reader_.read_u8());
    if (!reader_.ok()) return;
    import_item(import, where);
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

// A table with an initialiser starts with two bytes that no table type starts with.
void SectionDecoder::tables() {
  constexpr u8 kHasInit = 0x40;
  const u32 count = read_count(reader_, 1, kMaxTables, "too many tables");
  for (u32 i = 0; i < count && reader_.ok(); ++i) {
    const u64 where = reader_.offset();
    const bool has_init = reader_.remaining() != 0 && *reader_.position() == kHasInit;
    if (has_init) {
      reader_.skip(1);
      if (reader_.read_u8() != 0) return fail("malformed table", where);
    }
    module_.tables.push_back(table_type());
    if (has_init) module_.table_inits.push_back({static_cast<u32>(module_.tables.size() - 1), const_expr()});
  }
}

void SectionDecoder::memories() {
  const u32 count = read_count(reader_, 1, kMaxMemories, "too many memories");
  for (u32 i = 0; i < count && reader_.ok(); ++i) module_.memories.push_back({limits(true)});
}

void SectionDecoder::tags() {
  const u32 count = read_count(reader_, 2, kMaxTags, "too many tags");
  for (u32 i = 0; i < count && reader_.ok(); ++i) {
    const u64 where = reader_.offset();
    module_.tags.push_back({.type = tag_type(), .offset = where});
  }
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
    if (kind > static_cast<u8>(ExternalKind::Tag)) return fail("malformed export kind", where);
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
  if (!expressions) segment.type = non_null(ValType::FuncRef);
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

// Whether there are as many bodies as functions is asked when all sections are read.
void SectionDecoder::code() {
  const u32 count = read_count(reader_, 1, kMaxFunctions, "too many functions");
  bodies_ = count;
  for (u32 i = 0; i < count && reader_.ok(); ++i) {
    const u32 size = read_var_u32(reader_);
    const u64 offset = reader_.offset();
    if (size > kMaxFunctionSize) return reader_.fail(ErrorKind::Limit, "function body too large", offset);
    const ByteView body = reader_.read_bytes(size, kEndOfSection);
    const size_t index = size_t{module_.imported_functions} + i;
    if (index >= module_.functions.size()) continue;
    module_.functions[index].body = body;
    module_.functions[index].offset = offset;
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

}  // namespace hermit::wasm
