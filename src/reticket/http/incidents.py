"""What happened to connections before any dialect heard of it: counted, and a line a minute in the
log for each kind.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import Any

import structlog

PAUSE = 60.0
"""Seconds between two lines about the same."""

OPEN, REFUSED, ENDED, ACCEPTING, UNNAMED = "open", "refused", "ended", "accepting", "unnamed"
"""The first member of a name says what it counts, as in `http.metrics`."""

_log = structlog.get_logger("reticket.http")

Name = tuple[str, ...]


class Incidents:
    """Owns how often each kind was met since the last line about it.

    Args:
        count: adds one to a name.
        clock: seconds that only go on.
    """

    def __init__(self, count: Callable[[Name], None], clock: Callable[[], float]) -> None:
        self._count = count
        self._clock = clock
        self._unsaid: dict[Name, int] = {}
        self._said: dict[Name, float] = {}

    def refused(self, status: int, reason: str, address: str, correlation_id: str) -> None:
        """An answer that no application gave."""
        self._met(
            (REFUSED, str(status), reason),
            "request_refused",
            status=status,
            reason=reason,
            address=address,
            correlation_id=correlation_id,
        )

    def ended(self, reason: str, address: str) -> None:
        """A connection that was refused or ended because of a limit."""
        self._met((ENDED, reason), "connection_ended", reason=reason, address=address)

    def not_accepted(self, error: OSError) -> None:
        """The system has no connection for us, though one waits."""
        code = errno.errorcode.get(error.errno or 0, "unknown")
        self._met((ACCEPTING, code), "accept_failed", error=code)

    def unnamed_proxy(self, address: str) -> bool:
        """A peer of our own network forwards for others and is not trusted; whether it was said."""
        return self._met(
            (UNNAMED, address),
            "unnamed_proxy",
            counted=(UNNAMED,),
            address=address,
            advice="add it to trusted_proxies: its clients count as one address",
        )

    def _met(self, kind: Name, line: str, counted: Name = (), **words: Any) -> bool:
        self._count(counted or kind)
        times = self._unsaid[kind] = self._unsaid.get(kind, 0) + 1
        now = self._clock()
        if now - self._said.get(kind, now - PAUSE) < PAUSE:
            return False
        self._said[kind] = now
        self._unsaid[kind] = 0
        _log.warning(line, count=times, **words)
        return True
