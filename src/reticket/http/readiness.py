"""Whether the stores answer. They are asked once a second at most, however many requests ask."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from reticket.core.errors import Unavailable

REUSED_FOR = 1.0
"""Seconds for which an answer is reused: asking the stores is a write, and anybody may
request it.
"""


class Readiness:
    """The same as `ready`, at most once a second. Thread-safe.

    Args:
        ready: raises Unavailable while the stores do not answer.
        timer: monotonic seconds.
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
                self._failure = self._ask()
                self._good_until = self._timer() + REUSED_FOR
            failure = self._failure
        if failure is not None:
            raise Unavailable(str(failure), failure.retry_after)

    def _ask(self) -> Unavailable | None:
        try:
            self._ready()
        except Unavailable as failure:
            return failure
        return None
