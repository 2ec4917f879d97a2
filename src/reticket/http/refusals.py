"""What was refused before any dialect heard of it: a line a minute in the log for each reason."""

from __future__ import annotations

import time

import structlog

PAUSE = 60.0
"""Seconds between two lines about the same reason."""

_log = structlog.get_logger("reticket.http")


class Refusals:
    """Owns how often each reason was met since the last line about it."""

    def __init__(self) -> None:
        self._unsaid: dict[str, int] = {}
        self._said: dict[str, float] = {}

    def tell(self, status: int, reason: str, address: str, correlation_id: str) -> None:
        """Count one, and log it unless that reason was logged within the minute."""
        count = self._unsaid[reason] = self._unsaid.get(reason, 0) + 1
        now = time.monotonic()
        if now - self._said.get(reason, -PAUSE) < PAUSE:
            return
        self._said[reason] = now
        self._unsaid[reason] = 0
        _log.warning(
            "request_refused",
            status=status,
            reason=reason,
            count=count,
            address=address,
            correlation_id=correlation_id,
        )
