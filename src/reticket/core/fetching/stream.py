"""A conversation with one server over a connection under TLS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from reticket.core.fetching.model import Unfetched

T = TypeVar("T")


class Stream(Protocol):
    """An open connection. Both verbs raise OSError, also when the time of the conversation is
    over.
    """

    def send(self, data: bytes) -> None:
        """Send all of it."""

    def receive(self) -> bytes:
        """The next bytes; none at the end."""


class Talk(Protocol):
    """The port: opens a connection to a server, and has a conversation. It blocks, for some seconds
    at most.
    """

    def __call__(self, conversation: Callable[[Stream], T]) -> T | Unfetched:
        """The result of the conversation, or why there is none."""
        ...
