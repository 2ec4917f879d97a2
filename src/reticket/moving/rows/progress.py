"""How far an import is: how many rows, how many a second, and how long it will still take."""

from __future__ import annotations

from collections.abc import Callable

EVERY = 5.0
"""Seconds between two lines."""


class Progress:
    """Owns the pace of the lines.

    Args:
        tell: takes a line.
        seconds: a monotonic clock.
        size: where the source ends, as positions count, or None while it is not known.
    """

    def __init__(
        self,
        tell: Callable[[str], None],
        seconds: Callable[[], float],
        size: Callable[[], int | None],
    ) -> None:
        self._tell = tell
        self._seconds = seconds
        self._size = size
        self._began = self._told = seconds()

    def at(self, rows: int, position: int) -> None:
        """Say how far it is, unless that was said a moment ago.

        Args:
            rows: that are done.
            position: how far the source was read, in bytes or in ids.
        """
        now = self._seconds()
        if now - self._told < EVERY:
            return
        self._told = now
        passed = now - self._began
        line = f"{rows} rows, {rows / passed:.0f} a second"
        size = self._size()
        if size and position:
            left = passed * max(0, size - position) / position
            line += f", {duration(left)} left"
        self._tell(line)


def duration(seconds: float) -> str:
    """Such as `1:02:03` or `2:03`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
