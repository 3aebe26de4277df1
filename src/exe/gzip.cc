// The level is that of the archive (docs/decisions.md, "Compression level 3"): the tool may run interpreted.
#include "exe/gzip.h"

#include <algorithm>

#include "base/check.h"
#include "base/endian.h"
#include "libdeflate.h"

namespace hermit::exe {

namespace {

constexpr int kLevel = 3;
constexpr u64 kMaxSize = u64{64} << 20;
constexpr u64 kMaxRatio = 1032;  // DEFLATE: 258 bytes from two bits
constexpr size_t kMinSize = 20;  // header, empty block, trailer

}  // namespace

Bytes gzip(ByteView bytes) {
  libdeflate_compressor* const compressor = libdeflate_alloc_compressor(kLevel);
  CHECK(compressor != nullptr);
  Bytes out(libdeflate_gzip_compress_bound(compressor, bytes.size()));
  out.resize(libdeflate_gzip_compress(compressor, bytes.data(), bytes.size(), out.data(), out.size()));
  libdeflate_free_compressor(compressor);
  CHECK(!out.empty());
  return out;
}

Result<Bytes> gunzip(ByteView packed) {
  if (packed.size() < kMinSize) return malformed("launcher is not compressed", 0);
  const u64 declared = load_le<u32>(packed.data() + packed.size() - 4);
  if (declared == 0) return malformed("launcher is empty", 0);  // and there would be no memory to unpack it to
  if (declared > kMaxSize) return std::unexpected(Error{ErrorKind::Limit, "launcher is too large", 0});
  if (declared > packed.size() * kMaxRatio) return malformed("launcher claims more than its bytes can hold", 0);
  libdeflate_decompressor* const inflater = libdeflate_alloc_decompressor();
  CHECK(inflater != nullptr);
  Bytes out(static_cast<size_t>(declared));
  size_t used = 0;
  size_t size = 0;
  const libdeflate_result result =
      libdeflate_gzip_decompress_ex(inflater, packed.data(), packed.size(), out.data(), out.size(), &used, &size);
  libdeflate_free_decompressor(inflater);
  if (result != LIBDEFLATE_SUCCESS || used != packed.size() || size != out.size()) {
    return malformed("damaged launcher", 0);
  }
  return out;
}

}  // namespace hermit::exe
