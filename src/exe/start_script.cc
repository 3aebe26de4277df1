// The start script, and the reader of its table.
//
// What the script must do is a list of traps that others fell into; docs/formats/executable.md gives the reason for
// each line. In short: find the own file without trusting PATH; find out the system without starting a process where
// /proc can tell; look for a launcher of our own in the cache directories, in order; failing that, extract it into the
// first directory that takes it and lets it run. Everything that changes the shell's state (umask, PATH) happens in a
// subshell, and every variable starts with an underscore, because a variable that the user has exported keeps its
// export: assigning to it would change the program's environment.
//
// The space is bounded: script, PE headers and section table must end below the first section's address, 0x1000. So
// the text is terse.
#include "exe/start_script.h"

#include "base/launcher_protocol.h"

namespace hermit::exe {

namespace {

constexpr std::string_view kRowName = ")_n=hermit-";
constexpr std::string_view kRowBlock = " _b=";
constexpr std::string_view kRowSize = " _z=";
constexpr std::string_view kRowEnd = ";;";
constexpr size_t kDigestDigits = 16;

// What `uname -sm` prints, escaped for a `case` pattern.
std::string_view system_pattern(Target target) {
  switch (target) {
    case Target::LinuxX86_64: return "Linux\\ x86_64";
    case Target::LinuxAarch64: return "Linux\\ aarch64";
    case Target::MacosX86_64: return "Darwin\\ x86_64";
    case Target::MacosAarch64: return "Darwin\\ arm64";
    default: return {};
  }
}

// No '/' in $0: `sh x` takes x from the current directory first, and so do we; only then PATH.
// Rosetta makes `uname -m` say x86_64 on an arm64 Mac; the native launcher is the right one there.
constexpr std::string_view kFindSelfAndSystem = R"sh(
case $0 in
*/*)_o=$0;;
*)_o=./$0
[ -f "$_o" ]||_o=$(command -v -- "$0")
esac
[ -r /proc/sys/kernel/arch ]&&read -r _m </proc/sys/kernel/arch&&_s="Linux $_m"||_s=$(uname -sm)
_k=.cache
case $_s in
Darwin*)_k=Library/Caches
[ "$_s" = "Darwin arm64" ]||[ "$(/usr/sbin/sysctl -n hw.optional.arm64 2>/dev/null)" != 1 ]||_s="Darwin arm64"
esac
case $_s in
)sh";

constexpr std::string_view kWindowsShells = "MINGW*|MSYS*|CYGWIN*)exec \"$_o\" \"$@\";;\n";

// The function goes through the directories: the first time it only looks (`:`), the second time it extracts first.
// What does that stands behind the first call, so that a shell that finds a launcher never parses it. Both use a
// file only if it is a regular one that belongs to this user, in a directory that belongs to this user, neither of them
// a symlink. Some shells give a function its own $0.
constexpr std::string_view kLook = R"sh(esac
_u=
_0=$0
_hermit(){
for _d in "$HERMIT_CACHE" "${XDG_CACHE_HOME:+$XDG_CACHE_HOME/hermit}" "${HOME:+$HOME/$_k/hermit}" "${TMPDIR:+$TMPDIR/hermit-}" /tmp/hermit- /var/tmp/hermit- /dev/shm/hermit-
do
case $_d in
/*/hermit-)_d=$_d${_u:=$(PATH=/usr/bin:/bin${PATH:+:$PATH};id -u)};;
/*);;
*)continue
esac
_c=$_d/$_n
$_p
[ -x "$_c" ]&&[ -f "$_c" ]&&[ -s "$_c" ]&&[ -O "$_c" ]&&[ ! -h "$_c" ]&&[ -O "$_d" ]&&[ ! -h "$_d" ]&&exec "$_c" )sh";

// A directory below HOME is not created for somebody else's HOME (sudo -E). The probe finds noexec mounts, which a
// failed exec would not survive. `gzip` finds a copy that a full disk or a changed file cut short.
constexpr std::string_view kExtract = R"sh( "$_o" "$_0" "$@"
done
}
_p=:
_hermit "$@"
_hermit_x()(umask 077
PATH=/usr/bin:/bin${PATH:+:$PATH}
case $_d in "${HOME:-//}"/*)[ -O "$HOME" ]||exit;;esac
mkdir -p -- "$_d"
[ -d "$_d" ]&&[ -O "$_d" ]&&[ ! -h "$_d" ]&&_t=$(mktemp "$_d/.XXXXXXXX")||exit
trap 'rm -f -- "$_t";exit' 1 2 15
dd if="$_o" bs=4096 skip=$_b count=$((_z/4096+1))|head -c $_z|gzip -dc >"$_t"&&chmod 700 "$_t"&&"$_t" )sh";

constexpr std::string_view kGiveUp = R"sh(&&mv -f -- "$_t" "$_c"||rm -f -- "$_t"
) </dev/null >/dev/null 2>&1
_p=_hermit_x
_hermit "$@"
[ -r "$_o" ]||{ echo "hermit: $0: cannot find this file to read it">&2;exit 127;}
PATH=/usr/bin:/bin${PATH:+:$PATH}
command -v gzip >/dev/null||{ echo "hermit: $0: gzip is missing here; a file made with --target starts without">&2;exit 126;}
echo "hermit: $0: no cache directory lets its launcher be stored and run; set HERMIT_CACHE to a directory of your own">&2
exit 126
)sh";

// A bounded decimal number at the front of `text`, which is cut after it.
bool take_number(std::string_view& text, u64& value) {
  size_t digits = 0;
  value = 0;
  while (digits < text.size() && digits < 15 && text[digits] >= '0' && text[digits] <= '9') {
    value = value * 10 + static_cast<u64>(text[digits++] - '0');
  }
  text.remove_prefix(digits);
  return digits > 0;
}

bool take(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
}

bool is_hex(std::string_view text) { return text.find_first_not_of("0123456789abcdef") == std::string_view::npos; }

// `text` starts behind kRowName.
bool parse_row(std::string_view text, ScriptRow& row) {
  if (text.size() < kDigestDigits || !is_hex(text.substr(0, kDigestDigits))) return false;
  row.digest = text.substr(0, kDigestDigits);
  text.remove_prefix(kDigestDigits);
  if (!take(text, "-")) return false;
  size_t end = text.find(' ');
  if (end == std::string_view::npos) return false;
  auto target = parse_target(text.substr(0, end));
  if (!target || system_of(*target) == System::Windows) return false;
  row.target = *target;
  text.remove_prefix(end);
  return take(text, kRowBlock) && take_number(text, row.block) && take(text, kRowSize) && take_number(text, row.size) &&
         text == kRowEnd;
}

}  // namespace

std::string start_script(std::span<const ScriptRow> rows, bool windows) {
  std::string text(kFindSelfAndSystem);
  std::string systems;
  for (const ScriptRow& row : rows) {
    text += system_pattern(row.target);
    text += kRowName;
    text += row.digest;
    text += '-';
    text += target_name(row.target);
    text += kRowBlock;
    text += std::to_string(row.block);
    text += kRowSize;
    text += std::to_string(row.size);
    text += kRowEnd;
    text += '\n';
    systems += ' ';
    systems += target_name(row.target);
  }
  if (windows) {
    text += kWindowsShells;
    systems += " windows-x86_64";
  }
  text += "*)echo \"hermit: $0: nothing in this file runs on $_s; it holds:";
  text += systems;
  text += "\">&2\nexit 126\n";
  text += kLook;
  text += kExecArgument;
  text += kExtract;
  text += kProbeArgument;
  text += kGiveUp;
  return text;
}

Result<std::vector<ScriptRow>> parse_script_table(std::string_view text) {
  std::vector<ScriptRow> rows;
  size_t start = 0;
  while (start < text.size()) {
    size_t end = text.find('\n', start);
    if (end == std::string_view::npos) break;
    std::string_view line = text.substr(start, end - start);
    if (line == "esac" && !rows.empty()) break;
    if (size_t name = line.find(kRowName); name != std::string_view::npos) {
      ScriptRow row;
      if (!parse_row(line.substr(name + kRowName.size()), row))
        return malformed("bad row in the launcher table", start);
      for (const ScriptRow& earlier : rows) {
        if (earlier.target == row.target) return malformed("launcher listed twice", start);
      }
      rows.push_back(std::move(row));
    }
    start = end + 1;
  }
  return rows;
}

}  // namespace hermit::exe
