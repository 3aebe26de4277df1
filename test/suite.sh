# The list of tests, read by run.sh. Quick ones first.
root=$PWD
run unit "$NATIVE/bin/hermit_tests" --gtest_brief=1
run unit-portable "$root/build/posix/bin/hermit_tests" --gtest_brief=1
run unit-windows sh "$root/test/unit_windows.sh"
run spec sh "$root/test/spec/run.sh" "$NATIVE"
case $NATIVE in
*linux-x86_64) run spec-native sh "$root/test/spec/run.sh" "$NATIVE" "wg-2.0 wg-3.0 extra" --engine native ;;
esac
run modules sh "$root/test/modules/run.sh" 300 0 "$NATIVE"
for script in "$root"/test/cli/*_test.sh; do
  run "cli/$(basename "$script" _test.sh)" sh "$script"
done
run portable/pack sh "$root/test/portable.sh"
if [ -f "$root/build/portable/examples/cat.com" ]; then
  HERMIT=$root/build/portable/hermit.com EXAMPLES=$root/build/portable/examples
  for script in "$root"/test/cli/*_test.sh; do
    run "portable/$(basename "$script" _test.sh)" sh "$script"
  done
  HERMIT=$root/build/hermit.com EXAMPLES=$root/build/examples
fi
run reproducible sh "$root/test/reproducible.sh"
# The executable formats: build.sh makes stub launchers for all targets, the others pack, check and run them.
formats=$root/build/formats
run formats/build sh "$root/test/formats/build.sh" "$formats" "$NATIVE/bin/pack_file"
run formats/checkers python3 "$root/test/formats/selftest.py" "$formats"
run formats/files bash "$root/test/formats/files_test.sh" "$formats"
run formats/script bash "$root/test/formats/script_test.sh" "$formats"
