// Writes the archive of a packed program, to be appended to an executable prefix. Format: docs/formats/bundle.md.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "bundle/config.h"
#include "zip/writer.h"

namespace hermit::bundle {

// Views: what they point to must live until write_bundle() returns.
struct NativeImage {
  std::string isa;  // "x86_64", "aarch64"
  ByteView bytes;
};
struct LinkedModule {
  std::string name;
  ByteView bytes;
};
struct FileToEmbed {
  std::string guest_path;  // in normal form, equal to or below a path of config.copy
  ByteView bytes;
  bool executable = false;
};

// Data of native images starts at multiples of this in the file: the largest page of any system, so that pages can be
// mapped into memories everywhere. A file for one system does with the usual page, and takes less space.
constexpr u64 kImageAlignment = 64 * 1024;
constexpr u64 kPageAlignment = 4096;

struct Contents {
  Config config;
  u64 image_alignment = kImageAlignment;
  std::vector<NativeImage> native;
  ByteView main_wasm;
  std::vector<LinkedModule> link;  // the names of config.link, in that order
  std::vector<FileToEmbed> files;  // written in the order of their guest paths
};

// The smallest offset >= `minimum` at which the archive may start so that its first native image is aligned; `minimum`
// itself without native images. The caller fills the gap.
u64 archive_start(const Contents& contents, u64 minimum);

// At most this much is appended by write_bundle(): to reserve room that a growing vector would copy again and again.
u64 largest_size(const Contents& contents);

// As `level`: nothing is compressed, for an archive that is read at once.
constexpr int kStoreLevel = 0;

// Appends the archive to `out`. Its first byte will lie at `base_offset` of the finished file; requires that
// archive_start(contents, base_offset) == base_offset. Errors: a module or file name that the format cannot hold, the
// limits of zip (4 GiB, 65,535 entries), a file outside of config.copy, config.link that does not match `link`.
std::expected<void, Problem> write_bundle(const Contents& contents, u64 base_offset, Bytes& out,
                                          int level = zip::kDefaultLevel);

}  // namespace hermit::bundle
