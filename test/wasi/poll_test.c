// poll_oneoff. Streams "pipes": standard input is a pipe without data whose writer stays, standard output a pipe that
// somebody reads. Streams "ended": standard input holds "abc" and has ended.
#include "check.h"

#define MILLISECOND 1000000ull
enum { CLOCK, READ, WRITE };
#define MANY 4097

static __wasi_subscription_t wanted[MANY];
static __wasi_event_t events[MANY];
static u32 happened;

static void want_clock(u32 index, u64 user, u32 clock, u64 timeout, u16 flags) {
  memset(&wanted[index], 0, sizeof wanted[0]);
  wanted[index].userdata = user;
  wanted[index].u.u.clock = (__wasi_subscription_clock_t){.id = clock, .timeout = timeout, .flags = flags};
}
static void want_fd(u32 index, u64 user, u8 tag, u32 fd) {
  memset(&wanted[index], 0, sizeof wanted[0]);
  wanted[index].userdata = user;
  wanted[index].u.tag = tag;
  wanted[index].u.u.fd_read.file_descriptor = (int)fd;
}
static u32 wait_for(u32 count) {
  happened = 0;
  return wasi_poll_oneoff(P(wanted), P(events), count, P(&happened));
}
static const __wasi_event_t* event_of(u64 user) {
  for (u32 i = 0; i < happened; ++i) {
    if (events[i].userdata == user) return &events[i];
  }
  return 0;
}

TEST(poll_oneoff, relative_clocks) {
  for (u32 clock = 0; clock < 2; ++clock) {
    want_clock(0, 7, clock, 20 * MILLISECOND, 0);
    want_clock(1, 8, clock, 3600000 * MILLISECOND, 0);
    const u64 start = now(1);
    EQ(wait_for(2), OK);
    const u64 took = now(1) - start;
    EQ(happened, 1);
    EQ(events[0].userdata, 7);
    EQ(events[0].error, OK);
    EQ(events[0].type, CLOCK);
    TRUE(took >= 20 * MILLISECOND && took < 3000 * MILLISECOND);
  }
}
TEST(poll_oneoff, absolute_clocks) {
  for (u32 clock = 0; clock < 2; ++clock) {
    const u64 start = now(1);
    want_clock(0, 7, clock, now(clock) + 20 * MILLISECOND, 1);
    want_clock(1, 8, clock, ALL, 1);
    EQ(wait_for(2), OK);
    EQ(happened, 1);
    EQ(events[0].userdata, 7);
    TRUE(now(1) - start >= 19 * MILLISECOND);
    want_clock(0, 9, clock, 1, 1);  // long ago
    want_clock(1, 10, clock, 0, 0);
    EQ(wait_for(2), OK);
    EQ(happened, 2);
  }
}
TEST(poll_oneoff, clocks_that_cannot_be_waited_for) {
  want_clock(0, 1, 2, 0, 0);
  want_clock(1, 2, 3, 0, 0);
  want_clock(2, 3, 4, 0, 0);
  want_clock(3, 4, 1, 0, 2);  // unknown flags
  want_clock(4, 5, 1, 3600000 * MILLISECOND, 0);
  EQ(wait_for(5), OK);
  EQ(happened, 4);
  EQ(event_of(1)->error, NOTSUP);
  EQ(event_of(2)->error, NOTSUP);
  EQ(event_of(3)->error, INVAL);
  EQ(event_of(4)->error, INVAL);
}
TEST(poll_oneoff, files_are_always_ready) {
  make_file("f", "abc");
  const u32 fd = open_file("f", 0);
  want_fd(0, 1, READ, fd);
  want_fd(1, 2, WRITE, fd);
  want_fd(2, 3, READ, CLOSED);
  want_clock(3, 4, 1, ALL, 0);
  EQ(wait_for(4), OK);
  EQ(happened, 3);
  EQ(event_of(1)->type, READ);
  EQ(event_of(1)->error, OK);
  EQ(event_of(1)->fd_readwrite.nbytes, 3);
  EQ(event_of(2)->type, WRITE);
  EQ(event_of(2)->error, OK);
  EQ(event_of(3)->error, BADF);
  EQ(close_fd(fd), OK);
  u32 inside;
  EQ(open_at(embedded, "file", 0, __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_POLL_FD_READWRITE, 0, &inside), OK);
  want_fd(0, 1, READ, inside);
  want_fd(1, 2, READ, fd);
  want_clock(2, 3, 1, 3600000 * MILLISECOND, 0);
  EQ(wait_for(3), OK);
  EQ(event_of(1)->fd_readwrite.nbytes, 8);
  EQ(close_fd(inside), OK);
}
TEST(poll_oneoff, counts) {
  EQ(wait_for(0), INVAL);
  want_clock(0, 1, 1, 0, 0);
  for (u32 i = 1; i < MANY; ++i) wanted[i] = wanted[0];
  EQ(wait_for(MANY - 1), OK);
  EQ(happened, MANY - 1);
  EQ(wait_for(MANY), INVAL);
  EQ(wait_for(0xffffffff), INVAL);
  EQ(wait_for(0x05555556), INVAL);  // times 48 this would be 32
}
TEST(poll_oneoff, pointers_and_types) {
  want_clock(0, 1, 1, 0, 0);
  FOR_BAD(bad, 48) EQ(wasi_poll_oneoff(bad, P(events), 1, P(&happened)), FAULT);
  FOR_BAD(bad, 32) EQ(wasi_poll_oneoff(P(wanted), bad, 1, P(&happened)), FAULT);
  FOR_BAD(bad, 4) EQ(wasi_poll_oneoff(P(wanted), P(events), 1, bad), FAULT);
  memcpy(last_bytes(48), wanted, 48);
  EQ(wasi_poll_oneoff(P(last_bytes(48)), P(events), 1, P(&happened)), OK);
  EQ(wasi_poll_oneoff(P(wanted), P(last_bytes(32)), 1, P(&happened)), OK);
  EQ(wasi_poll_oneoff(P(wanted), P(wanted), 1, P(&happened)), OK);  // over each other
  want_fd(0, 1, 3, 0);  // no such type
  EQ(wait_for(1), INVAL);
  want_fd(0, 1, 255, 0);
  EQ(wait_for(1), INVAL);
}

