"""Ten thousand idle connections from a hundred addresses, reopened whenever one is closed, and two
thousand requests a second that mean nothing: forged tokens, broken bodies, paths that are none,
bytes that are no HTTP. For so many seconds, a minute by default:
`python -m tests.attacks.throng URL [SECONDS]`.
"""

from __future__ import annotations

import asyncio
import itertools
import resource
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from typing import cast

import uvloop
from tests.attacks.target import Target, target_of

IDLE = 10_000
ADDRESSES = 100
RATE = 2000
"""Requests a second."""

SENDERS = 64
STEP = 0.01
"""Seconds between two looks."""

OPENED_AT_ONCE = 100

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


class Idle(asyncio.Protocol):
    """A connection that sends nothing, and is opened again when it is closed."""

    def __init__(self, throng: Throng, address: str) -> None:
        self._throng = throng
        self._address = address

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._throng.seen["open"] += 1

    def connection_lost(self, exc: Exception | None) -> None:
        self._throng.seen["open"] -= 1
        self._throng.seen["closed"] += 1
        self._throng.wanted.append(self._address)


class Sender(asyncio.Protocol):
    """A connection for nonsense; whatever is answered is only counted."""

    def __init__(self, throng: Throng) -> None:
        self._throng = throng
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._throng.seen["answers"] += data.count(b"HTTP/1.1 ")

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport = None


class Throng:
    """Owns the open connections and the counts of requests."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._loop = asyncio.get_running_loop()
        self._nonsense = nonsense(target.host)
        self.wanted = [source(number) for number in range(IDLE)]
        self.seen: Counter[str] = Counter()

    async def come(self, seconds: float) -> Counter[str]:
        """Stay for that long."""
        senders = [Sender(self) for _ in range(SENDERS)]
        until = self._loop.time() + seconds
        await asyncio.gather(self._stay(until), self._send(senders, until))
        return self.seen

    async def _stay(self, until: float) -> None:
        while self._loop.time() < until:
            due, self.wanted = self.wanted[:OPENED_AT_ONCE], self.wanted[OPENED_AT_ONCE:]
            await asyncio.gather(*(self._open(address) for address in due))
            await asyncio.sleep(STEP)

    async def _open(self, address: str) -> None:
        try:
            await self._connect(Idle(self, address), address)
        except OSError:
            self.seen["not opened"] += 1
            self.wanted.append(address)

    async def _send(self, senders: list[Sender], until: float) -> None:
        begun, turns = self._loop.time(), itertools.cycle(senders)
        while (now := self._loop.time()) < until:
            for _ in range(int((now - begun) * RATE) - self.seen["requests"]):
                await self._ask(next(turns))
            await asyncio.sleep(STEP)

    async def _ask(self, sender: Sender) -> None:
        self.seen["requests"] += 1
        if sender.transport is None:
            with suppress(OSError):
                await self._connect(sender, source(self.seen["requests"]))
        if sender.transport is not None:
            sender.transport.write(next(self._nonsense))

    async def _connect(self, protocol: asyncio.Protocol, address: str) -> None:
        place = self._target.host, self._target.port
        await self._loop.create_connection(lambda: protocol, *place, local_addr=(address, 0))


def main() -> None:
    """Run the load, and print the counts."""
    if len(sys.argv) not in (2, 3):
        raise SystemExit("usage: python -m tests.attacks.throng http://127.0.0.1:PORT [SECONDS]")
    target, seconds = target_of(sys.argv[1]), float((*sys.argv, MINUTE)[2])
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

    async def stay() -> Counter[str]:
        return await Throng(target).come(seconds)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.stdout.write(f"{dict(runner.run(stay()))}\n")


if __name__ == "__main__":
    main()
