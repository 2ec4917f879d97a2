"""What every command is: something that an operation asks for, and the type of its result."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, Generic, TypeAlias, TypeVar

R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)


class Command(Generic[R_co]):
    """Asks the service for something of type `R_co`: `issued = yield from Refresh(...)`."""

    __slots__ = ()

    def __iter__(self) -> Asking[R_co]:
        """Yield the command to the one that performs it, and return its result."""
        result: R_co = yield self
        return result


Asking: TypeAlias = Generator[Command[Any], Any, R]
"""What yields commands, is sent their results or has their errors thrown in, and returns an `R`."""
