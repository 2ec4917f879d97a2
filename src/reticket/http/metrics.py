"""Counts for Prometheus: events of the audit stream, requests, their durations.

Owns the counting, which is part of every request, and the sums over several processes. Labels are
words of the code only, never a part of a request.
"""

from __future__ import annotations

import os
import threading
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

import msgspec
import structlog

from reticket.core.model import Caller
from reticket.core.ports import AuditLog, Event
from reticket.http.routing import Match
from reticket.wire import WireResponse

EVENTS, LOST, REQUESTS, SECONDS, SUM = "events", "lost", "requests", "seconds", "sum"
"""The first member of a name says what it counts."""

BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
"""Upper bounds of the histogram's buckets, in seconds."""

Name = tuple[str, ...]
Counts = Mapping[Name, float]

_log = structlog.get_logger("reticket.http")
LABELS = [*map(str, BOUNDS), "+Inf"]
_decoder = msgspec.json.Decoder(list[tuple[tuple[str, ...], float]])


class Meter:
    """Counts of this process, and of all processes behind the same port.

    Args:
        files: the counts of the other processes, or None for a single process.
    """

    def __init__(self, files: CountFiles | None) -> None:
        self._files = files
        self._responses: dict[Name, float] = dict(files.own()) if files else {}
        self._events: dict[Name, float] = {}
        self._lock = threading.Lock()

    def observe(self, match: Match, response: WireResponse, caller: Caller, seconds: float) -> None:
        """Count a response. Call it on the event loop, the only thread that changes these
        counts.
        """
        route, responses = match.route, self._responses
        route_name = (match.dialect.name, *((route.method, route.path) if route else ()))
        bucket = bisect_left(BOUNDS, seconds)
        requests, durations, total = _names(route_name, response.status // 100, bucket)
        responses[requests] = responses.get(requests, 0) + 1
        responses[durations] = responses.get(durations, 0) + 1
        responses[total] = responses.get(total, 0) + seconds

    def count(self, name: Name) -> None:
        """Add one to a name. Call it on the event loop."""
        self._responses[name] = self._responses.get(name, 0) + 1

    def set(self, name: Name, value: float) -> None:
        """Set a name's value in this process. Call it on the event loop."""
        self._responses[name] = value

    def count_events(self, events: Sequence[Event]) -> None:
        """Count events of the audit stream; from any thread."""
        counts = self._events
        with self._lock:
            for event in events:
                name = (EVENTS, event.event, event.resource or "", event.cause or "")
                counts[name] = counts.get(name, 0) + 1

    def lose(self, count: int) -> None:
        """Count events that could not be written; from any thread."""
        with self._lock:
            self._events[LOST,] = self._events.get((LOST,), 0) + count

    def publish(self) -> None:
        """Write the counts for the other processes."""
        if self._files:
            self._files.write(self._own())

    def counts(self) -> Counts:
        """The counts of all processes."""
        return _total([self._own(), *(self._files.others() if self._files else ())])

    def _own(self) -> Counts:
        responses = dict(self._responses)  # atomic in CPython: no thread adds to it meanwhile
        with self._lock:
            return _total([responses, self._events])


class CountingAuditLog:
    """An audit log (the port) that counts its events."""

    def __init__(self, audit: AuditLog, meter: Meter) -> None:
        self._audit = audit
        self._meter = meter

    def record(self, events: Sequence[Event], *, durable: bool = False) -> None:
        """Append the events in order, and count them."""
        self._audit.record(events, durable=durable)
        self._meter.count_events(events)

    def lose(self, count: int) -> None:
        """Pass on the number of lost events; `tend` counts them."""
        self._audit.lose(count)

    def tend(self) -> int:
        """Do the log's regular work, and count what it has lost."""
        lost = self._audit.tend()
        self._meter.lose(lost)
        return lost

    def close(self) -> None:
        """Release the file."""
        self._audit.close()


class CountFiles:
    """The counts of processes behind one port, one file for each process.

    Args:
        folder: for these files only; created when it does not exist.
        number: of this process.
    """

    def __init__(self, folder: Path, number: int) -> None:
        self._folder = folder
        self._own_file = folder / f"{number}.json"
        folder.mkdir(mode=0o700, exist_ok=True)

    def clear(self) -> None:
        """Remove all counts, at a new start of the service."""
        for file in self._folder.glob("*.json"):
            file.unlink()

    def write(self, counts: Counts) -> None:
        """Write this process's counts. After a disk error the others see older ones."""
        fresh = self._own_file.with_suffix(".new")
        try:
            fresh.touch(mode=0o600)
            fresh.write_bytes(msgspec.json.encode(list(counts.items())))
            os.replace(fresh, self._own_file)
        except OSError as error:
            _log.warning("metrics_not_written", file=str(self._own_file), reason=error.strerror)

    def own(self) -> Counts:
        """The counts of an earlier process with this number."""
        return _read(self._own_file)

    def others(self) -> list[Counts]:
        """The counts of the other processes."""
        return [_read(file) for file in self._folder.glob("*.json") if file != self._own_file]


@cache
def _names(route_name: Name, hundreds: int, bucket: int) -> tuple[Name, Name, Name]:
    """The names of the counts of a response: its status class, duration's bucket, and sum."""
    dialect, *route = route_name
    path = " ".join(route) or "none"
    return (
        (REQUESTS, dialect, path, f"{hundreds}xx"),
        (SECONDS, dialect, path, LABELS[bucket]),
        (SUM, dialect, path),
    )


def _total(parts: Iterable[Counts]) -> Counts:
    found: dict[Name, float] = {}
    for part in parts:
        for name, count in part.items():
            found[name] = found.get(name, 0) + count
    return found


def _read(file: Path) -> Counts:
    try:
        return dict(_decoder.decode(file.read_bytes()))
    except FileNotFoundError:
        return {}
    except (OSError, msgspec.MsgspecError) as error:
        _log.warning("metrics_not_read", file=str(file), reason=str(error))
        return {}
