// A program on its way into an executable: everything that `build` packs, checked, with the bytes it comes from.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "bundle/reader.h"
#include "bundle/writer.h"
#include "cli/command.h"
#include "os/whole_file.h"

namespace hermit::cli {

// Views in `contents` point into the owners below it; the deques keep their addresses when they grow.
struct Program {
  bundle::Contents contents;
  std::deque<os::FileView> files;
  std::deque<Bytes> buffers;
  std::deque<zip::Content> entries;
};

struct ProgramOptions {
  bool keep_debug = false;
  bool allow_host = false;
};

// Reads a Hermitfile and all that it names.
Outcome<void> load_from_hermitfile(const std::string& path, const ProgramOptions& options, Progress& progress,
                                   Program& program);

// The modules and embedded files of `bundle`, the file `path`, as they are. Requires: program.contents.config names
// them.
Outcome<void> load_contents(const std::string& path, const bundle::Bundle& bundle, Program& program);

// Checks modules that were loaded from the packed file `path`, as check_modules does.
Outcome<void> check_packed(const std::string& path, const bundle::Contents& contents, Progress& progress);

// Takes the program out of a packed file, as it is.
Outcome<void> load_from_packed(const std::string& path, const ProgramOptions& options, Progress& progress,
                               Program& program);

}  // namespace hermit::cli
