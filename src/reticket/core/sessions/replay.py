"""Revokes again the families that an audit log says were revoked, after a restore of older data.

Knows events and stores. May be repeated, and may run while the store is in use.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from reticket.core.adoption.ports import Unadopted
from reticket.core.errors import Cause
from reticket.core.identifiers import time_of
from reticket.core.model import Family, Selection
from reticket.core.paging import BATCH, all_of
from reticket.core.ports import ROW_LOCKED, Event, NotReplicated, StepResult, Store
from reticket.core.sessions.rotation import begun, revoked, rounded_up_to_second

UNKNOWN_CAUSE = "restored"
_CAUSES: dict[str, str] = {Cause.REVOKED: UNKNOWN_CAUSE, Cause.REUSED: "reuse"}

NOTHING_ADOPTED: Mapping[int, int] = {}


@dataclass(frozen=True, slots=True)
class EndAgain:
    """The step that ends a live family. Its result is the row after, or None if it was not live."""

    cause: str

    def __call__(self, row: Family | None, now: int) -> StepResult[Family | None]:
        if row is None or row.revoked_at is not None:
            return (row, None)
        after = revoked(row, now, self.cause)
        return (after, after)


def replay(
    store: Store,
    events: Iterable[Event],
    kept_until: Mapping[int, int] = NOTHING_ADOPTED,
    unadopted: Unadopted | None = None,
) -> list[Family]:
    """End the families of the events: single ones, and all of a subject, a token kind or a client
    that had begun by then.

    An event for one context is left out: a copy may know another context of a family. Each family
    that it ended has an event of its own.

    Args:
        store: where those families may be live again.
        events: as `audit.revocations` yields them. They are read once, a batch at a time, since
            they may be more than memory holds. Those without a family are few, and are kept.
        kept_until: the ends of adoptions by their beginnings (milliseconds). A family that was
            adopted has that time in its id. Where its row is missing, an ended one is made.
            Otherwise its token of the other system would begin it anew (ADR 0027).
        unadopted: notes what ended many families, for those that have no row yet.

    Returns:
        the rows that this call ended.
    """
    wide: list[Event] = []
    ended = _end(store, _single(events, wide), kept_until)
    for event in wide:
        if unadopted is not None:
            unadopted.end(_selection_of(event), _cause_of(event), event.at)
        ended += _end(store, ((family, event) for family in _begun_by(store, event)), kept_until)
    return ended


def _single(events: Iterable[Event], wide: list[Event]) -> Iterator[tuple[bytes, Event]]:
    """The events with a family; those that ended many families go to `wide`."""
    for event in events:
        if event.family:
            yield bytes.fromhex(event.family), event
        elif event.event == "revocation" and event.context is None:
            wide.append(event)


def _begun_by(store: Store, event: Event) -> Iterator[bytes]:
    for batch in all_of(store.page, _selection_of(event)):
        yield from (row.id for row in batch if row.created_at <= event.at)


def _selection_of(event: Event) -> Selection:
    client = event.detail["client"] if event.detail else None
    return Selection(subject=event.subject, resource=event.resource, client=client)


def _end(
    store: Store, named: Iterable[tuple[bytes, Event]], kept_until: Mapping[int, int]
) -> list[Family]:
    ended: list[Family] = []
    named = iter(named)
    while batch := list(islice(named, BATCH)):
        ended += _make_missing(store, batch, kept_until)
        steps = [(family, EndAgain(_cause_of(event))) for family, event in batch]
        for (family, step), result in zip(steps, store.transact(steps), strict=True):
            if result is ROW_LOCKED or isinstance(result, NotReplicated):
                ended += store.revoke(Selection(family=family), step.cause)
            elif result is not None:
                ended.append(result)
    return ended


def _make_missing(
    store: Store, batch: Sequence[tuple[bytes, Event]], kept_until: Mapping[int, int]
) -> list[Family]:
    """Make the rows of adopted families that are missing, as ended ones."""
    events = {family: event for family, event in batch if time_of(family) in kept_until}
    made = [
        _ended_row(family, event, kept_until[time_of(family)])
        for family, event in events.items()
        if store.find(family) is None
    ]
    store.absorb(made)
    return made


def _ended_row(family: bytes, event: Event, until: int) -> Family:
    """The row of an adopted family that has ended, as far as the event tells."""
    ends = rounded_up_to_second(until)
    row = begun(family, event.resource or "", event.subject or "", "", ends, ends, 0)
    return row._replace(context=event.context, revoked_at=event.at, revoked_cause=_cause_of(event))


def _cause_of(event: Event) -> str:
    cause = event.cause or UNKNOWN_CAUSE
    return _CAUSES.get(cause, cause)
