# Libraries of others, from the archives that tools/fetch_sources.py verified and unpacked (docs/dependencies.md).

# libdeflate: raw DEFLATE, gzip and CRC-32. The whole-buffer interface only.
set(libdeflate ${HERMIT_SOURCES_DIR}/libdeflate)
add_library(deflate STATIC
  ${libdeflate}/lib/adler32.c ${libdeflate}/lib/crc32.c ${libdeflate}/lib/deflate_compress.c
  ${libdeflate}/lib/deflate_decompress.c ${libdeflate}/lib/gzip_compress.c ${libdeflate}/lib/gzip_decompress.c ${libdeflate}/lib/utils.c
  ${libdeflate}/lib/arm/cpu_features.c)  # base/cpu_x86.cc is x86's
target_include_directories(deflate SYSTEM PUBLIC ${libdeflate})
target_compile_options(deflate PRIVATE -O2 -w)
target_link_libraries(deflate PRIVATE base)

# RapidJSON: the event reader alone, for hermit.json. It adds 11 KB to a launcher; nlohmann/json added 77 to 97 KB.
add_library(rapidjson INTERFACE)
target_include_directories(rapidjson SYSTEM INTERFACE ${HERMIT_SOURCES_DIR}/rapidjson/include)
if(HERMIT_SANITIZE)
  target_compile_options(rapidjson INTERFACE -fsanitize-ignorelist=${CMAKE_SOURCE_DIR}/cmake/sanitize_ignored.txt)
endif()

# GoogleTest, for hermit_tests alone.
set(googletest ${HERMIT_SOURCES_DIR}/googletest/googletest)
add_library(gtest_main STATIC EXCLUDE_FROM_ALL ${googletest}/src/gtest-all.cc ${googletest}/src/gtest_main.cc)
target_include_directories(gtest_main SYSTEM PUBLIC ${googletest}/include PRIVATE ${googletest})
target_compile_options(gtest_main PRIVATE -w)

# asmjit: the assemblers alone (encoding of instructions, and their text), for the compiler. The macros are public: headers depend on them.
set(asmjit ${HERMIT_SOURCES_DIR}/asmjit/src)
file(GLOB asmjit_sources ${asmjit}/asmjit/core/*.cpp ${asmjit}/asmjit/x86/*.cpp ${asmjit}/asmjit/arm/*.cpp)
# Parts that the macros below leave empty cost only time.
list(FILTER asmjit_sources EXCLUDE REGEX "/(x86|a64|)(builder|compiler|rapass|ralocal|rastack|jitallocator|jitruntime|virtmem|cpuinfo)\\.cpp$")
add_library(asmjit STATIC EXCLUDE_FROM_ALL ${asmjit_sources})
target_include_directories(asmjit SYSTEM PUBLIC ${asmjit})
target_compile_definitions(asmjit PUBLIC ASMJIT_STATIC ASMJIT_NO_JIT ASMJIT_NO_INTROSPECTION
                           ASMJIT_NO_COMPILER ASMJIT_NO_BUILDER ASMJIT_NO_VALIDATION)
target_compile_options(asmjit PRIVATE -w)
set_target_properties(asmjit PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 10)  # its headers cost more than its code
