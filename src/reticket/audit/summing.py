"""Repeated events in the audit stream: the first one at once, the others once a second as one line
with their number, so that neither strangers nor the holder of a token can fill a disk, or push the
lines of others out of it.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reticket.core.addresses import network_of
from reticket.core.ports import AuditLog, Event

SUMMED = frozenset({"refused", "sign_in_failed", "replayed", "tolerated", "switched"})
"""Anybody can repeat a refusal without end, and so can whoever holds an older token its use.
`switched` comes beside such a use.
"""

EARNED = frozenset({"issued", "exchanged", "granted", "access_revoked"})
"""Whoever has signed in can repeat these without end. All other events are written one by one."""

SELDOM = 64
"""Of those of one person or program in a second, so many are written one by one."""

KINDS = 256
"""How many kinds of each event are told apart in a second; those beyond are told apart by event,
kind of token and cause alone."""


@dataclass(slots=True)
class Repeated:
    """How many events of a kind were held back, and when the newest of them was."""

    count: int = 0
    at: int = 0


Kinds = defaultdict[str, dict[Event, Repeated]]
"""By the name of their event: a flood of one takes no room of another."""


class SummingAuditLog:
    """Holds repeated events back from another audit log. `tend` is to be called every second."""

    def __init__(self, log: AuditLog) -> None:
        self._log = log
        self._lock = threading.Lock()
        self._kinds: Kinds = defaultdict(dict)
        self._missing = 0
        self._often: dict[str | None, int] = {}

    def record(self, events: Sequence[Event], *, durable: bool = False) -> None:
        """Append in order what is not summed or is new, and count the rest."""
        told = [each for each in events if self._is_single(each) or self._is_new(each)]
        if told:
            self._log.record(told, durable=durable)

    def lose(self, count: int) -> None:
        """The other log hears of it when it is tended: to tell it may mean to wait for the disk."""
        with self._lock:
            self._missing += count

    def tend(self) -> int:
        """Append a line for each kind that was repeated since the last call."""
        with self._lock:
            missing, self._missing = self._missing, 0
            repeated = list(_repeated(self._kinds))
            self._kinds = defaultdict(dict)
            self._often = {}
            for kind, _ in repeated:
                self._kinds[kind.event][kind] = Repeated()
        if repeated:
            self._log.record([_summary(*each) for each in repeated])
        if missing:
            self._log.lose(missing)
        return self._log.tend()

    def close(self) -> None:
        """Append what was held back, and close."""
        self.tend()
        self._log.close()

    def _is_single(self, event: Event) -> bool:
        if event.event not in EARNED:
            return event.event not in SUMMED
        with self._lock:
            times = self._often[event.subject] = self._often.get(event.subject, 0) + 1
        return times <= SELDOM

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
    """What it has in common with those that are counted with it. One host may use all addresses of
    its IPv6 /64, and one person many sessions.
    """
    network = network_of(event.address) if event.address else event.address
    is_shared = event.event in EARNED
    return event._replace(
        at=0,
        family=None if is_shared else event.family,
        context=None if is_shared else event.context,
        generation=None,
        device=None,
        correlation_id=None,
        detail=None,
        address=network,
    )


def _repeated(kinds: Kinds) -> Iterator[tuple[Event, Repeated]]:
    for each in kinds.values():
        yield from ((kind, repeated) for kind, repeated in each.items() if repeated.count)


def _summary(kind: Event, repeated: Repeated) -> Event:
    return kind._replace(at=repeated.at, count=repeated.count)
