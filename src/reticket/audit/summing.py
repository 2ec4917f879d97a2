"""Sums repeated events in the audit stream: the first is written at once, the others once a second
as one line with their number.

So neither strangers nor the holder of a token can fill a disk, or displace the lines of others.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reticket.core.addresses import network_of
from reticket.core.ports import AuditLog, Event

BY_ANYBODY = frozenset(
    {"refused", "sign_in_failed", "fetch_failed", "replayed", "tolerated", "switched"}
)
"""Events that anybody can repeat without limit: refusals, fetches that a refused request has
caused, and uses of an older token. `switched` accompanies such a use.
"""

BY_SIGNED_IN = frozenset({"issued", "exchanged", "granted", "access_revoked"})
"""Events that any signed-in user can repeat without limit. All other events are written one
by one.
"""

SINGLE_LINES = 64
"""Of these, as many of one user or client are written one by one in a second."""

KINDS = 256
"""Kinds of each event that are distinguished in a second; further ones are distinguished only by
event, kind and cause.
"""


@dataclass(slots=True)
class Repeated:
    """How many events of a kind were held back, and when the newest of them was."""

    count: int = 0
    at: int = 0


Kinds = defaultdict[str, dict[Event, Repeated]]
"""Kinds by the name of their event, so that a flood of one event does not use up another's
kinds.
"""


class SummingAuditLog:
    """Holds repeated events back from another audit log. `tend` must be called every second."""

    def __init__(self, log: AuditLog) -> None:
        self._log = log
        self._lock = threading.Lock()
        self._kinds: Kinds = defaultdict(dict)
        self._lost = 0
        self._written_singly: dict[str | None, int] = {}

    def record(self, events: Sequence[Event], *, durable: bool = False) -> None:
        """Append in order the events that are not summed or are new, and count the others."""
        written = list(filter(self._is_written, events))
        if written:
            self._log.record(written, durable=durable)

    def lose(self, count: int) -> None:
        """Count events as lost. `tend` passes the number on, because the other log may wait for the
        disk.
        """
        with self._lock:
            self._lost += count

    def tend(self) -> int:
        """Append a line for each kind that was repeated since the last call. Returns how many were
        lost.
        """
        with self._lock:
            lost, self._lost = self._lost, 0
            repeated = list(_repeated(self._kinds))
            self._kinds = defaultdict(dict)
            self._written_singly = {}
            for kind, _ in repeated:
                self._kinds[kind.event][kind] = Repeated()
        if repeated:
            self._log.record([_summary(*each) for each in repeated])
        if lost:
            self._log.lose(lost)
        return self._log.tend()

    def close(self) -> None:
        """Append what was held back, and close."""
        self.tend()
        self._log.close()

    def _is_written(self, event: Event) -> bool:
        if event.event in BY_SIGNED_IN:
            with self._lock:
                count = self._written_singly.get(event.subject, 0) + 1
                self._written_singly[event.subject] = count
            return count <= SINGLE_LINES or self._is_new(event)
        return event.event not in BY_ANYBODY or self._is_new(event)

    def _is_new(self, event: Event) -> bool:
        kind = _kind_of(event)
        with self._lock:
            kinds = self._kinds[event.event]
            if kind not in kinds and len(kinds) >= KINDS:
                kind = kind._replace(address=None, subject=None, family=None, context=None)
            repeated = kinds.get(kind)
            if repeated is None:
                kinds[kind] = Repeated()
                return True
            repeated.count += 1
            repeated.at = event.at
            return False


def _kind_of(event: Event) -> Event:
    """The event without what differs between events that are counted together. One host may use all
    addresses of its IPv6 /64, and one user many sessions.
    """
    is_shared = event.event in BY_SIGNED_IN
    return Event(
        at=0,
        event=event.event,
        resource=event.resource,
        family=None if is_shared else event.family,
        subject=event.subject,
        context=None if is_shared else event.context,
        cause=event.cause,
        address=network_of(event.address) if event.address else event.address,
        count=event.count,
    )


def _repeated(kinds: Kinds) -> Iterator[tuple[Event, Repeated]]:
    for each in kinds.values():
        yield from ((kind, repeated) for kind, repeated in each.items() if repeated.count)


def _summary(kind: Event, repeated: Repeated) -> Event:
    return kind._replace(at=repeated.at, count=repeated.count)
