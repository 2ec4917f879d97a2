"""Work in short batches that leaves most of the time, and every lock, to others."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

FEWEST, MOST = 64, 512
"""Items of a batch."""

GOAL = 0.005
"""Seconds that a batch should take: somebody who wants the same lock waits for so long."""

REST = 2
"""Rests for so many times as long as the work of a batch takes: a third of the time is spent in
batches. The quickest batch so far tells what the work takes. The others waited for locks as well,
and a rest for each wait would let a backlog grow just where much is going on.
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
            quickest = min(quickest, (self.timer() - begun) / did)
            self.rest(min(LONGEST_REST, REST * quickest * did))
            size = round(min(MOST, max(FEWEST, GOAL / quickest))) if quickest else MOST
            begun = self.timer()
        return done
