// Ad-hoc code signatures.
//
// A signature proves nothing about the author here; it is a list of page hashes which the kernel compares as pages are
// loaded. Linkers write the same shape: one SuperBlob with one CodeDirectory, flagged ad-hoc and linker-signed. The
// second flag tells Apple's tools that they may replace it without being forced, so a user can sign the file properly.
// Pages are 16 KiB, four times as large as linkers on x86-64 use: the list behind the zip is shorter, and zip tools that
// search the last 64 KiB for the end record find it in larger files. Source: <kern/cs_blobs.h> of Apple's XNU.
#include "exe/macho_signature.h"

#include <algorithm>
#include <string_view>

#include "base/check.h"
#include "base/sha256.h"
#include "exe/macho_format.h"

namespace hermit::exe {

namespace {

constexpr u32 kPageLog2 = 14;
constexpr u64 kPage = 1u << kPageLog2;
// Fixed, as a name of the output file or the user would enter the bytes.
constexpr std::string_view kIdentifier = "hermit";
constexpr u32 kHashOffset = sizeof(CodeDirectory) + kIdentifier.size() + 1;

u32 page_count(u64 code_size) { return static_cast<u32>((code_size + kPage - 1) / kPage); }

}  // namespace

u32 signature_size(u64 code_size) {
  return static_cast<u32>(sizeof(SignatureBlob) + kHashOffset + page_count(code_size) * sizeof(Sha256Digest));
}

void append_signature(Bytes& file, u64 text_size) {
  u64 code_size = file.size();
  CHECK(code_size % 16 == 0 && code_size < (u64{1} << 32));
  u32 size = signature_size(code_size);

  SignatureBlob blob;
  blob.magic = kSignatureMagic;
  blob.length = size;
  blob.blob_count = 1;
  blob.blob_type = 0;
  blob.blob_offset = sizeof(SignatureBlob);

  CodeDirectory directory{};
  directory.magic = kCodeDirectoryMagic;
  directory.length = static_cast<u32>(size - sizeof(SignatureBlob));
  directory.version = kCodeDirectoryVersion;
  directory.flags = kSignatureAdhoc | kSignatureLinkerSigned;
  directory.hash_offset = kHashOffset;
  directory.identifier_offset = sizeof(CodeDirectory);
  directory.code_slot_count = page_count(code_size);
  directory.code_limit = static_cast<u32>(code_size);
  directory.hash_size = sizeof(Sha256Digest);
  directory.hash_type = kSignatureSha256;
  directory.page_size_log2 = kPageLog2;
  directory.executable_segment_base = 0;
  directory.executable_segment_limit = text_size;
  directory.executable_segment_flags = kSignatureMainBinary;

  file.reserve(file.size() + size);
  ByteWriter writer(file);
  writer.write(ByteView(reinterpret_cast<const u8*>(&blob), sizeof blob));
  writer.write(ByteView(reinterpret_cast<const u8*>(&directory), sizeof directory));
  writer.write(kIdentifier);
  writer.write_u8(0);
  for (u64 at = 0; at < code_size; at += kPage) {
    // The last page is hashed as long as it is, not padded.
    u64 length = std::min(kPage, code_size - at);
    writer.write(sha256(ByteView(file.data() + at, static_cast<size_t>(length))));
  }
}

}  // namespace hermit::exe
