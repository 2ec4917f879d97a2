"""A pooler in transaction mode, as strict as they come: every transaction meets another server.

It knows nothing of prepared statements, like PgBouncer before 1.21.
"""

import contextlib
import queue
import select
import socket
import struct
import threading

SSL, GSS = 80877103, 80877104


def message(kind, body):
    return kind + struct.pack("!I", len(body) + 4) + body


def read(connection, count):
    received = b""
    while len(received) < count:
        part = connection.recv(count - len(received))
        if not part:
            raise ConnectionError
        received += part
    return received


def read_message(connection):
    head = read(connection, 5)
    return head[:1], read(connection, struct.unpack("!I", head[1:])[0] - 4)


class Pooler:
    """Listens on loopback and shares a few servers among all comers."""

    def __init__(self, path, database, servers=3):
        self._idle = queue.Queue()
        for _ in range(servers):
            self._idle.put(self._server(path, database))
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._clients = []
        self.turns = 0
        self.url = f"postgresql://postgres@127.0.0.1:{self._socket.getsockname()[1]}/{database}"
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def close(self):
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for client in self._clients:
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for client in self._clients:
            client.close()
        while not self._idle.empty():
            self._idle.get().close()

    def _server(self, path, database):
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(path)
        said = f"user\0postgres\0database\0{database}\0\0".encode()
        connection.sendall(struct.pack("!II", len(said) + 8, 196608) + said)
        self._settings = b""
        kind = b""
        while kind != b"Z":
            kind, body = read_message(connection)
            if kind == b"S":
                self._settings += message(kind, body)
        return connection

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._socket.accept()
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._clients.append(client)
                self._threads.append(threading.Thread(target=self._serve, args=(client,)))
                self._threads[-1].start()

    def _serve(self, client):
        with contextlib.suppress(OSError):
            self._greet(client)
            while self._transaction(client):
                self.turns += 1

    def _greet(self, client):
        while True:
            length, code = struct.unpack("!II", read(client, 8))
            read(client, length - 8)
            if code not in (SSL, GSS):
                break
            client.sendall(b"N")
        own_key = message(b"K", struct.pack("!II", 2_000_000_000, 7))
        welcome = message(b"R", bytes(4)) + self._settings + own_key
        client.sendall(welcome + message(b"Z", b"I"))

    def _transaction(self, client):
        kind, body = read_message(client)
        if kind == b"X":
            return False
        server = self._idle.get()
        try:
            self._relay(client, server, kind, body)
        finally:
            self._idle.put(server)
        return True

    def _relay(self, client, server, kind, body):
        unanswered = kind in (b"Q", b"S")
        server.sendall(message(kind, body))
        while True:
            for ready in select.select([client, server], [], [])[0]:
                kind, body = read_message(ready)
                if ready is client:
                    unanswered += kind in (b"Q", b"S")
                    server.sendall(message(kind, body))
                    continue
                client.sendall(message(kind, body))
                unanswered -= kind == b"Z"
                if kind == b"Z" and not unanswered and body == b"I":
                    return
