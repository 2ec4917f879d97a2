"""What happened to connections before any dialect heard of it, stores that are away, and faults of
our own: a line a minute in the log for each kind, with its count.
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
"""Seconds between two lines about the same."""

KINDS = 1024
"""Kinds that are remembered; there are fewer unless an engine says something else each time."""

REMEMBERED = 64
"""Networks with an unnamed proxy that are remembered."""

OPEN, REFUSED, ENDED, ACCEPTING, UNNAMED = "open", "refused", "ended", "accepting", "unnamed"
"""The first member of a name says what it counts, as in `http.metrics`."""

_OURS = __name__.partition(".")[0]

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
        self._kinds = _Lines(KINDS, clock)
        self._faults = _Lines(KINDS, clock, logging.ERROR)
        self._proxies = _Lines(REMEMBERED, clock)

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
        self._count((UNNAMED,))
        return self._proxies.met(
            (network_of(address),),
            "unnamed_proxy",
            address=address,
            advice="add it to trusted_proxies: its clients count as one address",
        )

    def unavailable(self, reason: str, dialect: str, correlation_id: str) -> None:
        """A request that no store or directory could answer; answers are counted elsewhere."""
        self._kinds.met(
            ("unavailable", reason),
            "unavailable",
            reason=reason,
            dialect=dialect,
            correlation_id=correlation_id,
        )

    def upkeep_waits(self, reason: str) -> None:
        """Work that nobody asked for is done later: a store or the directory is away."""
        self._kinds.met(("upkeep", reason), "upkeep_failed", reason=reason)

    def failed(self, title: str, error: Exception, **whose: str) -> None:
        """A fault of our own, with its traceback: once a minute for each place and type of error.

        Args:
            title: of the line.
            error: as it was caught.
            whose: the request.
        """
        kind = (title, type(error).__name__, _place_of(error))
        self._faults.met(kind, title, exc_info=error, **whose)

    def _met(self, kind: Name, title: str, **words: Any) -> None:
        self._count(kind)
        self._kinds.met(kind, title, **words)


@dataclass(slots=True)
class _Line:
    said: float
    unsaid: int = 0


class _Lines:
    """Owns when a line was written about each kind, the oldest first. Where so many kinds had a
    line within the last minute, the log hears of no other.

    Args:
        most: kinds.
        clock: seconds that only go on.
        level: of the lines.
    """

    def __init__(self, most: int, clock: Callable[[], float], level: int = logging.WARNING) -> None:
        self._most = most
        self._clock = clock
        self._level = level
        self._lines: OrderedDict[Name, _Line] = OrderedDict()

    def met(self, kind: Name, title: str, **words: Any) -> bool:
        """Write a line unless there was one within the last minute; whether it was written."""
        now = self._clock()
        line = self._lines.get(kind) or self._new(kind, now)
        if line is None:
            return False
        line.unsaid += 1
        if now - line.said < PAUSE:
            return False
        _log.log(self._level, title, count=line.unsaid, **words)
        self._lines[kind] = _Line(now)
        self._lines.move_to_end(kind)
        return True

    def _new(self, kind: Name, now: float) -> _Line | None:
        if len(self._lines) == self._most:
            oldest, line = next(iter(self._lines.items()))
            if now - line.said < PAUSE:
                return None
            del self._lines[oldest]
        made = self._lines[kind] = _Line(-inf)
        return made


def _place_of(error: Exception) -> str:
    """The innermost line of our own that the error passed, or the innermost of all."""
    lines = [
        (frame.f_globals.get("__name__", ""), f"{frame.f_code.co_filename}:{number}")
        for frame, number in walk_tb(error.__traceback__)
    ]
    ours = [line for module, line in lines if module.partition(".")[0] == _OURS]
    return (ours or [line for _, line in lines] or [""])[-1]
