"""Ten thousand idle connections from a hundred addresses, reopened whenever one is closed, and two
thousand requests a second that mean nothing: forged tokens, broken bodies, paths that are none,
bytes that are no HTTP. For so many seconds, a minute by default:
`python -m tests.attacks.throng URL [SECONDS]`.
"""

from __future__ import annotations

import errno
import itertools
import resource
import select
import socket
import sys
import time
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import suppress

from tests.attacks.target import Target, target_of

IDLE = 10_000
ADDRESSES = 100
RATE = 2000
"""Requests a second."""

SENDERS = 64
STEP = 0.01
"""Seconds between two looks."""

OPENED_AT_ONCE = 100
LONGEST_ANSWER = 65_536

CHOOSE_PORT_LATE = 24
"""IP_BIND_ADDRESS_NO_PORT of ip(7): the port is chosen by `connect`, which takes less time."""

MINUTE = 60


def source(number: int) -> str:
    """One of so many addresses of 127/8."""
    return f"127.0.9.{1 + number % ADDRESSES}"


def nonsense(host: str) -> Iterator[bytes]:
    """Requests without end, each kind in turn."""
    forged = b'{"refresh_token":"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.AAAA"}'
    broken = b'{"refresh_token":'
    kinds = [
        _request(host, b"/api/v4/session/token/refresh", forged),
        _request(host, b"/api/v1/auth/refresh-token", broken),
        _request(host, b"/nothing/here", b""),
        b"\x16\x03\x01 no HTTP at all\r\n\r\n",
    ]
    return itertools.cycle(kinds)


def _request(host: str, path: bytes, body: bytes) -> bytes:
    head = b"POST %b HTTP/1.1\r\nhost: %b\r\ncontent-type: application/json\r\n"
    return head % (path, host.encode()) + b"content-length: %d\r\n\r\n" % len(body) + body


class Throng:
    """Owns the open connections and the counts of what was sent and seen.

    These are plain sockets, since the clients often share the processors with what they attack.
    """

    def __init__(self, target: Target) -> None:
        self._address = target.host, target.port
        self._nonsense = nonsense(target.host)
        self._poll = select.epoll()
        self._idle: dict[int, tuple[socket.socket, str]] = {}
        self._senders: dict[int, socket.socket] = {}
        self._wanted = deque(source(number) for number in range(IDLE))
        self.seen: Counter[str] = Counter()

    def come(self, seconds: float) -> Counter[str]:
        """Stay for that long."""
        begun = time.monotonic()
        while (now := time.monotonic() - begun) < seconds:
            self._open_idle()
            for _ in range(int(now * RATE) - self.seen["requests"]):
                self._ask()
            time.sleep(STEP)
            for descriptor, _ in self._poll.poll(0):
                self._notice(descriptor)
        self.seen["open"] = len(self._idle)
        return self.seen

    def _open_idle(self) -> None:
        for _ in range(min(OPENED_AT_ONCE, len(self._wanted))):
            address = self._wanted.popleft()
            opened = self._connected(address)
            if opened is None:
                self._wanted.append(address)
            else:
                self._idle[opened.fileno()] = opened, address

    def _ask(self) -> None:
        """Send the next request on the next of the connections, which is opened if need be."""
        number = self.seen["requests"]
        self.seen["requests"] += 1
        request = next(self._nonsense)
        sender = self._senders.get(number % SENDERS) or self._connected(source(number))
        if sender is not None:
            self._senders[number % SENDERS] = sender
            with suppress(OSError):
                sender.send(request)

    def _notice(self, descriptor: int) -> None:
        """Count the answers of a connection, and forget one that was closed."""
        if descriptor in self._idle:
            connection, address = self._idle.pop(descriptor)
            self._wanted.append(address)
            self.seen["closed"] += 1
            connection.close()
            return
        number = next(each for each, one in self._senders.items() if one.fileno() == descriptor)
        received = _received(self._senders[number])
        self.seen["answers"] += received.count(b"HTTP/1.1 ")
        if not received:
            self._senders.pop(number).close()

    def _connected(self, address: str) -> socket.socket | None:
        connection = socket.socket(type=socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        connection.setsockopt(socket.IPPROTO_IP, CHOOSE_PORT_LATE, 1)
        connection.bind((address, 0))
        if connection.connect_ex(self._address) not in (0, errno.EINPROGRESS):
            self.seen["not opened"] += 1
            connection.close()
            return None
        self._poll.register(connection, select.EPOLLIN | select.EPOLLRDHUP)
        return connection


def _received(connection: socket.socket) -> bytes:
    try:
        return connection.recv(LONGEST_ANSWER)
    except OSError:
        return b""


def main() -> None:
    """Run the load, and print the counts."""
    if len(sys.argv) not in (2, 3):
        raise SystemExit("usage: python -m tests.attacks.throng http://127.0.0.1:PORT [SECONDS]")
    target, seconds = target_of(sys.argv[1]), float((*sys.argv, MINUTE)[2])
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    sys.stdout.write(f"{dict(Throng(target).come(seconds))}\n")


if __name__ == "__main__":
    main()
