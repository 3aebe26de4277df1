# The list of tests, read by run.sh. What others need comes first, then what takes longest.
root=$PWD
formats=$root/build/formats
run formats/build sh "$root/test/formats/build.sh" "$formats" "$NATIVE/bin/pack_file"
run_first portable/pack sh "$root/test/portable.sh"
run reproducible sh "$root/test/reproducible.sh"
run unit-windows sh "$root/test/unit_windows.sh"
# Unit tests, official tests and random modules, with sanitizers where there is a clang for them.
if [ -x "$root/build/sanitize/bin/hermit_tests" ]; then
  run sanitize/unit sh "$root/test/sanitized.sh" "$root/build/sanitize/bin/hermit_tests" --gtest_brief=1
  run sanitize/spec sh "$root/test/sanitized.sh" sh "$root/test/spec/run.sh" "$root/build/sanitize"
  run sanitize/modules sh "$root/test/sanitized.sh" sh "$root/test/modules/run.sh" 300 0 "$root/build/sanitize"
  # The launcher itself: the scripts of test/cli that are about what a packed file does when it runs.
  for name in copy entrypoint env escape go hello hostile_zip limit link map net_errors net_http net_names net_udp trace trap \
    workdir workers zip; do
    run "sanitize/$name" sh "$root/test/sanitized.sh" sh "$root/test/cli/${name}_test.sh"
  done
else
  run spec sh "$root/test/spec/run.sh" "$NATIVE"
  run modules sh "$root/test/modules/run.sh" 300 0 "$NATIVE"
fi
# Without them too: compiled code runs here only.
run unit env HERMIT_REQUIRE_NATIVE=1 "$NATIVE/bin/hermit_tests" --gtest_brief=1
case $NATIVE in
*linux-x86_64) run spec-native sh "$root/test/spec/run.sh" "$NATIVE" "wg-2.0 wg-3.0 extra" --engine native
  run modules-native sh "$root/test/modules/run.sh" 200 1000 "$NATIVE" --engine native
  run spec-aarch64 sh "$root/test/spec/aarch64.sh"
  if command -v qemu-aarch64 > /dev/null && [ -x "$root/build/linux-aarch64/bin/hermit_spec_tests" ]; then
    # No more in one process: the memories of each, with their guard pages, take 20 GiB of the address space that qemu keeps.
    run modules-aarch64 env HERMIT_RUNNER='qemu-aarch64 -R 0x10000000000' \
      sh "$root/test/modules/run.sh" 40 5000 "$root/build/linux-aarch64" --engine native
  fi ;;
esac
run disassemble sh "$root/test/compiler/disassemble.sh" "$NATIVE/bin/hermit"
run unit-portable "$root/build/posix/bin/hermit_tests" --gtest_brief=1
# WASI: every function by our own programs on every system that runs here, and the official suite where there is a copy.
run wasi/native sh "$root/test/wasi/run.sh" native
run wasi/aarch64 sh "$root/test/wasi/run.sh" aarch64
run wasi/windows sh "$root/test/wasi/run.sh" windows
run wasi/official python3 "$root/test/wasi/run.py" -- sh "$root/test/wasi/packed.sh" native
for script in "$root"/test/real/*_test.sh; do
  run "real/$(basename "$script" _test.sh)" sh "$script"
done
for script in "$root"/test/cli/*_test.sh; do
  run "cli/$(basename "$script" _test.sh)" sh "$script"
done
# Once more on the files that macOS uses: the scripts whose outcome depends on them (not those of other systems' launchers, or
# of what the tool makes of its input).
if [ -f "$root/build/portable/examples/cat.com" ]; then
  HERMIT=$root/build/portable/hermit.com EXAMPLES=$root/build/portable/examples
  for name in copy disk_full entrypoint env escape go hello hostile_zip limit link map native net_errors net_http net_names net_redis \
    net_udp run self trace trap workdir workers zip; do
    run "portable/$name" sh "$root/test/cli/${name}_test.sh"
  done
  run portable/resvg sh "$root/test/real/resvg_test.sh"
  run wasi/portable sh "$root/test/wasi/run.sh" portable
  HERMIT=$root/build/hermit.com EXAMPLES=$root/build/examples
fi
# The executable formats: build.sh made stub launchers for all targets, the others pack, check and run them.
run formats/checkers python3 "$root/test/formats/selftest.py" "$formats"
run formats/files bash "$root/test/formats/files_test.sh" "$formats"
run formats/script bash "$root/test/formats/script_test.sh" "$formats"
