"""Raw bytes to a server, and what it answers."""

from __future__ import annotations

import re
import socket
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n")


@dataclass(frozen=True)
class Answer:
    """One answer, head in lower case."""

    status: int
    head: bytes
    body: bytes

    @property
    def says_close(self):
        return b"\r\nconnection: close\r\n" in self.head


def opened(url, timeout=60):
    """A connection of its own."""
    address = urlsplit(url)
    return socket.create_connection((address.hostname, address.port), timeout)


def byte_by_byte(line, stream):
    """Each byte in a packet of its own; a server that has refused enough may end it."""
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with suppress(BrokenPipeError, ConnectionResetError):
        for byte in stream:
            line.sendall(bytes([byte]))


def at_once(line, stream):
    line.sendall(stream)


def read_answer(line, said):
    """The next answer, taken off `said` and the socket; None at the end of the stream.

    A server may ask for a body that is on its way (100): that is not yet an answer.
    """
    while not _holds_a_head(said):
        if not _more(line, said):
            assert not said, bytes(said)
            return None
    end = said.index(b"\r\n\r\n") + 4
    head = bytes(said[:end]).lower()
    status = int(head.split(b" ", 2)[1])
    length = _LENGTH.search(head)
    until = end + (int(length[1]) if length else 0)
    while len(said) < until:
        assert _more(line, said), "an answer was cut"
    body = bytes(said[end:until])
    del said[:until]
    return Answer(status, head, body)


def _holds_a_head(said):
    while said.startswith(CONTINUE):
        del said[: len(CONTINUE)]
    return b"\r\n\r\n" in said


def read_answers(line, count):
    """That many answers, or as many as come before the connection ends."""
    said, found = bytearray(), []
    while len(found) < count and (answer := read_answer(line, said)):
        found.append(answer)
    return found


def is_open(line):
    """Whether another request is answered."""
    try:
        line.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
        return bool(line.recv(1))
    except (BrokenPipeError, ConnectionResetError):
        return False


def _more(line, said):
    data = line.recv(65_536)
    said += data
    return bool(data)
