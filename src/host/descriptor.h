// What a guest's file descriptor stands for, and the table of them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "os/directory.h"
#include "os/file.h"
#include "os/handle.h"

namespace hermit::host {

using os::SysError;
using os::SysResult;

// A directory as fd_readdir shows it: read once when the guest starts at the beginning, so that positions stay
// meaningful while entries come and go. Positions 0 and 1 are `.` and `..`.
struct Listing {
  os::DirectoryListing entries;
  u64 own_index = 0;
};

struct Descriptor {
  os::Handle handle;                        // invalid for embedded files and directories
  os::FileType type = os::FileType::Unknown;
  bool is_settled = true;                   // else `type` and `is_terminal` are still to be asked for (Host::settle)
  os::FileFlags flags;                      // as opened or as last set
  bool readable = false;
  bool writable = false;
  bool read_only = false;                   // belongs to a read-only grant
  bool is_terminal = false;
  os::Leaving leaving = os::Leaving::Refused;  // Root: the whole file system, granted as `/`
  bool is_own_socket = false;               // opened by the guest through the network gate, not inherited
  std::optional<u32> embedded;              // node of the EmbeddedTree
  u64 position = 0;                         // of an embedded file
  std::optional<std::string> preopen_name;  // guest path of a preopened directory
  std::unique_ptr<Listing> listing;
  bool nowhere = false;  // stands for all that no grant covers, so that Trace sees it: nothing is found below it
  std::string traced_path;  // absolute guest path of a directory, for Trace; empty unless somebody listens
  size_t grant = 0;  // of Config::preopens, for Trace

  // Kept for the API above (WASI's base and inheriting rights); nothing here reads them.
  u64 api_rights = 0;
  u64 api_inheriting = 0;

  void close() { handle.close(); }
};

// Descriptors by number. New ones take the lowest free number, as on POSIX systems.
class DescriptorTable {
 public:
  explicit DescriptorTable(u32 max_open) : max_open_(max_open) {}

  // Null if `number` is not open. Valid until the next call that changes the table.
  [[nodiscard]] Descriptor* find(u32 number);
  [[nodiscard]] bool is_full() const;
  // TooManyOpenFiles at the limit.
  SysResult<u32> insert(Descriptor&& descriptor);
  // Puts it at a given free number (standard streams and preopens at start). Requires: number < the limit.
  void place(u32 number, Descriptor&& descriptor);
  SysResult<void> close(u32 number);
  // `to` is closed, and `from` moves there. BadDescriptor unless both are open.
  SysResult<void> renumber(u32 from, u32 to);

 private:
  [[nodiscard]] u32 lowest_free() const;
  std::vector<std::unique_ptr<Descriptor>> slots_;
  mutable u32 none_free_below_ = 0;
  std::unique_ptr<Descriptor> spare_;  // of one that was closed, for the next
  u32 max_open_;
};

}  // namespace hermit::host
