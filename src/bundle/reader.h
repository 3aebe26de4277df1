// A packed program, read from the bytes of its file. Format: docs/formats/bundle.md.
#pragma once

#include <expected>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "bundle/config.h"
#include "zip/reader.h"

namespace hermit::bundle {

// A module or embedded file larger than this is not read (docs/limits.md).
constexpr u64 kMaxModuleSize = 1u << 30;

struct EmbeddedFile {
  std::string_view guest_path;  // absolute, in normal form: the part of the entry's name after "files"
  u64 size = 0;
  const zip::Entry* entry = nullptr;
};

class Bundle {
 public:
  // `file` is the whole executable (usually mapped), [begin, end) the range in which the archive's end lies. Reads the
  // zip directory and hermit.json, nothing else. Does not own `file`, which must outlive the bundle.
  static std::expected<Bundle, Problem> open(ByteView file, u64 begin, u64 end);
  // The same, of an archive that has been opened, or its error.
  static std::expected<Bundle, Problem> open(Result<zip::Reader> zip);

  [[nodiscard]] const Config& config() const { return config_; }
  [[nodiscard]] const zip::Reader& zip() const { return zip_; }

  // The modules, CRC verified. The second takes a name of config().link.
  [[nodiscard]] std::expected<zip::Content, Problem> main_wasm() const;
  [[nodiscard]] std::expected<zip::Content, Problem> link_module(std::string_view name) const;

  // The embedded files below the paths of config().copy, sorted by guest path. Entries elsewhere are not seen.
  [[nodiscard]] const std::vector<EmbeddedFile>& files() const { return files_; }
  // CRC verified; a view if the file is stored.
  [[nodiscard]] std::expected<zip::Content, Problem> read(const EmbeddedFile& file) const;

  // The image native/<isa> as it lies in the file, or none: absent, compressed or damaged entries are not an error, the
  // program is then interpreted. Its content is not verified here.
  [[nodiscard]] std::optional<ByteView> native_image(std::string_view isa) const;

 private:
  Bundle(zip::Reader zip, Config config) : zip_(std::move(zip)), config_(std::move(config)) {}

  zip::Reader zip_;
  Config config_;
  std::vector<EmbeddedFile> files_;
};

}  // namespace hermit::bundle
