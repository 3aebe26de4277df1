// The sandbox for tests of host/ and wasi1/ that run on every system: Sandbox, answer() and name_of().
#pragma once

#if defined(_WIN32)
#include "host/sandbox_test_windows.h"
#else
#include "host/sandbox_test_posix.h"
#endif
