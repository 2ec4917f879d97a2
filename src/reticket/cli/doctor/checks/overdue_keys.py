"""Whether keys are rotated and retired in time."""

from __future__ import annotations

from collections.abc import Iterator

from reticket.cli.doctor.findings import Finding, warning
from reticket.core.policy import DAY, SECOND
from reticket.crypto.key_lifecycle import ACTIVE, RETIRING
from reticket.crypto.ring import KeyFacts
from reticket.runtime.opened_service import OpenedService

TOPIC = "age of keys"
MOST_DAYS = 365
"""How long a key may sign: the low end of NIST SP 800-57 part 1 rev. 5, table 1, for private
signature keys.
"""

OVERDUE_DAYS = 2
"""The purge retires keys every hour; a service may be stopped for a weekend."""


def look(instance: OpenedService) -> Iterator[Finding]:
    """Keys that have signed for too long, and keys that should have been retired."""
    now, longest = instance.clock(), instance.longest_refresh()
    for key in instance.ring.listing():
        if key.state == ACTIVE and _days_since(key.activates_at, now) > MOST_DAYS:
            yield warning(f"{_named(key)} signs for over {MOST_DAYS} days: reticket key rotate")
        ended = _days_since(key.retiring_at, now) - longest // DAY
        if key.state == RETIRING and ended > OVERDUE_DAYS:
            yield warning(f"{_named(key)} has no living token and is still in: reticket purge")


def _named(key: KeyFacts) -> str:
    return f"the {key.use} key {key.id}"


def _days_since(time: int | None, now: int) -> int:
    return 0 if time is None else (now - time) // (DAY * SECOND)
