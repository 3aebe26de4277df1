// sock_*. Streams "socket": standard input is one end of a stream, and with_socket.py at the other end sends back what
// it gets and hangs up after "bye"; standard output is a pipe it reads, and standard error one in which "pipe" lies.
// "listener": standard input listens, and two clients do the same. "datagram": a pair that keeps messages apart.
#include "check.h"

static u32 send_text(u32 fd, const char* text) {
  const __wasi_ciovec_t buffer = {(const u8*)text, strlen(text)};
  u32 sent = 0;
  const u32 error = wasi_sock_send(fd, P(&buffer), 1, 0, P(&sent));
  if (error == OK) EQ(sent, buffer.buf_len);
  return error;
}
static u32 receive(u32 fd, char* text, u32 room, u32 flags, u32* size, u16* out) {
  const __wasi_iovec_t buffer = {(u8*)text, room};
  return wasi_sock_recv(fd, P(&buffer), 1, flags, P(size), P(out));
}
static bool talk(u32 fd, const char* text) {
  char answer[32] = "";
  u32 size = 0;
  u16 out = 9;
  EQ(send_text(fd, text), OK);
  EQ(receive(fd, answer, (u32)strlen(text), __WASI_RIFLAGS_RECV_WAITALL, &size, &out), OK);
  EQ(size, strlen(text));
  EQ(out, 0);
  return memcmp(answer, text, size) == 0;
}

