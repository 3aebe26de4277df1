// The Hermitfile: which program to pack and what it may reach (docs/hermitfile.md).
//
// parse() checks everything that can be known from the text alone: directives, their arguments, the entries of grants
// and the rules between them. It reads no file.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/types.h"
#include "grants/grants.h"
#include "hermitfile/diagnostic.h"

namespace hermit::hermitfile {

template <typename T>
struct Located {
  T value;
  Span span;
};
using LocatedText = Located<std::string>;

struct Copy {
  std::string source;  // a path on the build machine, relative to the Hermitfile
  std::string target;  // a guest path in normal form
  Span span;
};

struct Link {
  std::string name;  // under which the other modules import
  std::string path;  // relative to the Hermitfile
  Span span;
};

// Lists keep the order of the file, over all directives of a kind. Spans of flags and limits are those of the
// directive.
struct Hermitfile {
  LocatedText from;  // a path relative to the Hermitfile
  std::vector<Located<grants::Map>> map;
  std::vector<Located<grants::Env>> env;
  std::optional<Span> env_pwd_is_host_cwd;
  std::optional<Span> env_exe_name_is_host_exe_name;
  std::vector<Located<grants::Net>> net;
  std::vector<Link> link;
  std::vector<LocatedText> argv;
  std::optional<LocatedText> entrypoint;
  std::vector<Copy> copy;
  std::optional<LocatedText> workdir;  // a guest path in normal form
  grants::Limits limits;
  std::optional<Span> limit_span;      // of the first LIMIT
  std::vector<Located<grants::HostExtension>> host;
};

struct Parsed {
  Hermitfile file;                  // meaningful only if `errors` is empty
  std::vector<Diagnostic> errors;   // in the order of the text, at most kMaxDiagnostics
};

// A Hermitfile above this size is refused.
constexpr size_t kMaxSourceSize = 4u << 20;

Parsed parse(std::string_view source);

}  // namespace hermit::hermitfile
