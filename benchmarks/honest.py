"""Clients that refresh at a steady pace, in a process of their own.

`python -m benchmarks.honest PORT RATE SECONDS < tokens` with a token a line and a connection for
each; RATE 0 asks as fast as it can. Prints a line of JSON: what was sent, what was lost, latencies.
A latency counts from the moment at which the request was due, so a stall is not left out.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import cast

import uvloop

from benchmarks.operations import OPERATION
from benchmarks.servers import HOST

_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)
_TOKEN = re.compile(OPERATION.mark.encode())
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


class Client(asyncio.Protocol):
    """A connection with its newest token; asks one thing at a time."""

    def __init__(self, token: bytes, tally: Increment, idle: deque[Client]) -> None:
        self._token = token
        self._tally = tally
        self._idle = idle
        self._due: float | None = None
        self._heard = b""
        self._loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._idle.append(self)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._due is not None:
            self._tally.lost["connection"] += 1

    def ask(self, due: float) -> None:
        """Refresh; `due` is when this should have begun, by the loop's clock."""
        self._due = due
        body = OPERATION.before.encode() + self._token + OPERATION.after.encode()
        head = f"{OPERATION.method} {OPERATION.path} HTTP/1.1\r\nhost: {HOST}\r\n"
        head += "content-type: application/json\r\n"
        self._transport.write(head.encode() + b"content-length: %d\r\n\r\n" % len(body) + body)

    def data_received(self, data: bytes) -> None:
        self._heard += data
        head, end, body = self._heard.partition(b"\r\n\r\n")
        length = _LENGTH.search(head + b"\r\n")
        if end and length and len(body) >= int(length[1]):
            self._heard = b""
            self._answered(head, body)

    def _answered(self, head: bytes, body: bytes) -> None:
        token = _TOKEN.search(body)
        if token is None:
            self._tally.lost[head.split(b"\r\n")[0].decode()] += 1
        elif self._due is not None:
            self._token = token[1]
            self._tally.latencies.append(self._loop.time() - self._due)
        self._due = None
        self._idle.append(self)


async def pace(port: int, rate: float, seconds: float, tokens: list[bytes]) -> Increment:
    """Ask at that rate; a request that finds no idle connection waits, and its latency counts."""
    loop, tally, idle = asyncio.get_running_loop(), Increment(), deque[Client]()
    for token in tokens:
        await loop.create_connection(lambda token=token: Client(token, tally, idle), HOST, port)
    begun, sent = loop.time(), 0
    while (now := loop.time()) < begun + seconds:
        due = int((now - begun) * rate) if rate else sent + len(idle)
        while idle and sent < due:
            idle.popleft().ask(begun + sent / rate if rate else now)
            sent += 1
        await asyncio.sleep(0.001 if rate else 0)
    until = loop.time() + LAST_ANSWERS
    while len(tally.latencies) + tally.lost.total() < sent and loop.time() < until:
        await asyncio.sleep(0.01)
    tally.lost["silence"] += sent - len(tally.latencies) - tally.lost.total()
    tally.lost += Counter()
    return tally


def main() -> None:
    """Read the command line and the tokens, and print what became of them."""
    port, rate, seconds = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
    tokens = sys.stdin.buffer.read().split()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(json.dumps(runner.run(pace(port, rate, seconds, tokens)).said()))


if __name__ == "__main__":
    main()
