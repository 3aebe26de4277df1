// The rules between the entries of a configuration. The Hermitfile's parser has them too, with positions; here they
// guard against a hermit.json that was edited.
#include <algorithm>

#include "base/decimal.h"
#include "base/printable.h"
#include "base/sort.h"
#include "bundle/config.h"

namespace hermit::bundle {
namespace {

std::unexpected<Problem> problem(std::string text) {
  return std::unexpected(Problem{"hermit.json: " + std::move(text)});
}

// An element that occurs twice, or null. Sorts the texts.
const std::string* find_repeated(std::vector<std::string>& texts) {
  heap_sort(texts);
  const auto found = std::ranges::adjacent_find(texts);
  return found == texts.end() ? nullptr : &*found;
}

}  // namespace

std::expected<void, Problem> check_config(const Config& config) {
  for (const size_t count : {config.map.size(), config.copy.size(), config.env.size(), config.net.size(),
                             config.link.size(), config.argv.size()}) {
    if (count > kMaxConfigEntries) return problem("more than 10,000 entries under one key");
  }
  std::vector<std::string> guest_paths = config.copy;
  for (const grants::Map& map : config.map) {
    // A guest path that is known only at start is compared as the host path it will come from.
    const std::string known = grants::known_guest_path(map);
    guest_paths.push_back(known.empty() ? "of " + map.host : known);
  }
  if (const std::string* path = find_repeated(guest_paths))
    return problem("two entries of MAP and COPY have the same guest path " + quote(*path));

  if (const auto conflict = grants::find_rights_conflict(config.map)) {
    return problem("MAP[" + decimal(conflict->index) + "]: " + quote(grants::to_text(config.map[conflict->index])) +
                   " is read-only, but lies in " + quote(conflict->writable) + ", which another MAP makes writable");
  }

  std::vector<std::string> names = config.link;
  if (const std::string* name = find_repeated(names)) return problem("LINK holds " + quote(*name) + " twice");
  names.clear();
  for (const grants::HostExtension extension : config.host) names.emplace_back(grants::to_text(extension));
  if (const std::string* name = find_repeated(names)) return problem("HOST holds " + quote(*name) + " twice");
  if (config.limit.memory_bytes && std::ranges::count(config.host, grants::HostExtension::Workers) != 0)
    return problem("LIMIT memory and HOST workers exclude each other: each worker has a memory of its own");

  if (!config.workdir.empty() && config.env_pwd_is_host_cwd)
    return problem("WORKDIR and ENV_PWD_IS_HOST_CWD exclude each other: both set the working directory");
  return {};
}

std::string copied_directory(const std::string& target, bool is_file) {
  if (!is_file) return target;
  const size_t slash = target.rfind('/');
  return slash == 0 ? "/" : target.substr(0, slash);
}

}  // namespace hermit::bundle
