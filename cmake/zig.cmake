# Toolchain file: the pinned zig compiles for HERMIT_TARGET, a zig target triple.
#
# One configuration (-Os, stripped) for launchers, tools and tests alike: zig builds its C and C++ libraries once for each
# target and configuration, and that takes a minute or more. Hot files ask for -O2 themselves.
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES HERMIT_TARGET)
if(HERMIT_TARGET MATCHES "windows")
  set(CMAKE_SYSTEM_NAME Windows)
elseif(HERMIT_TARGET MATCHES "macos")
  set(CMAKE_SYSTEM_NAME Darwin)
elseif(HERMIT_TARGET MATCHES "wasi")
  set(CMAKE_SYSTEM_NAME WASI)
else()
  set(CMAKE_SYSTEM_NAME Linux)
endif()
string(REGEX REPLACE "-.*" "" CMAKE_SYSTEM_PROCESSOR "${HERMIT_TARGET}")

set(toolchain ${CMAKE_CURRENT_LIST_DIR}/../.toolchain)
cmake_path(ABSOLUTE_PATH toolchain NORMALIZE)
set(CMAKE_C_COMPILER ${toolchain}/bin/zig-cc)
set(CMAKE_CXX_COMPILER ${toolchain}/bin/zig-c++)
set(CMAKE_AR ${toolchain}/bin/zig-ar)
set(CMAKE_RANLIB ${toolchain}/bin/zig-ranlib)
set(CMAKE_C_COMPILER_TARGET ${HERMIT_TARGET})
set(CMAKE_CXX_COMPILER_TARGET ${HERMIT_TARGET})
# The compiler is pinned: what CMake would find out by test builds is known.
set(CMAKE_C_COMPILER_WORKS TRUE)
set(CMAKE_CXX_COMPILER_WORKS TRUE)
# CMake's own test programs are not linked: that would make zig build its libraries once more, for CMake's flags.
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_OSX_SYSROOT "" CACHE STRING "")
set(CMAKE_OSX_DEPLOYMENT_TARGET "" CACHE STRING "")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
