"""Raw bytes to a server, and what it answers."""

from __future__ import annotations

import re
import select
import socket
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
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


def opened(url, timeout=60, source="127.0.0.1"):
    """A connection of its own, from that address."""
    address = urlsplit(url)
    return socket.create_connection((address.hostname, address.port), timeout, (source, 0))


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


def deaf(host, port):
    """A connection with a small receive buffer, which notices when the other end is gone."""
    line = socket.socket()
    line.settimeout(60)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1)
    line.connect((host, port))
    return line


def is_forgotten(line):
    """Whether the system at the other end has dropped the connection."""
    watched = select.poll()
    watched.register(line, 0)
    return bool(watched.poll(0))


def is_open(line):
    """Whether another request is answered."""
    try:
        line.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
        return bool(line.recv(1))
    except (BrokenPipeError, ConnectionResetError):
        return False


def is_read(line):
    """Whether the process at the other end, on this machine, has read all that was sent to it."""
    queues, ours, theirs = _queues(), line.getsockname()[1], line.getpeername()[1]
    return queues[ours, theirs][0] == queues[theirs, ours][1] == 0


def unread_by(line):
    """Looks how many bytes the system at the other end holds for it."""
    ends = line.getpeername()[1], line.getsockname()[1]
    return lambda: _queues().get(ends, (0, 0))[0]


def _queues():
    """Bytes that wait to leave and bytes that wait to be read, by the ports of a connection."""
    found = {}
    for row in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, here, there, _, queues, *_ = row.split()
        ports = tuple(int(each.rpartition(":")[2], 16) for each in (here, there))
        found[ports] = [int(each, 16) for each in queues.split(":")]
    return found


def _more(line, said):
    data = line.recv(65_536)
    said += data
    return bool(data)
