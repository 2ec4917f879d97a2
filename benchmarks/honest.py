"""Clients that refresh at a steady pace, in a process of their own.

`python -m benchmarks.honest PORT RATE SECONDS < tokens` with a token a line and a connection for
each; RATE 0 asks as fast as it can. Prints a line of JSON: what was sent, what was lost, latencies.
A latency counts from the moment at which the request was due, so a stall is not left out.
"""

from __future__ import annotations

import json
import re
import select
import socket
import sys
import time
from collections import Counter, deque
from dataclasses import dataclass, field

from benchmarks.operations import OPERATION
from benchmarks.servers import HOST

_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)
_TOKEN = re.compile(OPERATION.mark.encode())
_BEFORE, _AFTER = OPERATION.before.encode(), OPERATION.after.encode()
_HEAD = (
    f"{OPERATION.method} {OPERATION.path} HTTP/1.1\r\nhost: {HOST}\r\n"
    "content-type: application/json\r\n"
).encode()

STEP = 0.001
"""Seconds between two looks at what is due."""

LONGEST_ANSWER = 65_536
LAST_ANSWERS = 30.0
"""Seconds that answers are waited for after the last request."""


@dataclass(slots=True)
class Increment:
    """What became of the requests; latencies in seconds."""

    latencies: list[float] = field(default_factory=list)
    lost: Counter[str] = field(default_factory=Counter)

    def said(self) -> dict[str, object]:
        """For the one who asked."""
        ordered = sorted(self.latencies)
        return {
            "good": len(ordered),
            "lost": dict(self.lost),
            "p50": ordered[len(ordered) // 2] if ordered else None,
            "p99": ordered[len(ordered) * 99 // 100] if ordered else None,
        }


class Client:
    """A connection with its newest token; asks one thing at a time. A plain socket, since clients
    and service share the processors.
    """

    def __init__(self, port: int, token: bytes, tally: Increment) -> None:
        self._socket = socket.create_connection((HOST, port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._token = token
        self._tally = tally
        self._due: float | None = None
        self._heard = b""

    def fileno(self) -> int:
        """Of the connection."""
        return self._socket.fileno()

    def ask(self, due: float) -> None:
        """Refresh; `due` is when this should have begun, by the monotonic clock."""
        self._due = due
        body = _BEFORE + self._token + _AFTER
        self._socket.sendall(_HEAD + b"content-length: %d\r\n\r\n" % len(body) + body)

    def hear(self) -> bool:
        """Read what has come. Whether the client may ask again."""
        data = self._socket.recv(LONGEST_ANSWER)
        if not data:
            raise ConnectionResetError("the service has closed a connection")
        self._heard += data
        head, end, body = self._heard.partition(b"\r\n\r\n")
        length = _LENGTH.search(head + b"\r\n")
        if not end or not length or len(body) < int(length[1]):
            return False
        self._heard = b""
        self._answered(head, body)
        return True

    def lose(self) -> None:
        """The connection has ended."""
        self._socket.close()
        if self._due is not None:
            self._tally.lost["connection"] += 1

    def _answered(self, head: bytes, body: bytes) -> None:
        token = _TOKEN.search(body)
        if token is None:
            self._tally.lost[head.split(b"\r\n")[0].decode()] += 1
        elif self._due is not None:
            self._token = token[1]
            self._tally.latencies.append(time.monotonic() - self._due)
        self._due = None


class Clients:
    """Owns the clients, and which of them wait for nothing."""

    def __init__(self, port: int, tokens: list[bytes]) -> None:
        self.tally = Increment()
        self._clients = {}
        self._poll = select.epoll()
        for token in tokens:
            client = Client(port, token, self.tally)
            self._clients[client.fileno()] = client
            self._poll.register(client, select.EPOLLIN)
        self._idle = deque(self._clients.values())

    def pace(self, rate: float, seconds: float) -> Increment:
        """Ask at that rate. A request that finds no idle connection waits, and its latency counts.
        Rate 0 asks as soon as a connection is idle.
        """
        begun, sent = time.monotonic(), 0
        while (now := time.monotonic()) < begun + seconds:
            due = int((now - begun) * rate) if rate else sent + len(self._idle)
            while self._idle and sent < due:
                self._idle.popleft().ask(begun + sent / rate if rate else now)
                sent += 1
            self._hear(STEP if rate else seconds)
        until = time.monotonic() + LAST_ANSWERS
        while self._answered() < sent and time.monotonic() < until:
            self._hear(STEP)
        self.tally.lost["silence"] += sent - self._answered()
        self.tally.lost += Counter()
        return self.tally

    def _answered(self) -> int:
        return len(self.tally.latencies) + self.tally.lost.total()

    def _hear(self, longest: float) -> None:
        """Read all answers that have come, or wait so many seconds for the first."""
        for descriptor, _ in self._poll.poll(longest):
            client = self._clients[descriptor]
            try:
                if client.hear():
                    self._idle.append(client)
            except OSError:
                client.lose()


def main() -> None:
    """Read the command line and the tokens, and print what became of them."""
    port, rate, seconds = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
    tokens = sys.stdin.buffer.read().split()
    print(json.dumps(Clients(port, tokens).pace(rate, seconds).said()))


if __name__ == "__main__":
    main()
