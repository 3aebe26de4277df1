// For a test build of the launcher: what a guest would do that had taken over the process.
#pragma once

namespace hermit::test {

// Tries each way out by a direct system call and prints "name: answer" lines to standard output.
void escape();

}  // namespace hermit::test
