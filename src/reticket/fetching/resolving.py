"""Finds the addresses of a host within a deadline."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from threading import BoundedSemaphore, Thread
from typing import Any, NamedTuple

from reticket.core.fetching.model import FetchFault
from reticket.fetching.deadline import Deadline
from reticket.fetching.faults import Failed

MOST_AT_ONCE = 64
"""Threads that wait for the system's resolver, which nobody can stop once it has begun."""


class Address(NamedTuple):
    """An address as the socket module has it; the first member of `place` is its text."""

    family: int
    place: tuple[Any, ...]

    @property
    def text(self) -> str:
        """The address alone."""
        return str(self.place[0])


Lookup = Callable[[str, int], Sequence[Address]]


def system_lookup(host: str, port: int) -> Sequence[Address]:
    """The addresses that the system knows. OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return [Address(family, place) for family, _, _, _, place in found]


class Resolver:
    """Owns the threads that wait for the resolver.

    A name server may take half a minute. Its caller does not wait for longer than its deadline.

    Args:
        lookup: finds addresses; it blocks.
    """

    def __init__(self, lookup: Lookup = system_lookup, most: int = MOST_AT_ONCE) -> None:
        self._lookup = lookup
        self._places = BoundedSemaphore(most)

    def resolve(self, host: str, port: int, deadline: Deadline) -> Sequence[Address]:
        """The addresses of a host. Failed: NO_ADDRESS; TimeoutError."""
        if not self._places.acquire(timeout=deadline.left()):
            raise TimeoutError("the threads of the resolver")
        answer: SimpleQueue[Sequence[Address]] = SimpleQueue()
        Thread(target=self._look_up, args=(host, port, answer), daemon=True).start()
        try:
            addresses = answer.get(timeout=deadline.left())
        except Empty:
            raise TimeoutError("the resolver") from None
        if not addresses:
            raise Failed(FetchFault.NO_ADDRESS)
        return addresses

    def _look_up(self, host: str, port: int, answer: SimpleQueue[Sequence[Address]]) -> None:
        try:
            answer.put(self._lookup(host, port))
        except (OSError, UnicodeError):
            answer.put(())
        finally:
            self._places.release()
