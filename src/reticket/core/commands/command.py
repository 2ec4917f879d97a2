"""The base of all commands: a request of an operation, with the type of its result."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, Generic, TypeAlias, TypeVar

R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)


class Command(Generic[R_co]):
    """Asks the service for something of type `R_co`: `issued = yield from Refresh(...)`."""

    __slots__ = ()

    def __iter__(self) -> Asking[R_co]:
        """Yield the command to the service, which performs it, and return its result."""
        result: R_co = yield self
        return result


Asking: TypeAlias = Generator[Command[Any], Any, R]
"""A generator that yields commands, receives their results or errors, and returns an `R`."""