TEST_WITH(socket, sock_send, a_conversation) {
  TRUE(talk(0, "ping"));
  char text[8] = "";
  u32 size;
  u16 out;
  EQ(send_text(0, "pong"), OK);
  EQ(receive(0, text, 4, __WASI_RIFLAGS_RECV_PEEK | __WASI_RIFLAGS_RECV_WAITALL, &size, &out), OK);
  EQ(receive(0, text, 2, 0, &size, &out), OK);  // a stream: the rest waits
  TRUE(size == 2 && memcmp(text, "po", 2) == 0);
  EQ(receive(0, text, 2, 0, &size, &out), OK);
  TRUE(size == 2 && memcmp(text, "ng", 2) == 0);
  __wasi_fdstat_t stat;
  EQ(wasi_fd_fdstat_get(0, P(&stat)), OK);
  EQ(stat.fs_filetype, __WASI_FILETYPE_SOCKET_STREAM);
}
TEST_WITH(socket, sock_recv, through_fd_read_and_fd_write) {
  char text[8];
  u32 count;
  EQ(write_text(0, "as a file"), OK);
  for (u32 total = 0; total < 9; total += count) {
    EQ(read_text(0, text, sizeof text, &count), OK);
    if (count == 0) break;
  }
  u64 at;
  TRUE(wasi_fd_seek(0, 0, 0, P(&at)) != OK);
}
TEST_WITH(socket, sock_recv, zero_lengths_and_huge_counts) {
  char text[4];
  u32 size = 9;
  u16 out = 9;
  const __wasi_iovec_t buffer = {(u8*)text, 4};
  EQ(wasi_sock_send(0, 0, 0, 0, P(&size)), OK);
  EQ(size, 0);
  EQ(wasi_sock_recv(0, P(&buffer), 1025, 0, P(&size), P(&out)), INVAL);
  EQ(wasi_sock_send(0, P(&buffer), 1025, 0, P(&size)), INVAL);
  EQ(wasi_sock_recv(0, P(&buffer), 0xffffffff, 0, P(&size), P(&out)), INVAL);
  EQ(wasi_sock_recv(0, P(&buffer), 1, 4, P(&size), P(&out)), INVAL);
  EQ(wasi_sock_send(0, P(&buffer), 1, 1, P(&size)), INVAL);
}
TEST_WITH(socket, sock_recv, bad_pointers_take_nothing) {
  char text[4];
  u32 size;
  u16 out;
  const __wasi_iovec_t buffer = {(u8*)text, 4};
  EQ(send_text(0, "kept"), OK);
  FOR_BAD(bad, 8) {
    EQ(wasi_sock_recv(0, bad, 1, 0, P(&size), P(&out)), FAULT);
    EQ(wasi_sock_send(0, bad, 1, 0, P(&size)), FAULT);
  }
  FOR_BAD(bad, 4) {
    EQ(wasi_sock_recv(0, P(&buffer), 1, 0, bad, P(&out)), FAULT);
    EQ(wasi_sock_send(0, P(&buffer), 1, 0, bad), FAULT);
  }
  FOR_BAD(bad, 2) EQ(wasi_sock_recv(0, P(&buffer), 1, 0, P(&size), bad), FAULT);
  EQ(receive(0, text, 4, __WASI_RIFLAGS_RECV_WAITALL, &size, &out), OK);
  TRUE(size == 4 && memcmp(text, "kept", 4) == 0);
}
TEST_WITH(socket, sock_recv, does_not_block_when_told) {
  char text[4];
  u32 size;
  u16 out;
  EQ(wasi_fd_fdstat_set_flags(0, __WASI_FDFLAGS_NONBLOCK), OK);
  EQ(receive(0, text, 4, 0, &size, &out), AGAIN);
  EQ(wasi_fd_fdstat_set_flags(0, 0), OK);
}
TEST_WITH(socket, poll_oneoff, a_socket_a_pipe_a_file_and_a_clock) {
  static __wasi_subscription_t wanted[6];
  static __wasi_event_t events[6];
  make_file("f", "abc");
  const u32 file = open_file("f", 0);
  for (u32 i = 0; i < 6; ++i) wanted[i].userdata = i;
  wanted[0].u.tag = __WASI_EVENTTYPE_FD_READ, wanted[0].u.u.fd_read.file_descriptor = 0;
  wanted[1].u.tag = __WASI_EVENTTYPE_FD_WRITE, wanted[1].u.u.fd_write.file_descriptor = 0;
  wanted[2].u.tag = __WASI_EVENTTYPE_FD_READ, wanted[2].u.u.fd_read.file_descriptor = 2;
  wanted[3].u.tag = __WASI_EVENTTYPE_FD_WRITE, wanted[3].u.u.fd_write.file_descriptor = 1;
  wanted[4].u.tag = __WASI_EVENTTYPE_FD_READ, wanted[4].u.u.fd_read.file_descriptor = (int)file;
  wanted[5].u.u.clock = (__wasi_subscription_clock_t){.id = 1, .timeout = 3600ull * 1000000000};
  u32 happened = 0;
  EQ(wasi_poll_oneoff(P(wanted), P(events), 6, P(&happened)), OK);
  EQ(happened, 4);  // all but the socket's reading and the clock
  for (u32 i = 0; i < happened; ++i) {
    EQ(events[i].userdata, i + 1);
    EQ(events[i].error, OK);
  }
  EQ(events[1].fd_readwrite.nbytes, 4);  // "pipe"
  EQ(send_text(0, "ping"), OK);
  EQ(wasi_poll_oneoff(P(wanted), P(events), 1, P(&happened)), OK);  // until the answer is there
  EQ(happened, 1);
  TRUE(events[0].fd_readwrite.nbytes > 0 && events[0].fd_readwrite.nbytes <= 4);
  char text[8];
  u32 size;
  u16 out;
  EQ(receive(0, text, 4, __WASI_RIFLAGS_RECV_WAITALL, &size, &out), OK);
  EQ(close_fd(file), OK);
}
TEST_WITH(socket, sock_shutdown, arguments) {
  EQ(wasi_sock_shutdown(0, 0), INVAL);
  EQ(wasi_sock_shutdown(0, 4), INVAL);
  EQ(wasi_sock_shutdown(0, 0xff), INVAL);
  u32 fd;
  EQ(wasi_sock_accept(0, 0, P(&fd)), INVAL);  // it does not listen
}
TEST_WITH(socket, sock_shutdown, the_other_side_hangs_up) {
  static __wasi_subscription_t wanted;
  static __wasi_event_t event;
  char text[8];
  u32 size = 9, happened;
  u16 out;
  EQ(send_text(0, "bye"), OK);
  wanted.u.tag = __WASI_EVENTTYPE_FD_READ;
  EQ(wasi_poll_oneoff(P(&wanted), P(&event), 1, P(&happened)), OK);
  EQ(receive(0, text, 8, 0, &size, &out), OK);
  EQ(size, 0);
  EQ(wasi_poll_oneoff(P(&wanted), P(&event), 1, P(&happened)), OK);
  EQ(event.fd_readwrite.flags & 1, 1);
  EITHER(wasi_sock_shutdown(0, 2), OK, __WASI_ERRNO_NOTCONN);
}

