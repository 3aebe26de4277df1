// memcpy, memmove and memset of the programs for Linux and Windows, which are linked statically: zig builds its own
// like the program, and for -Os they go byte by byte. (macOS has them in its system library, WebAssembly as
// instructions.) The guest's memory.copy and memory.fill end here.
#pragma once

namespace hermit {

#if defined(__x86_64__)
// Whether they may use 256-bit registers, which needs a processor with AVX and a system that keeps its registers. False
// until the native engine has found out. Any thread may change it at any time.
extern bool memory_functions_use_avx;
#endif

}  // namespace hermit
