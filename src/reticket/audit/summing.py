"""Repeated refusals in the audit stream: the first one at once, the others once a second as one
line with their number, so that nobody without credentials can fill a disk with them.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

from reticket.core.ports import AuditLog, Event

REFUSALS = frozenset({"refused", "sign_in_failed"})
"""What anybody can make us write. All other events are written one by one."""

KINDS = 256
"""How many different refusals are told apart in a second; those beyond are told apart by event,
resource and cause alone."""


@dataclass(slots=True)
class Repeated:
    """How many refusals of a kind were held back, and when the newest of them was."""

    count: int = 0
    at: int = 0


class SummingAuditLog:
    """Holds repeated refusals back from another audit log. `tend` is to be called every second."""

    def __init__(self, log: AuditLog) -> None:
        self._log = log
        self._lock = threading.Lock()
        self._kinds: dict[Event, Repeated] = {}

    def record(self, events: Sequence[Event], *, durable: bool = False) -> None:
        """Append in order what is no repeated refusal, and count what is."""
        told = [each for each in events if each.event not in REFUSALS or self._is_new(each)]
        if told:
            self._log.record(told, durable=durable)

    def tend(self) -> int:
        """Append a line for each kind that was repeated since the last call."""
        with self._lock:
            repeated = {kind: told for kind, told in self._kinds.items() if told.count}
            self._kinds = {kind: Repeated() for kind in repeated}
        if repeated:
            self._log.record([_summary(*each) for each in repeated.items()])
        return self._log.tend()

    def close(self) -> None:
        """Append what was held back, and close."""
        self.tend()
        self._log.close()

    def _is_new(self, event: Event) -> bool:
        kind = _kind_of(event)
        with self._lock:
            if kind not in self._kinds and len(self._kinds) >= KINDS:
                kind = kind._replace(address=None, subject=None, family=None)
            repeated = self._kinds.get(kind)
            if repeated is None:
                self._kinds[kind] = Repeated()
                return True
            repeated.count += 1
            repeated.at = event.at
            return False


def _kind_of(event: Event) -> Event:
    """What it has in common with those that are counted with it."""
    return event._replace(
        at=0, context=None, generation=None, device=None, correlation_id=None, detail=None
    )


def _summary(kind: Event, repeated: Repeated) -> Event:
    return kind._replace(at=repeated.at, count=repeated.count)
