// Test tool: packs launchers and a payload into a file through the exe layer alone.
//   pack_file TYPE OUT PAYLOAD ALIGNMENT TARGET=LAUNCHER...     TYPE: all, unix or a target
//   pack_file extract FILE TARGET OUT                           a launcher out of a file for several systems
//   pack_file list FILE                                         "target offset size" lines
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "exe/container.h"

using namespace hermit;
using namespace hermit::exe;

namespace {

[[noreturn]] void fail(const char* what, u64 where = 0) {
  std::fprintf(stderr, "pack_file: %s (offset %llu)\n", what, static_cast<unsigned long long>(where));
  std::exit(1);
}

Bytes read_file(const char* path) {
  FILE* file = std::fopen(path, "rb");
  if (file == nullptr) fail(path);
  Bytes bytes;
  u8 buffer[65536];
  while (size_t count = std::fread(buffer, 1, sizeof buffer, file)) bytes.insert(bytes.end(), buffer, buffer + count);
  std::fclose(file);
  return bytes;
}

void write_file(const char* path, ByteView bytes) {
  FILE* file = std::fopen(path, "wb");
  if (file == nullptr || std::fwrite(bytes.data(), 1, bytes.size(), file) != bytes.size() || std::fclose(file) != 0)
    fail(path);
}

template <typename T>
T or_fail(Result<T> result) {
  if (!result) fail(result.error().what, result.error().where);
  return std::move(*result);
}

int pack(int argc, char** argv) {
  auto type = parse_file_type(argv[1]);
  if (!type || argc < 6) fail("usage");
  std::vector<Bytes> storage;
  std::vector<Launcher> launchers;
  storage.reserve(static_cast<size_t>(argc));
  for (int i = 5; i < argc; ++i) {
    char* equals = std::strchr(argv[i], '=');
    auto target = equals ? parse_target({argv[i], static_cast<size_t>(equals - argv[i])}) : std::nullopt;
    if (!target) fail("bad TARGET=LAUNCHER");
    storage.push_back(read_file(equals + 1));
    launchers.push_back({*target, storage.back()});
  }
  Container container = or_fail(plan_file(*type, launchers, static_cast<u32>(std::strtoul(argv[4], nullptr, 10))));
  Bytes file = container.head;
  Bytes payload = read_file(argv[3]);
  file.insert(file.end(), payload.begin(), payload.end());
  if (auto finished = finish_file(container, file); !finished) fail(finished.error().what, finished.error().where);
  write_file(argv[2], file);
  std::printf("%llu\n", static_cast<unsigned long long>(container.payload_offset()));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && std::strcmp(argv[1], "list") == 0) {
    for (const PresentLauncher& launcher : or_fail(list_launchers(read_file(argv[2])))) {
      std::printf("%s %llu %llu\n", std::string(target_name(launcher.target)).c_str(),
                  static_cast<unsigned long long>(launcher.offset), static_cast<unsigned long long>(launcher.size));
    }
    return 0;
  }
  if (argc == 5 && std::strcmp(argv[1], "extract") == 0) {
    auto target = parse_target(argv[3]);
    if (!target) fail("unknown target");
    write_file(argv[4], or_fail(extract_launcher(read_file(argv[2]), *target)));
    return 0;
  }
  if (argc > 5) return pack(argc, argv);
  fail("usage: pack_file TYPE OUT PAYLOAD ALIGNMENT TARGET=LAUNCHER... | extract FILE TARGET OUT | list FILE");
}
