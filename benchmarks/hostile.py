"""Addresses that sign in as fast as they are answered, in a process of their own.

`python -m benchmarks.hostile PORT NAME` where NAME is one of `CROWDS`. Goes on until its input
ends, then prints how often it got each answer as a line of JSON.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from itertools import count, repeat

import uvloop

from benchmarks.servers import HOST
from benchmarks.sign_ins import SIGN_IN, VALID

_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)
PAUSE = 0.01
"""Seconds before a connection that was refused or broken is opened again."""

VALID_HOME = "127.1.1.1"
Person = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Crowd:
    """Who signs in fast.

    Args:
        guessing: addresses that send wrong passwords, each for ever new e-mails.
        valid: whether one address signs in with an account of its own and its right password.
        connections: how many each of the addresses has.
    """

    guessing: int
    valid: bool
    connections: int

    def sources(self) -> Iterator[tuple[str, Iterator[Person]]]:
        """An address for each connection, and what it sends."""
        for number in range(self.guessing):
            yield from repeat((f"127.1.0.{number + 1}", _guesses(number)), self.connections)
        if self.valid:
            yield from repeat((VALID_HOME, repeat(VALID)), self.connections)


CROWDS = {
    "crowd": Crowd(guessing=49, valid=True, connections=2),
    "account": Crowd(guessing=0, valid=True, connections=100),
}
"""Both have more connections than the queue of passwords has places."""


def _guesses(number: int) -> Iterator[Person]:
    return ({"email": f"{number}.{turn}@example.com", "password": "wrong"} for turn in count())


class Hostile:
    """Owns the connections and what they were answered."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.answers: Counter[str] = Counter()

    async def sign_in(self, address: str, people: Iterator[Person]) -> None:
        """On one connection after the other, for ever."""
        while True:
            with suppress(OSError, EOFError, asyncio.LimitOverrunError):
                reader, writer = await asyncio.open_connection(
                    HOST, self._port, local_addr=(address, 0)
                )
                with closing(writer):
                    await self._ask_on(reader, writer, people)
            await asyncio.sleep(PAUSE)

    async def _ask_on(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        people: Iterator[Person],
    ) -> None:
        for person in people:
            body = json.dumps(person)
            writer.write(
                f"POST {SIGN_IN} HTTP/1.1\r\nhost: {HOST}\r\ncontent-type: application/json\r\n"
                f"content-length: {len(body)}\r\n\r\n{body}".encode()
            )
            head = await reader.readuntil(b"\r\n\r\n")
            length = _LENGTH.search(head)
            said = json.loads(await reader.readexactly(int(length[1]) if length else 0))
            self.answers[f"{head.split()[1].decode()}, code {said.get('code')}"] += 1


async def _until_input_ends(port: int, crowd: Crowd) -> Mapping[str, int]:
    hostile = Hostile(port)
    tasks = [asyncio.create_task(hostile.sign_in(*source)) for source in crowd.sources()]
    await asyncio.to_thread(sys.stdin.read)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return hostile.answers


def main() -> None:
    """Read the command line, sign in, and print what was answered."""
    port, crowd = int(sys.argv[1]), CROWDS[sys.argv[2]]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(json.dumps(runner.run(_until_input_ends(port, crowd))))


if __name__ == "__main__":
    main()
