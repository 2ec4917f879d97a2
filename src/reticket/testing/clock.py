"""A clock that moves only when told to."""

from __future__ import annotations

from reticket.core.policy import SECOND

START = 1_790_000_000_000


class FakeClock:
    """The port `Clock`: milliseconds."""

    def __init__(self, at: int = START) -> None:
        self.at = at

    def __call__(self) -> int:
        return self.at

    def forward(self, seconds: float) -> None:
        """Move forward by seconds, or backward with a negative number."""
        self.at += round(seconds * SECOND)
