"""The time that one request may take in all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Seconds = Callable[[], float]
"""A monotonic clock."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """An end, by a monotonic clock."""

    ends_at: float
    seconds: Seconds

    def left(self) -> float:
        """Seconds until the end. TimeoutError when it has come."""
        left = self.ends_at - self.seconds()
        if left <= 0:
            raise TimeoutError("the deadline of the request")
        return left

    def share(self, parts: int) -> Deadline:
        """The end of the first of so many equal parts of the time that is left."""
        return Deadline(self.seconds() + self.left() / parts, self.seconds)
