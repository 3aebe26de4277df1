# The list of tests, read by run.sh. Quick ones first.
root=$PWD
run unit "$NATIVE/bin/hermit_tests" --gtest_brief=1
for script in "$root"/test/cli/*_test.sh; do
  run "cli/$(basename "$script" _test.sh)" sh "$script"
done
