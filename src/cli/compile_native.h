// Native code for a program on its way into an executable.
#pragma once

#include <string_view>
#include <vector>

#include "abi/native_image.h"
#include "cli/command.h"
#include "cli/jobs.h"
#include "cli/program.h"
#include "exe/target.h"

namespace hermit::cli {

// An instruction set that programs are compiled for.
struct CodeTarget {
  std::string_view name;  // "x86_64": of the image's entry, native/x86_64
  abi::Isa isa;
  bool (*runs_on)(exe::Target target);  // do launchers of this system use such images?
};
std::span<const CodeTarget> code_targets();

// Compiles the program's modules for every instruction set that one of `targets` runs compiled code of, and adds the
// images to its contents. Requires: the modules are valid. If they need what the compiler does not know yet, there is
// no image, the program will be interpreted, and one line on standard error says why.
Outcome<void> add_native_code(std::span<const exe::Target> targets, Jobs& jobs, Progress& progress, Program& program);

// The image of modules as they are packed: LINK's in order, then the program. The error names module and offset;
// `unsupported` tells whether it is what the compiler does not know.
Outcome<Bytes> compile_image(const CodeTarget& target, const bundle::Contents& contents, Jobs& jobs, Progress& progress,
                             bool& unsupported);

}  // namespace hermit::cli
