"""Clients are told of the sessions that a reuse has ended."""

from __future__ import annotations

from collections.abc import Sequence

from reticket.core.errors import Unavailable
from reticket.core.logouts import Logouts
from reticket.core.ports import Event
from reticket.core.sessions.audit_events import logout_delayed
from reticket.core.sessions.steps import StepOutcome


def mark_reused(logouts: Logouts, ended: Sequence[StepOutcome]) -> list[Event]:
    """Mark the clients of sessions that were ended by a refusal. Returns events for the audit log.

    A client that ends its session with its own token needs no message. When the directory fails,
    the request does not fail: an event says which clients are told late, by
    `Upkeep.mark_missed`.
    """
    reused = [each for each in ended if each.refusal is not None]
    families = [each.family for each in reused if each.family is not None]
    if not families:
        return []
    at = reused[0].now
    try:
        logouts.mark_families([family.id for family in families], at)
    except Unavailable:
        return [logout_delayed(at, family) for family in families]
    return []
