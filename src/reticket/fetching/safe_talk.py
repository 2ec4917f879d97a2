"""Conversations with one server that speaks no HTTP, such as one of LDAP."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import TypeVar

from reticket.core.fetching.model import FetchFault, Unfetched
from reticket.core.fetching.stream import Stream
from reticket.fetching.connection import receiver, send
from reticket.fetching.deadline import Deadline, Seconds
from reticket.fetching.faults import Failed, or_fault
from reticket.fetching.reach import Reach
from reticket.fetching.target import target_of

PORTS = {"ldaps": 636}
"""By scheme."""

LONGEST_ANSWER = 196_608
"""Bytes that the other side may send in all."""

T = TypeVar("T")


class SafeTalk:
    """The port `Talk`. Used by many threads.

    Args:
        url: an ldaps URL.
        reach: says which servers may be connected to.
        seconds: a monotonic clock.
        timeout: seconds for one conversation in all.
    """

    def __init__(self, url: str, reach: Reach, seconds: Seconds, timeout: float) -> None:
        self._url = url
        self._reach = reach
        self._seconds = seconds
        self._timeout = timeout

    def __call__(self, conversation: Callable[[Stream], T]) -> T | Unfetched:
        """The result of the conversation, or the fault."""
        deadline = Deadline(self._seconds() + self._timeout, self._seconds)
        return or_fault(lambda: self._held(conversation, deadline))

    def _held(self, conversation: Callable[[Stream], T], deadline: Deadline) -> T:
        with self._reach.open(target_of(self._url, PORTS), deadline) as connection:
            return conversation(_Connection(connection, deadline))


class _Connection:
    """Owns how many bytes were received, until a deadline."""

    def __init__(self, connection: ssl.SSLSocket, deadline: Deadline) -> None:
        self._connection = connection
        self._deadline = deadline
        self._receive = receiver(connection, deadline)
        self._received = 0

    def send(self, data: bytes) -> None:
        send(self._connection, data, self._deadline)

    def receive(self) -> bytes:
        data = self._receive()
        self._received += len(data)
        if self._received > LONGEST_ANSWER:
            raise Failed(FetchFault.TOO_LARGE)
        return data
