"""Stops calls to another server that fails, for a while."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable

from reticket.core.errors import Unavailable

Seconds = Callable[[], float]
"""A monotonic clock."""


class Breaker:
    """Owns the failures in a row. Used by many threads.

    Args:
        name: of the server, for the log.
        failures: in a row, after which no call is made.
        pause: seconds without a call; then one call is tried.
    """

    def __init__(self, name: str, failures: int, pause: float, seconds: Seconds) -> None:
        self._name = name
        self._most = failures
        self._pause = pause
        self._seconds = seconds
        self._failures = 0
        self._shut_until = 0.0
        self._lock = threading.Lock()

    def enter(self) -> None:
        """Before a call. Unavailable while none is made."""
        with self._lock:
            if self._failures < self._most:
                return
            left = self._shut_until - self._seconds()
            if left > 0:
                raise Unavailable(f"{self._name} has failed and is not asked", math.ceil(left))
            self._shut_until = self._seconds() + self._pause

    def answered(self) -> None:
        """A call got an answer, whatever it says."""
        with self._lock:
            self._failures = 0

    def failed(self) -> None:
        """A call got no answer."""
        with self._lock:
            self._failures += 1
            self._shut_until = self._seconds() + self._pause
