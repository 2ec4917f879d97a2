"""Runs work in short batches, with pauses that leave most of the time and every lock to others."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

BATCH = 64
"""Items of a batch. Others wait while it has its locks, and while the disk writes its changes: a
few milliseconds.
"""

REST = 6
"""A pause is this many times as long as its batch, including its waits for locks. So other writers
have the lock most of the time.
"""

LEAST = 2500
"""Items a second that the pauses allow at least, however long the waits are. Otherwise a backlog
would grow under load.
"""

LONGEST_REST = 0.5
"""Seconds of a pause at most."""


@dataclass(frozen=True, slots=True)
class Pace:
    """The pauses between successive batches.

    Args:
        timer: monotonic seconds.
        rest: waits for that many seconds.
    """

    timer: Callable[[], float] = time.monotonic
    rest: Callable[[float], object] = time.sleep

    def repeat(self, work: Callable[[int], int]) -> int:
        """Repeat a batch until one does nothing. Returns the sum of the items.

        Args:
            work: processes at most that many items, and returns how many it did.
        """
        done, quickest = 0, math.inf
        begun = self.timer()
        while did := work(BATCH):
            done += did
            took = self.timer() - begun
            quickest = min(quickest, took / did)
            self.rest(_pause_after(did, took, quickest * did))
            begun = self.timer()
        return done


def _pause_after(items: int, seconds: float, working_seconds: float) -> float:
    """Seconds of pause after a batch.

    Args:
        items: of the batch.
        seconds: that it took, including waits for locks.
        working_seconds: the same without waits, estimated from the fastest batch.
    """
    pause = min(REST * seconds, items / LEAST)
    return min(LONGEST_REST, max(REST * working_seconds, pause))
