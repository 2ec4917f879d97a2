"""Logs refused connections, unavailable stores and internal errors: at most one line a minute for
each kind, with its count.
"""

from __future__ import annotations

import errno
import logging
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from traceback import walk_tb
from typing import Any

import structlog

from reticket.core.addresses import network_of

PAUSE = 60.0
"""Seconds between two lines of the same kind."""

KINDS = 1024
"""Kinds that are remembered; more arise only when an engine's messages vary."""

REMEMBERED = 64
"""Networks with an untrusted proxy that are remembered."""

OPEN, REFUSED, ENDED, ACCEPTING, UNNAMED = "open", "refused", "ended", "accepting", "unnamed"
"""The first member of a name says what it counts, as in `http.metrics`."""

_PACKAGE = __name__.partition(".")[0]

_log = structlog.get_logger("reticket.http")

Name = tuple[str, ...]


class Incidents:
    """Owns how often each kind has occurred since its last line.

    Args:
        count: adds one to a name.
        clock: monotonic seconds.
    """

    def __init__(self, count: Callable[[Name], None], clock: Callable[[], float]) -> None:
        self._count = count
        self._kinds = _Lines(KINDS, clock)
        self._faults = _Lines(KINDS, clock, logging.ERROR)
        self._proxies = _Lines(REMEMBERED, clock)

    def refused(self, status: int, reason: str, address: str, correlation_id: str) -> None:
        """A response that no application gave."""
        self._report(
            (REFUSED, str(status), reason),
            "request_refused",
            status=status,
            reason=reason,
            address=address,
            correlation_id=correlation_id,
        )

    def ended(self, reason: str, address: str) -> None:
        """A connection was refused or ended because of a limit."""
        self._report((ENDED, reason), "connection_ended", reason=reason, address=address)

    def not_accepted(self, error: OSError) -> None:
        """The system has no resources for a waiting connection."""
        code = errno.errorcode.get(error.errno or 0, "unknown")
        self._report((ACCEPTING, code), "accept_failed", error=code)

    def unnamed_proxy(self, address: str) -> bool:
        """A peer in a private network forwards requests and is not trusted. Returns whether it was
        logged.
        """
        self._count((UNNAMED,))
        return self._proxies.report(
            (network_of(address),),
            "unnamed_proxy",
            address=address,
            advice="if it is a proxy of yours, add it to trusted_proxies: its clients count as one",
        )

    def unavailable(self, reason: str, dialect: str, correlation_id: str) -> None:
        """A request that a store or the directory could not answer; responses are counted
        elsewhere.
        """
        self._kinds.report(
            ("unavailable", reason),
            "unavailable",
            reason=reason,
            dialect=dialect,
            correlation_id=correlation_id,
        )

    def upkeep_waits(self, reason: str) -> None:
        """A background task is postponed: a store or the directory is unavailable."""
        self._kinds.report(("upkeep", reason), "upkeep_failed", reason=reason)

    def failed(self, title: str, error: Exception, **context: str) -> None:
        """An internal error, logged with its traceback once a minute for each place and type.

        Args:
            title: of the line.
            error: as caught.
            context: of the request.
        """
        kind = (title, type(error).__name__, _location_of(error))
        self._faults.report(kind, title, exc_info=error, **context)

    def _report(self, kind: Name, title: str, **members: Any) -> None:
        self._count(kind)
        self._kinds.report(kind, title, **members)


@dataclass(slots=True)
class _Line:
    logged_at: float
    unlogged: int = 0


class _Lines:
    """Owns when each kind was last logged, oldest first. When `most` kinds were logged within the
    last minute, no other is logged.

    Args:
        most: kinds.
        clock: monotonic seconds.
        level: of the lines.
    """

    def __init__(self, most: int, clock: Callable[[], float], level: int = logging.WARNING) -> None:
        self._most = most
        self._clock = clock
        self._level = level
        self._lines: OrderedDict[Name, _Line] = OrderedDict()

    def report(self, kind: Name, title: str, **members: Any) -> bool:
        """Log a line unless one was logged within the last minute. Returns whether it was
        logged.
        """
        now = self._clock()
        line = self._lines.get(kind) or self._new(kind, now)
        if line is None:
            return False
        line.unlogged += 1
        if now - line.logged_at < PAUSE:
            return False
        _log.log(self._level, title, count=line.unlogged, **members)
        self._lines[kind] = _Line(now)
        self._lines.move_to_end(kind)
        return True

    def _new(self, kind: Name, now: float) -> _Line | None:
        if len(self._lines) == self._most:
            oldest, line = next(iter(self._lines.items()))
            if now - line.logged_at < PAUSE:
                return None
            del self._lines[oldest]
        new = self._lines[kind] = _Line(-inf)
        return new


def _location_of(error: Exception) -> str:
    """The innermost code line of this package in the traceback, or else the innermost of all."""
    lines = [
        (frame.f_globals.get("__name__", ""), f"{frame.f_code.co_filename}:{number}")
        for frame, number in walk_tb(error.__traceback__)
    ]
    own = [line for module, line in lines if module.partition(".")[0] == _PACKAGE]
    return (own or [line for _, line in lines] or [""])[-1]
