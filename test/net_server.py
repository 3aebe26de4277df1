#!/usr/bin/env python3
"""A small server for the network tests: net_server.py http|udp|dns ADDRESS PORT FILE. Writes the port it listens on to FILE
(PORT 0: the system chooses) and runs until it is ended. `http` answers every path with "path=...", /none with 404, and
/slow in two parts; `udp` sends every datagram back, and one that says "other" from another port; `dns` prints the names that
it is asked for, gives NAME.ok.test the address 192.0.2.10, NAME.inward.test 127.0.0.1, and knows no other."""
import http.server
import os
import socket
import sys
import time


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        status = 404 if self.path == "/none" else 200
        body = f"path={self.path} host={self.headers['Host']}\n".encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.path == "/slow":
            self.wfile.write(body[:4])
            self.wfile.flush()
            time.sleep(0.3)
            body = body[4:]
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    def server_bind(self):  # without the reverse lookup of the address, which would ask a name server
        socket_server_bind(self)


def socket_server_bind(server):
    server.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.socket.bind(server.server_address)
    server.server_address = server.socket.getsockname()
    server.server_name, server.server_port = server.server_address[:2]


def tell(path, port):
    with open(path + ".new", "w") as file:
        file.write(f"{port}\n")
    os.rename(path + ".new", path)


def serve_names(address, port, path):
    own = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    own.bind((address, port))
    tell(path, port)
    while True:
        query, sender = own.recvfrom(512)
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode("ascii", "replace"))
            at += 1 + query[at]
        name = ".".join(labels)
        print(name, flush=True)
        question = query[12:at + 5]
        known = {"ok.test": b"\xc0\x00\x02\x0a", "inward.test": b"\x7f\x00\x00\x01"}.get(".".join(labels[-2:]))
        is_a = question[-4:-2] == b"\x00\x01"
        answer = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x00\x00\x04" + known if known and is_a else b""
        flags = b"\x81\x80" if known else b"\x81\x83"
        head = query[:2] + flags + b"\x00\x01" + (b"\x00\x01" if answer else b"\x00\x00") + b"\x00" * 4
        own.sendto(head + question + answer, sender)


def main():
    kind, address, port, path = sys.argv[1:]
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    if kind == "http":
        Server.address_family = family
        server = Server((address, int(port)), Answer)
        tell(path, server.server_port)
        server.serve_forever()
    if kind == "dns":
        serve_names(address, int(port), path)
    own = socket.socket(family, socket.SOCK_DGRAM)
    own.bind((address, int(port)))
    other = socket.socket(family, socket.SOCK_DGRAM)
    other.bind((address, 0))
    tell(path, own.getsockname()[1])
    while True:
        data, sender = own.recvfrom(65536)
        if data == b"other":
            other.sendto(b"from another port", sender)
        else:
            own.sendto(data, sender)


main()