TEST(sock_recv, what_is_no_socket) {
  char text[4];
  u32 size;
  u16 out;
  const u32 file = open_file("f", CREAT);
  const u32 fds[] = {file, dir, embedded};
  for (u32 i = 0; i < 3; ++i) {
    EQ(receive(fds[i], text, 4, 0, &size, &out), NOTSOCK);
    EQ(send_text(fds[i], "x"), NOTSOCK);
    EQ(wasi_sock_shutdown(fds[i], 3), NOTSOCK);
    EQ(wasi_sock_accept(fds[i], 0, P(&size)), NOTSOCK);
  }
  EQ(close_fd(file), OK);
  EQ(receive(file, text, 4, 0, &size, &out), BADF);
  EQ(send_text(CLOSED, "x"), BADF);
  EQ(wasi_sock_shutdown(0xffffffff, 3), BADF);
  EQ(wasi_sock_accept(CLOSED, 0, P(&size)), BADF);
}
TEST_WITH(pipes, sock_recv, pipes_are_no_sockets) {
  char text[4];
  u32 size;
  u16 out;
  EQ(receive(0, text, 4, 0, &size, &out), NOTSOCK);
  EQ(wasi_sock_shutdown(1, 3), NOTSOCK);
}

TEST_WITH(listener, sock_accept, two_clients) {
  u32 a = CLOSED, b = CLOSED;
  FOR_BAD(bad, 4) EQ(wasi_sock_accept(0, 0, bad), FAULT);
  EQ(wasi_sock_accept(0, 1, P(&a)), INVAL);
  EQ(wasi_sock_accept(0, 0xff, P(&a)), INVAL);
  EQ(wasi_sock_accept(0, 0, P(&a)), OK);
  EQ(wasi_sock_accept(0, __WASI_FDFLAGS_NONBLOCK, P(&b)), OK);
  __wasi_fdstat_t stat;
  EQ(wasi_fd_fdstat_get(b, P(&stat)), OK);
  EQ(stat.fs_filetype, __WASI_FILETYPE_SOCKET_STREAM);
  EQ(stat.fs_flags, __WASI_FDFLAGS_NONBLOCK);
  char text[4];
  u32 size;
  u16 out;
  EQ(receive(b, text, 4, 0, &size, &out), AGAIN);
  TRUE(talk(a, "hello"));
  EQ(wasi_fd_fdstat_set_flags(b, 0), OK);
  TRUE(talk(b, "hello too"));
  EQ(wasi_sock_shutdown(a, 2), OK);  // the client sees the end, and hangs up
  EQ(receive(a, text, 4, 0, &size, &out), OK);
  EQ(size, 0);
  EQ(wasi_sock_accept(a, 0, P(&size)), NOTCAPABLE);
  EQ(close_fd(a), OK);
  EQ(receive(a, text, 4, 0, &size, &out), BADF);
  EQ(close_fd(b), OK);
  EQ(wasi_fd_fdstat_set_flags(0, __WASI_FDFLAGS_NONBLOCK), OK);
  EQ(wasi_sock_accept(0, 0, P(&a)), AGAIN);
  EQ(wasi_fd_fdstat_set_flags(0, 0), OK);
}

TEST_WITH(datagram, sock_recv, messages_are_kept_apart_and_cut) {
  char text[16];
  u32 size;
  u16 out;
  EQ(send_text(0, "first"), OK);
  EQ(send_text(0, "second"), OK);
  EQ(receive(0, text, 16, 0, &size, &out), OK);
  TRUE(size == 5 && memcmp(text, "first", 5) == 0);
  EQ(out, 0);
  EQ(receive(0, text, 3, 0, &size, &out), OK);
  TRUE(size == 3 && memcmp(text, "sec", 3) == 0);
  EQ(out, __WASI_ROFLAGS_RECV_DATA_TRUNCATED);
  EQ(send_text(0, "third"), OK);
  EQ(receive(0, text, 16, 0, &size, &out), OK);  // the rest of the second is gone
  TRUE(size == 5 && memcmp(text, "third", 5) == 0);
  __wasi_fdstat_t stat;
  EQ(wasi_fd_fdstat_get(0, P(&stat)), OK);
  EQ(stat.fs_filetype, __WASI_FILETYPE_SOCKET_DGRAM);
}
