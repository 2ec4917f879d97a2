"""Work in short batches that leaves most of the time, and every lock, to others."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

REST = 2
"""Rests for so many times as long as a batch took, its waits for locks included: a third of the
time is spent in batches, and less where others want the same lock.
"""

LONGEST_REST = 0.5
"""Seconds."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How batches follow one another.

    Args:
        timer: seconds of a clock that never goes back.
        rest: waits for so many seconds.
    """

    timer: Callable[[], float] = time.monotonic
    rest: Callable[[float], object] = time.sleep

    def repeat(self, work: Callable[[], int]) -> int:
        """Repeat a batch until one does nothing; the sum of what they did."""
        done = 0
        while batch := self._timed(work):
            done += batch
        return done

    def _timed(self, work: Callable[[], int]) -> int:
        begun = self.timer()
        if did := work():
            self.rest(min(LONGEST_REST, REST * (self.timer() - begun)))
        return did
