"""What happened, as numbers for Prometheus: events of the audit stream, requests, their durations.

Owns the counting, which is on the way of every request, and the adding up of several processes.
Labels are words of the code alone, never anything that was sent.
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
"""Seconds."""

Name = tuple[str, ...]
Counts = Mapping[Name, float]

_log = structlog.get_logger("reticket.http")
LABELS = [*map(str, BOUNDS), "+Inf"]
_decoder = msgspec.json.Decoder(list[tuple[tuple[str, ...], float]])


class Meter:
    """Counts for one process, and for all behind one port together.

    Args:
        board: where the others' counts are, or None for a process that is alone.
    """

    def __init__(self, board: Board | None) -> None:
        self._board = board
        self._seen: dict[Name, float] = dict(board.mine()) if board else {}
        self._told: dict[Name, float] = {}
        self._lock = threading.Lock()

    def witness(self, match: Match, response: WireResponse, caller: Caller, seconds: float) -> None:
        """Count an answer. Call on the event loop, which alone changes these counts."""
        route, seen = match.route, self._seen
        place = (match.dialect.name, *((route.method, route.path) if route else ()))
        bucket = bisect_left(BOUNDS, seconds)
        requests, durations, total = _names(place, response.status // 100, bucket)
        seen[requests] = seen.get(requests, 0) + 1
        seen[durations] = seen.get(durations, 0) + 1
        seen[total] = seen.get(total, 0) + seconds

    def count(self, name: Name) -> None:
        """Add one to a name. Call on the event loop."""
        self._seen[name] = self._seen.get(name, 0) + 1

    def set(self, name: Name, value: float) -> None:
        """What a name stands at in this process. Call on the event loop."""
        self._seen[name] = value

    def hear(self, events: Sequence[Event]) -> None:
        """Count events of the audit stream; from any thread."""
        told = self._told
        with self._lock:
            for event in events:
                name = (EVENTS, event.event, event.resource or "", event.cause or "")
                told[name] = told.get(name, 0) + 1

    def lose(self, count: int) -> None:
        """Count events that could not be written; from any thread."""
        with self._lock:
            self._told[LOST,] = self._told.get((LOST,), 0) + count

    def publish(self) -> None:
        """Let the other processes see what was counted here."""
        if self._board:
            self._board.write(self._own())

    def counts(self) -> Counts:
        """What was counted so far, by all of them."""
        return _total([self._own(), *(self._board.others() if self._board else ())])

    def _own(self) -> Counts:
        seen = dict(self._seen)  # one step of the interpreter: nobody adds to it meanwhile
        with self._lock:
            return _total([seen, self._told])


class Counted:
    """An audit log (the port) whose events are counted."""

    def __init__(self, audit: AuditLog, meter: Meter) -> None:
        self._audit = audit
        self._meter = meter

    def record(self, events: Sequence[Event], *, durable: bool = False) -> None:
        """Append, in order, and count."""
        self._audit.record(events, durable=durable)
        self._meter.hear(events)

    def lose(self, count: int) -> None:
        """Counted once the log tells of it."""
        self._audit.lose(count)

    def tend(self) -> int:
        """Let the log do what is due, and count what it has lost."""
        lost = self._audit.tend()
        self._meter.lose(lost)
        return lost

    def close(self) -> None:
        """Release the file."""
        self._audit.close()


class Board:
    """Where processes behind one port write what they have counted, a file each.

    Args:
        folder: theirs alone; made when it is not there.
        number: this process's.
    """

    def __init__(self, folder: Path, number: int) -> None:
        self._folder = folder
        self._mine = folder / f"{number}.json"
        folder.mkdir(mode=0o700, exist_ok=True)

    def clear(self) -> None:
        """Forget everything: a new start counts from nothing."""
        for file in self._folder.glob("*.json"):
            file.unlink()

    def write(self, counts: Counts) -> None:
        """Let the others see these counts; when the disk will not, they see older ones."""
        fresh = self._mine.with_suffix(".new")
        try:
            fresh.touch(mode=0o600)
            fresh.write_bytes(msgspec.json.encode(list(counts.items())))
            os.replace(fresh, self._mine)
        except OSError as error:
            _log.warning("metrics_not_written", file=str(self._mine), reason=error.strerror)

    def mine(self) -> Counts:
        """What a process of this number has counted before."""
        return _read(self._mine)

    def others(self) -> list[Counts]:
        """What the other processes have counted."""
        return [_read(file) for file in self._folder.glob("*.json") if file != self._mine]


@cache
def _names(place: Name, hundreds: int, bucket: int) -> tuple[Name, Name, Name]:
    """What an answer is counted as: a dialect with its route, a class of status, a duration."""
    dialect, *route = place
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
