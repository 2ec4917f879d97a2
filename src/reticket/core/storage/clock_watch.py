"""Finds a clock that has leapt forward. By its time, entries would be deleted too early."""

from __future__ import annotations

from collections.abc import Callable

from reticket.core.policy import DAY, SECOND
from reticket.core.ports import LEAP, Clock


class ClockWatch:
    """Owns how far the clock was from a monotonic clock at the last check. Belongs to one thread.

    Args:
        clock: milliseconds.
        seconds: monotonic; it need not count while the machine sleeps.
    """

    def __init__(self, clock: Clock, seconds: Callable[[], float]) -> None:
        self._clock = clock
        self._seconds = seconds
        self._distance = self._now()
        self._leapt_at: float | None = None

    def is_ahead(self) -> bool:
        """Whether the clock has leapt forward within the last day. After a day it is trusted,
        because a machine that has slept looks the same.
        """
        distance, now = self._now(), self._seconds()
        if distance - self._distance > LEAP * SECOND:
            self._leapt_at = now if self._leapt_at is None else self._leapt_at
            if now - self._leapt_at < DAY:
                return True
        self._distance, self._leapt_at = distance, None
        return False

    def _now(self) -> float:
        return self._clock() - self._seconds() * SECOND
