"""Places at addresses of the loopback, behind proxies that can hold back what they pass on."""

from __future__ import annotations

import multiprocessing
import random
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

from tests.torture.relay import relay

HOMES, FRONTS = "127.77", "127.78"


@contextmanager
def proxies(places: int) -> Iterator[Proxies]:
    """They work in a process of their own: the clients keep this one busy."""
    ours, theirs = multiprocessing.Pipe()
    net = random.randrange(1, 255)
    homes = [f"{HOMES}.{net}.{place + 1}" for place in range(places)]
    process = multiprocessing.get_context("spawn").Process(target=relay, args=(theirs, homes))
    process.start()
    with ours, theirs:
        try:
            yield Proxies(net, ours)
        finally:
            process.kill()
            process.join()
            process.close()


class Proxies:
    """What is sent over a cut comes when it is mended, as with TCP."""

    name = "proxies"

    def __init__(self, net: int, relay: Connection) -> None:
        self._net, self._relay = net, relay

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Everywhere."""
        yield

    def home(self, place: int) -> str:
        return f"{HOMES}.{self._net}.{place + 1}"

    def address(self, place: int) -> str:
        return f"{FRONTS}.{self._net}.{place + 1}"

    def forward(self, place: int, *ports: int) -> None:
        for port in ports:
            self._tell("forward", place, self.address(place), port)

    @contextmanager
    def cut(self, place: int) -> Iterator[None]:
        with self._told("cut", place):
            yield

    @contextmanager
    def cut_from_peers(self, place: int) -> Iterator[None]:
        with self._told("alone", place):
            yield

    @contextmanager
    def _told(self, what: str, place: int) -> Iterator[None]:
        self._tell("begin", what, place)
        try:
            yield
        finally:
            self._tell("end", what, place)

    def _tell(self, *words: str | int) -> None:
        """Send a command, and wait until it is done."""
        self._relay.send(words)
        self._relay.recv()
