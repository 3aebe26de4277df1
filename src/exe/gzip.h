// Launchers inside of a file for several systems are gzip'd (RFC 1952): the start script unpacks them.
#pragma once

#include "base/bytes.h"

namespace hermit::exe {

// One gzip member without name and time: a function of `bytes` alone.
Bytes gzip(ByteView bytes);

// The content of one gzip member that is all of `packed` (hostile). Errors: Malformed if it is anything else or its
// checksum differs; Limit if it holds more than 64 MiB, which no launcher does.
Result<Bytes> gunzip(ByteView packed);

}  // namespace hermit::exe