TEST_WITH(pipes, poll_oneoff, a_pipe_without_data) {
  make_file("f", "abc");
  const u64 start = now(1);
  want_fd(0, 1, READ, 0);
  want_clock(1, 2, 1, 30 * MILLISECOND, 0);
  EQ(wait_for(2), OK);
  EQ(happened, 1);
  EQ(events[0].userdata, 2);
  TRUE(now(1) - start >= 30 * MILLISECOND);
}
TEST_WITH(pipes, poll_oneoff, clocks_pipes_and_files_mixed) {
  make_file("f", "abc");
  const u32 fd = open_file("f", 0);
  want_fd(0, 1, READ, 0);    // nothing there
  want_fd(1, 2, WRITE, 1);   // room
  want_fd(2, 3, READ, fd);
  want_clock(3, 4, 1, 3600000 * MILLISECOND, 0);
  want_clock(4, 5, 1, 0, 0);
  want_fd(5, 6, WRITE, CLOSED);
  EQ(wait_for(6), OK);
  EQ(happened, 4);
  TRUE(event_of(1) == 0 && event_of(4) == 0);
  EQ(event_of(2)->type, WRITE);
  EQ(event_of(3)->fd_readwrite.nbytes, 3);
  EQ(event_of(5)->type, CLOCK);
  EQ(event_of(6)->error, BADF);
  EQ(close_fd(fd), OK);
}
TEST_WITH(pipes, fd_read, a_pipe_that_does_not_block) {
  char text[8];
  u32 count;
  EQ(wasi_fd_fdstat_set_flags(0, __WASI_FDFLAGS_NONBLOCK), OK);
  EQ(read_text(0, text, sizeof text, &count), AGAIN);
  EQ(wasi_fd_fdstat_set_flags(0, 0), OK);
  EQ(write_text(1, "to the pipe"), OK);
}
TEST_WITH(ended, poll_oneoff, a_pipe_with_data_and_one_that_has_ended) {
  want_fd(0, 1, READ, 0);
  want_clock(1, 2, 1, 3600000 * MILLISECOND, 0);
  EQ(wait_for(2), OK);
  EQ(happened, 1);
  EQ(events[0].userdata, 1);
  EQ(events[0].fd_readwrite.nbytes, 3);
  char text[8];
  u32 count;
  EQ(read_text(0, text, sizeof text, &count), OK);
  TRUE(count == 3 && strcmp(text, "abc") == 0);
  EQ(wait_for(2), OK);
  EQ(happened, 1);
  EQ(events[0].fd_readwrite.flags & 1, 1);
  EQ(events[0].fd_readwrite.nbytes, 0);
  EQ(read_text(0, text, sizeof text, &count), OK);
  EQ(count, 0);
}
