"""Recent marks in this process's memory."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable

KEPT = 10_000


class Recent:
    """A bounded set of marks that drops the least recently used one. Thread-safe."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._marks: OrderedDict[Hashable, None] = OrderedDict()
        self._lock = threading.Lock()

    def add(self, mark: Hashable) -> None:
        """Remember a mark."""
        with self._lock:
            self._marks[mark] = None
            self._marks.move_to_end(mark)
            while len(self._marks) > self._kept:
                self._marks.popitem(last=False)

    def __contains__(self, mark: Hashable) -> bool:
        with self._lock:
            known = mark in self._marks
            if known:
                self._marks.move_to_end(mark)
        return known
