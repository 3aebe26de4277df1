#!/usr/bin/env python3
"""with_socket.py socket|listener|datagram COMMAND...: runs it with sockets as standard streams (sock_test.c says which)."""
import socket
import subprocess
import sys
import threading
import os


def echo(connection):
    """Sends back what comes, until "bye" or the end."""
    try:
        while data := connection.recv(4096):
            if data == b"bye":
                break
            connection.send(data)
    except OSError:
        pass
    connection.close()


def main():
    kind, command = sys.argv[1], sys.argv[2:]
    theirs = []
    if kind == "listener":
        listener = socket.create_server(("127.0.0.1", 0))
        clients = [socket.create_connection(listener.getsockname()) for _ in range(2)]
        standard_input, theirs = listener, clients
    else:
        types = {"socket": socket.SOCK_STREAM, "datagram": socket.SOCK_DGRAM}
        standard_input, other = socket.socketpair(socket.AF_UNIX, types[kind])
        theirs = [other]
    reader, writer = os.pipe()
    os.write(writer, b"pipe")
    process = subprocess.Popen(command, stdin=standard_input, stdout=subprocess.PIPE, stderr=reader)
    standard_input.close()
    os.close(reader)
    for connection in theirs:
        threading.Thread(target=echo, args=(connection,), daemon=True).start()
    try:
        process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    return process.returncode


sys.exit(main())
