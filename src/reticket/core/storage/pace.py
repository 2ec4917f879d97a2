"""Work in short batches that leaves most of the time, and every lock, to others."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

FEWEST, MOST = 64, 512
"""Items of a batch."""

GOAL = 0.0025
"""Seconds that a batch should take: somebody who wants the same lock waits for so long."""

REST = 6
"""Rests for so many times as long as a batch took, waits for locks included: where others want the
same lock, most of the time is theirs.
"""

LEAST = 2500
"""Items a second that rests make room for, however long the waits are. Otherwise a backlog would
grow just where much is going on.
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

    def repeat(self, work: Callable[[int], int]) -> int:
        """Repeat a batch until one does nothing; the sum of what they did.

        Args:
            work: does at most so many items, and says how many.
        """
        done, size, quickest = 0, FEWEST, math.inf
        begun = self.timer()
        while did := work(size):
            done += did
            took = self.timer() - begun
            quickest = min(quickest, took / did)
            self.rest(_rest_after(did, took, quickest * did))
            size = round(min(MOST, max(FEWEST, GOAL / quickest))) if quickest else MOST
            begun = self.timer()
        return done


def _rest_after(did: int, took: float, worked: float) -> float:
    """Seconds of rest after a batch.

    Args:
        did: its items.
        took: seconds of it, waits for locks included.
        worked: seconds of it without them, as the quickest so far tells.
    """
    return min(LONGEST_REST, max(REST * worked, min(REST * took, did / LEAST)))
