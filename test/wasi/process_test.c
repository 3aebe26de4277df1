// Arguments, environment, clocks, randomness, yielding. proc_exit and proc_raise end the program: run.sh looks at how.
#include "check.h"

TEST(args_get, what_the_shell_said) {
  u32 count = 0, size = 0, pointers[8];
  char text[256];
  EQ(wasi_args_sizes_get(P(&count), P(&size)), OK);
  EQ(count, 3);
  TRUE(size < sizeof text);
  EQ(wasi_args_get(P(pointers), P(text)), OK);
  EQ(pointers[0], P(text));
  TRUE(strcmp((const char*)(uintptr_t)pointers[2], "plain") == 0);
  EQ(pointers[2] + sizeof "plain", P(text) + size);
}
TEST(args_get, bad_pointers) {
  u32 pointers[8];
  char text[256];
  FOR_BAD(bad, 4) {
    EQ(wasi_args_get(bad, P(text)), FAULT);
    EQ(wasi_args_get(P(pointers), bad), FAULT);
  }
}
TEST(args_sizes_get, bad_pointers) {
  u32 number;
  FOR_BAD(bad, 4) {
    EQ(wasi_args_sizes_get(bad, P(&number)), FAULT);
    EQ(wasi_args_sizes_get(P(&number), bad), FAULT);
  }
  EQ(wasi_args_sizes_get(P(last_bytes(4)), P(&number)), OK);
}

TEST(environ_get, what_was_granted) {
  u32 count = 0, size = 0, pointers[4];
  char text[128];
  EQ(wasi_environ_sizes_get(P(&count), P(&size)), OK);
  EQ(count, 2);
  EQ(size, sizeof "FIRST=1" + sizeof "SECOND=two words");
  EQ(wasi_environ_get(P(pointers), P(text)), OK);
  TRUE(memcmp(text, "FIRST=1\0SECOND=two words", size) == 0);
  EQ(pointers[1], P(text) + sizeof "FIRST=1");
}
TEST(environ_get, at_the_end_of_memory) {
  u32 pointers[4];
  const u32 size = sizeof "FIRST=1" + sizeof "SECOND=two words";
  EQ(wasi_environ_get(P(pointers), P(last_bytes(size))), OK);
  EQ(wasi_environ_get(P(pointers), P(last_bytes(size - 1))), FAULT);
  EQ(wasi_environ_get(P(last_bytes(8)), P(last_bytes(size + 8))), OK);
  EQ(wasi_environ_get(P(last_bytes(4)), P(last_bytes(size + 8))), FAULT);
}
TEST(environ_sizes_get, bad_pointers) {
  u32 number;
  FOR_BAD(bad, 4) {
    EQ(wasi_environ_sizes_get(bad, P(&number)), FAULT);
    EQ(wasi_environ_sizes_get(P(&number), bad), FAULT);
  }
}

TEST(clock_res_get, four_clocks) {
  for (u32 clock = 0; clock < 4; ++clock) {
    u64 resolution = 0;
    EQ(wasi_clock_res_get(clock, P(&resolution)), OK);
    TRUE(resolution > 0 && resolution <= 1000000000);
  }
  u64 resolution;
  EQ(wasi_clock_res_get(4, P(&resolution)), INVAL);
  EQ(wasi_clock_res_get(0xffffffff, P(&resolution)), INVAL);
  FOR_BAD(bad, 8) EQ(wasi_clock_res_get(0, bad), FAULT);
  EQ(wasi_clock_res_get(1, P(last_bytes(8))), OK);
}
TEST(clock_time_get, four_clocks) {
  for (u32 clock = 0; clock < 4; ++clock) {
    const u64 before = now(clock);
    volatile u32 work = 0;
    for (u32 i = 0; i < 10000; ++i) work += i;
    TRUE(now(clock) >= before);
  }
  TRUE(now(0) > 1700000000ull * 1000000000);
  u64 time;
  EQ(wasi_clock_time_get(0, ALL, P(&time)), OK);  // any precision
  EQ(wasi_clock_time_get(4, 0, P(&time)), INVAL);
  EQ(wasi_clock_time_get(0xffffffff, 0, P(&time)), INVAL);
  FOR_BAD(bad, 8) EQ(wasi_clock_time_get(1, 0, bad), FAULT);
  EQ(wasi_clock_time_get(0, 0, P(last_bytes(8))), OK);
}

TEST(random_get, fills_what_it_is_given_and_no_more) {
  u8 bytes[300] = {0};
  EQ(wasi_random_get(P(bytes + 1), 298), OK);
  EQ(bytes[0], 0);
  EQ(bytes[299], 0);
  u32 zeros = 0;
  for (u32 i = 1; i < 299; ++i) zeros += bytes[i] == 0 ? 1 : 0;
  TRUE(zeros < 30);
  u8 again[298];
  EQ(wasi_random_get(P(again), sizeof again), OK);
  TRUE(memcmp(again, bytes + 1, sizeof again) != 0);
}
TEST(random_get, sizes_and_pointers) {
  EQ(wasi_random_get(P(last_bytes(16)), 16), OK);
  EQ(wasi_random_get(P(last_bytes(16)), 17), FAULT);
  EQ(wasi_random_get(memory_size(), 0), OK);  // nothing, at the very end
  EQ(wasi_random_get(0xffffffff, 0), FAULT);
  EQ(wasi_random_get(0, 0xffffffff), FAULT);
  EQ(wasi_random_get(16, 0xfffffff8), FAULT);  // the sum wraps
  FOR_BAD(bad, 8) EQ(wasi_random_get(bad, 8), FAULT);
}
TEST(sched_yield, returns) { EQ(wasi_sched_yield(), OK); }
TEST(proc_raise, unknown_signals) {
  EQ(wasi_proc_raise(0), OK);  // "no signal"
  EQ(wasi_proc_raise(31), INVAL);
  EQ(wasi_proc_raise(0xffffffff), INVAL);
}
