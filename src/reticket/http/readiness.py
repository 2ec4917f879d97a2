"""Whether the stores answer: they are asked once a second at most, however many want to know."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from reticket.core.errors import Unavailable

LASTS = 1.0
"""Seconds for which an answer is good: it is a write, and anybody may ask."""


class Readiness:
    """The same as `ready`, at most once in a second. Any thread may call it.

    Args:
        ready: raises Unavailable while the stores do not answer.
        timer: seconds.
    """

    def __init__(
        self, ready: Callable[[], None], timer: Callable[[], float] = time.monotonic
    ) -> None:
        self._ready = ready
        self._timer = timer
        self._lock = threading.Lock()
        self._good_until = timer()
        self._failure: Unavailable | None = None

    def __call__(self) -> None:
        """Unavailable while the stores do not answer."""
        with self._lock:
            if self._timer() >= self._good_until:
                self._failure = self._asked()
                self._good_until = self._timer() + LASTS
            failure = self._failure
        if failure is not None:
            raise Unavailable(str(failure), failure.retry_after)

    def _asked(self) -> Unavailable | None:
        try:
            self._ready()
        except Unavailable as failure:
            return failure
        return None
