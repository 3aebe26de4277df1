// From logical lines to a Hermitfile: one row per directive, one function per form of arguments.
//
// Every error is collected, up to kMaxDiagnostics, so that a user repairs a file in one go. Nothing is guessed: a
// directive, an option or a form that is not known is an error, because a grant or a limit that is silently dropped is
// a hole.
#include <algorithm>
#include <map>
#include <set>
#include <span>

#include "base/suggest.h"
#include "base/utf8.h"
#include "hermitfile/hermitfile.h"
#include "hermitfile/lexer.h"

namespace hermit::hermitfile {
namespace {

std::string did_you_mean(std::string_view name, std::span<const std::string_view> candidates) {
  const std::string_view near = nearest(name, candidates);
  return near.empty() ? "" : "did you mean " + std::string(near) + "?";
}

// Text of the source in a message, in a bounded length.
std::string excerpt(std::string_view text) {
  constexpr size_t kMaxExcerpt = 60;
  if (text.size() <= kMaxExcerpt) return std::string(text);
  size_t end = kMaxExcerpt;
  while (end > 0 && (static_cast<u8>(text[end]) & 0xc0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "...";
}

class Parser {
 public:
  explicit Parser(std::string_view source) : source_(source) {}
  Parsed run();

 private:
  using Handler = void (Parser::*)();
  struct Directive {
    std::string_view name;
    Handler handler;
    bool is_flag;  // takes no arguments
  };
  static const Directive kDirectives[];

  bool check_characters();
  void parse_directive();
  void read_arguments(const Directive& directive);
  void check_whole();

  void from();
  void map();
  void env();
  void net();
  void link();
  void argv();
  void entrypoint();
  void copy();
  void workdir();
  void limit();
  void host();
  void env_pwd_is_host_cwd() { flag(file().env_pwd_is_host_cwd); }
  void env_exe_name_is_host_exe_name() { flag(file().env_exe_name_is_host_exe_name); }

  void flag(std::optional<Span>& set);
  bool expect_words(size_t count, const char* what);
  void env_entries(bool only_pairs);
  bool claim_guest_path(const std::string& key, Span span);
  void report(Span span, std::string message, std::string hint = "");
  void report(const Word& word, const Error& error, std::string hint = "");
  Span span_of(const Word& word) const { return line_.span(word.begin, word.end); }
  // The value, or none after reporting the error at its place in `word`.
  template <typename T>
  std::optional<T> take(const Word& word, Result<T> result) {
    if (result) return std::move(*result);
    report(word, result.error());
    return std::nullopt;
  }
  std::optional<std::string> take_path(const Word& word);
  Hermitfile& file() { return result_.file; }

  std::string_view source_;
  Parsed result_;
  LogicalLine line_;         // the current directive
  std::string_view name_;    // its name, in capitals
  Span name_span_;
  u32 arguments_begin_ = 0;  // in line_.text
  std::vector<Word> words_;  // its arguments
  bool seen_from_ = false;
  std::map<std::string, u32> guest_paths_;  // to the place in the source
  std::set<std::string> link_names_;
};

const Parser::Directive Parser::kDirectives[] = {
    {"FROM", &Parser::from, false},
    {"MAP", &Parser::map, false},
    {"ENV", &Parser::env, false},
    {"ENV_PWD_IS_HOST_CWD", &Parser::env_pwd_is_host_cwd, true},
    {"ENV_EXE_NAME_IS_HOST_EXE_NAME", &Parser::env_exe_name_is_host_exe_name, true},
    {"NET", &Parser::net, false},
    {"LINK", &Parser::link, false},
    {"ARGV", &Parser::argv, false},
    {"ENTRYPOINT", &Parser::entrypoint, false},
    {"COPY", &Parser::copy, false},
    {"WORKDIR", &Parser::workdir, false},
    {"LIMIT", &Parser::limit, false},
    {"HOST", &Parser::host, false},
};

void Parser::report(Span span, std::string message, std::string hint) {
  if (result_.errors.size() < kMaxDiagnostics) result_.errors.push_back({span, std::move(message), std::move(hint)});
}

void Parser::report(const Word& word, const Error& error, std::string hint) {
  const size_t at = static_cast<size_t>(error.where);
  const u32 begin = error.where == 0 || at > word.origins.size() ? word.begin
                    : at == word.origins.size()                  ? word.end
                                                                 : word.origins[at];
  report(line_.span(begin, word.end), error.what, std::move(hint));
}

// The source as a whole: UTF-8 without control characters, of a bounded size.
bool Parser::check_characters() {
  if (source_.size() > kMaxSourceSize) {
    report({0, 0}, "the file is larger than 4 MiB");
    return false;
  }
  if (const size_t bad = find_invalid_utf8(source_); bad != source_.size()) {
    report({static_cast<u32>(bad), static_cast<u32>(bad) + 1}, "not UTF-8 text");
    return false;
  }
  for (size_t i = 0; i < source_.size(); ++i) {
    const u8 c = static_cast<u8>(source_[i]);
    const bool line_break = c == '\n' || (c == '\r' && i + 1 < source_.size() && source_[i + 1] == '\n');
    if ((c >= 0x20 && c != 0x7f) || c == '\t' || line_break) continue;
    report({static_cast<u32>(i), static_cast<u32>(i) + 1}, c == 0 ? "NUL character" : "control character");
    return false;
  }
  return true;
}

Parsed Parser::run() {
  if (!check_characters()) return std::move(result_);
  LineReader lines(source_);
  while (result_.errors.size() < kMaxDiagnostics) {
    std::optional<Diagnostic> error;
    auto line = lines.next(error);
    if (!line) break;
    if (error) {
      report(error->span, error->message);
      continue;
    }
    line_ = std::move(*line);
    parse_directive();
  }
  if (!seen_from_) report({0, 0}, "no FROM directive: it names the program to pack");
  check_whole();
  std::ranges::stable_sort(result_.errors, {}, [](const Diagnostic& d) { return d.span.begin; });
  return std::move(result_);
}

void Parser::parse_directive() {
  const std::string_view text = line_.text;
  const size_t name_end = std::min(text.find_first_of(" \t"), text.size());
  if (name_end == 0) return;  // a line that holds nothing but continuations
  std::string name(text.substr(0, name_end));
  for (char& c : name) c = c >= 'a' && c <= 'z' ? static_cast<char>(c & ~0x20) : c;
  name_span_ = line_.span(0, name_end);
  arguments_begin_ = static_cast<u32>(name_end);

  for (const Directive& directive : kDirectives) {
    if (directive.name != name) continue;
    name_ = directive.name;
    if (name_ == "FROM") seen_from_ = true;
    const size_t errors = result_.errors.size();
    read_arguments(directive);
    if (result_.errors.size() == errors) (this->*directive.handler)();
    return;
  }
  std::vector<std::string_view> names;
  for (const Directive& directive : kDirectives) names.push_back(directive.name);
  report(name_span_, "unknown directive " + excerpt(text.substr(0, name_end)), did_you_mean(name, names));
}

void Parser::read_arguments(const Directive& directive) {
  words_.clear();
  WordReader reader(line_.text, arguments_begin_);
  if (reader.at_array(name_ == "NET")) {
    words_ = reader.read_array();
  } else {
    while (auto word = reader.next_word()) {
      words_.push_back(std::move(*word));
      if (name_ == "ENV" && words_[0].text.find('=') == std::string::npos) break;  // the rest is one value
    }
    if (words_.empty() && !reader.error() && !directive.is_flag)
      report(name_span_, std::string(name_) + " needs an argument");
  }
  if (const auto& error = reader.error()) report(line_.span(error->begin, error->end), error->what);
}

bool Parser::expect_words(size_t count, const char* what) {
  if (words_.size() == count) return true;
  const Span span = words_.size() > count ? line_.span(words_[count].begin, words_.back().end) : name_span_;
  report(span, std::string(name_) + what);
  return false;
}

std::optional<std::string> Parser::take_path(const Word& word) {
  const auto control = std::ranges::find_if(word.text, [](char c) { return static_cast<u8>(c) < 0x20 || c == 0x7f; });
  if (word.text.empty()) {
    report(span_of(word), "the path is empty");
  } else if (control != word.text.end()) {
    report(span_of(word), "control character in a path");
  } else {
    return word.text;
  }
  return std::nullopt;
}

void Parser::from() {
  if (!expect_words(1, " takes one path; a path with spaces stands in quotes")) return;
  if (!file().from.value.empty()) return report(name_span_, "FROM is given twice");
  if (auto path = take_path(words_[0])) file().from = {std::move(*path), span_of(words_[0])};
}

void Parser::flag(std::optional<Span>& set) {
  if (expect_words(0, " takes no argument")) set = name_span_;
}

// Each guest path has one source; otherwise it would depend on the order what a program sees.
bool Parser::claim_guest_path(const std::string& key, Span span) {
  const auto [taken, is_new] = guest_paths_.emplace(key, span.begin);
  if (is_new) return true;
  const auto line = 1 + std::ranges::count(source_.substr(0, taken->second), '\n');
  report(span, "the guest path " + excerpt(key) + " is already taken in line " + std::to_string(line));
  return false;
}

void Parser::map() {
  for (const Word& word : words_) {
    auto entry = take(word, grants::parse_map(word.text));
    if (!entry) continue;
    // A guest path that is known only at start is compared as the host path it will come from.
    const std::string known = grants::known_guest_path(*entry);
    if (!claim_guest_path(known.empty() ? "of " + entry->host : known, span_of(word))) continue;
    file().map.push_back({std::move(*entry), span_of(word)});
  }
}

// ENV NAME, ENV NAME rest of line, ENV NAME=value ..., ENV ["NAME=value", ...]
void Parser::env() {
  WordReader reader(line_.text, arguments_begin_);
  const bool is_array = reader.at_array(false);
  if (is_array || words_[0].text.find('=') != std::string::npos) return env_entries(!is_array);

  const Word& name = words_[0];
  auto entry = take(name, grants::parse_env(name.text));
  if (!entry) return;
  (void)reader.next_word();
  const WordReader::Rest rest = reader.rest();
  if (!rest.text.empty()) {
    // A value that is one quoted word loses its quotes; any other stands as it is written.
    WordReader inner(rest.text, 0);
    const auto word = rest.text.front() == '"' || rest.text.front() == '\'' ? inner.next_word() : std::nullopt;
    entry->value = word && word->end == rest.text.size() ? word->text : std::string(rest.text);
  }
  file().env.push_back({std::move(*entry), line_.span(name.begin, line_.text.size())});
}

void Parser::env_entries(bool only_pairs) {
  for (const Word& word : words_) {
    if (only_pairs && word.text.find('=') == std::string::npos)
      report(span_of(word), "no = in this pair; to pass a variable through, give it an ENV of its own");
    else if (auto entry = take(word, grants::parse_env(word.text)))
      file().env.push_back({std::move(*entry), span_of(word)});
  }
}

void Parser::net() {
  for (const Word& word : words_) {
    if (auto entry = take(word, grants::parse_net(word.text))) file().net.push_back({std::move(*entry), span_of(word)});
  }
}

// "path/libfoo.wasm" is imported as libfoo, "name=path" as name.
void Parser::link() {
  for (const Word& word : words_) {
    const std::string_view text = word.text;
    const size_t equals = text.find('=');
    const std::string_view path = equals == std::string_view::npos ? text : text.substr(equals + 1);
    std::string_view name = text.substr(0, equals);
    if (equals == std::string_view::npos) {
      name.remove_prefix(std::min(name.find_last_of("/\\") + 1, name.size()));
      name = name.substr(0, name.rfind('.'));
    }
    if (path.empty()) {
      report(span_of(word), "the path is empty");
      continue;
    }
    auto checked = take(word, grants::parse_link_name(name));
    if (!checked) continue;
    if (!link_names_.insert(*checked).second) {
      report(span_of(word), "two modules are named " + excerpt(*checked), "give one of them another name: name=path");
      continue;
    }
    file().link.push_back({std::move(*checked), std::string(path), span_of(word)});
  }
}

void Parser::argv() {
  for (const Word& word : words_) {
    if (word.text.find('\0') != std::string::npos)
      report(span_of(word), "NUL in an argument");
    else
      file().argv.push_back({word.text, span_of(word)});
  }
}

void Parser::entrypoint() {
  if (!expect_words(1, " takes the name of one exported function")) return;
  if (file().entrypoint) return report(name_span_, "ENTRYPOINT is given twice");
  if (words_[0].text.empty()) return report(span_of(words_[0]), "the name is empty");
  file().entrypoint = {words_[0].text, span_of(words_[0])};
}

void Parser::copy() {
  if (!expect_words(2, " takes two paths: source and target")) return;
  auto source = take_path(words_[0]);
  auto target = take(words_[1], grants::parse_guest_path(words_[1].text));
  if (!source || !target || !claim_guest_path(*target, span_of(words_[1]))) return;
  file().copy.push_back({std::move(*source), std::move(*target), line_.span(words_[0].begin, words_[1].end)});
}

void Parser::workdir() {
  if (!expect_words(1, " takes one guest path")) return;
  if (file().workdir) return report(name_span_, "WORKDIR is given twice");
  if (auto path = take(words_[0], grants::parse_guest_path(words_[0].text)))
    file().workdir = {std::move(*path), span_of(words_[0])};
}

void Parser::limit() {
  for (const Word& word : words_) {
    static constexpr std::string_view kNames[] = {"memory", "time", "stack", "files"};
    const std::string_view name = std::string_view(word.text).substr(0, word.text.find('='));
    const bool known = std::ranges::find(kNames, name) != std::end(kNames);
    if (const auto result = grants::parse_limit(word.text, file().limits); !result)
      report(word, result.error(), known ? "" : did_you_mean(name, kNames));
  }
  if (!file().limit_span) file().limit_span = name_span_;
}

void Parser::host() {
  for (const Word& word : words_) {
    static constexpr std::string_view kNames[] = {"set-executable", "run", "workers"};
    const auto extension = grants::parse_host_extension(word.text);
    if (!extension) {
      report(word, extension.error(), did_you_mean(word.text, kNames));
      continue;
    }
    if (std::ranges::any_of(file().host, [&](const auto& other) { return other.value == *extension; }))
      report(span_of(word), "this host extension is given twice");
    else
      file().host.push_back({*extension, span_of(word)});
  }
}

void Parser::check_whole() {
  std::vector<grants::Map> maps;
  for (const auto& map : file().map) maps.push_back(map.value);
  if (const auto conflict = grants::find_rights_conflict(maps)) {
    report(file().map[conflict->index].span, "this directory is read-only, but lies in " + excerpt(conflict->writable) +
                                                 ", which another MAP makes writable");
  }
  if (file().workdir && file().env_pwd_is_host_cwd) {
    const bool workdir_first = file().workdir->span.begin < file().env_pwd_is_host_cwd->begin;
    report(workdir_first ? *file().env_pwd_is_host_cwd : file().workdir->span,
           "WORKDIR and ENV_PWD_IS_HOST_CWD exclude each other: both set the working directory");
  }
  const auto workers =
      std::ranges::find(file().host, grants::HostExtension::Workers, [](const auto& h) { return h.value; });
  if (file().limits.memory_bytes && workers != file().host.end()) {
    const bool limit_first = file().limit_span->begin < workers->span.begin;
    report(limit_first ? workers->span : *file().limit_span,
           "LIMIT memory and HOST workers exclude each other: each worker has a memory of its own");
  }
}

}  // namespace

Parsed parse(std::string_view source) { return Parser(source).run(); }

}  // namespace hermit::hermitfile
