# Toolchain file of the preset `sanitize`: zig ships no AddressSanitizer runtime, so this build uses the system's clang 19 with libc++,
# which is what zig has too (Debian: clang-19 libclang-rt-19-dev libc++-19-dev libc++abi-19-dev).
find_program(HERMIT_CLANG NAMES clang-19 clang REQUIRED)
find_program(HERMIT_CLANGXX NAMES clang++-19 clang++ REQUIRED)
set(CMAKE_C_COMPILER ${HERMIT_CLANG})
set(CMAKE_CXX_COMPILER ${HERMIT_CLANGXX})
set(CMAKE_CXX_FLAGS_INIT -stdlib=libc++)
