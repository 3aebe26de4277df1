// Checking what the guest hands over.
//
// Rights: a descriptor's base rights are enforced in every call that the specification names them for, except
// poll_fd_readwrite. They restrict only the guest itself (what it may reach is decided in host/), so a missing right is
// answered with the error that a native program would see, where there is one: reading a directory is Isdir, a path
// below a file Notdir, writing to what was opened for reading Badf, seeking a terminal Spipe.
#include "wasi1/call.h"

namespace hermit::wasi1 {
namespace {

Errno missing_right(const host::Descriptor& descriptor, Rights missing) {
  const bool is_directory = descriptor.type == os::FileType::Directory;
  if (is_directory && (missing & ~rights::kDirectory) != 0) return Errno::Isdir;
  if (!is_directory && (missing & rights::kDirectory & ~(rights::kFile | rights::kSocket)) != 0) return Errno::Notdir;
  if (descriptor.is_terminal && (missing & (rights::kFdSeek | rights::kFdTell)) != 0) return Errno::Spipe;
  if ((missing & (rights::kFdRead | rights::kFdWrite)) != 0) return Errno::Badf;
  return Errno::Notcapable;
}

}  // namespace

void leave_possible_rights(host::Descriptor& opened) {
  Rights possible = opened.type == os::FileType::Directory ? rights::kDirectory : rights::kFile;
  if (!opened.writable) possible &= ~(rights::kFdAllocate | rights::kFdFilestatSetSize);
  if (opened.is_terminal) possible &= ~(rights::kFdSeek | rights::kFdTell);
  opened.api_rights &= possible;
}

Outcome<std::span<u8>> Call::bytes(u64 address, u64 length) const {
  const std::span<u8> result = call_.guest_bytes(address, length);
  if (result.data() == nullptr) return fail(Errno::Fault);
  return result;
}

Outcome<std::string_view> Call::path(size_t i) const {
  const u32 length = arg(i + 1);
  TRY(const std::span<u8> text, bytes(arg(i), length));
  if (length > host::Host::kMaxPath) return fail(Errno::Nametoolong);
  return std::string_view(reinterpret_cast<const char*>(text.data()), text.size());
}

Outcome<void> Call::visit_buffers(size_t i, void* result, void (*add)(void*, std::span<u8>)) const {
  const u32 count = arg(i + 1);
  if (count > os::kMaxBuffers) return fail(Errno::Inval);
  TRY(const std::span<u8> list, bytes(arg(i), u64{count} * kIovecSize));
  u64 room = kMaxTransfer;
  for (u32 k = 0; k < count; ++k) {
    const u8* const entry = list.data() + size_t{k} * kIovecSize;
    const u32 address = load_le<u32>(entry);
    const u32 length = load_le<u32>(entry + 4);
    if (length == 0) continue;
    TRY(std::span<u8> piece, bytes(address, length));
    piece = piece.first(static_cast<size_t>(std::min<u64>(piece.size(), room)));
    room -= piece.size();
    if (!piece.empty()) add(result, piece);
  }
  return {};
}

// Reading what was opened for reading needs no more than that; everything else wants to know what it is.
host::Descriptor* Call::find(size_t i, Rights wanted) const {
  host::Descriptor* const found = host().descriptors().find(arg(i));
  if (found == nullptr || found->is_settled) return found;
  if (wanted == rights::kFdRead && (found->api_rights & rights::kFdRead) != 0) return found;
  host::Host::settle(*found);
  leave_possible_rights(*found);
  return found;
}

Outcome<host::Descriptor*> Call::descriptor(size_t i, Rights wanted) const {
  host::Descriptor* const found = find(i, wanted);
  if (found == nullptr) return fail(Errno::Badf);
  const Rights missing = wanted & ~found->api_rights;
  if (missing != 0) return fail(missing_right(*found, missing));
  return found;
}

Outcome<host::Descriptor*> Call::socket(size_t i, Rights wanted) const {
  host::Descriptor* const found = find(i, 0);
  if (found == nullptr) return fail(Errno::Badf);
  if (found->type != os::FileType::SocketStream && found->type != os::FileType::SocketDatagram)
    return fail(Errno::Notsock);
  return descriptor(i, wanted);
}

}  // namespace hermit::wasi1
