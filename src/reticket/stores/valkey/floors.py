"""Per subject: a time, and all families that began by then are over, found or not.

So one write ends them: a sign-in on its way too, and a row whose own revocation a fail-over lost.
The price is a look at it for every refresh, which travels with the write. A floor speaks only of
what never changes in a row (resource, client); what a context means is ended row by row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from reticket.core.errors import Unavailable
from reticket.core.model import Family, Selection
from reticket.core.policy import DAY, SECOND
from reticket.core.sessions.rotation import revoked
from reticket.stores.valkey.engine import Engine
from reticket.stores.valkey.members import members_key
from reticket.stores.valkey.scripts import SWAP, Command
from reticket.stores.valkey.trips import Short

LEAST_KEPT = 400 * DAY * SECOND
"""Milliseconds: longer than the default absolute end, for a family that is in no list yet."""

ATTEMPTS = 16
"""Lost races in a row before it is Unavailable."""


class Floor(NamedTuple):
    """Families of that resource and client (None means any) that began by then are over."""

    resource: str | None
    client: str | None
    at: int
    cause: str


Floors = Mapping[str, Sequence[Floor]]
"""By subject."""

_decode = msgspec.msgpack.Decoder(list[Floor]).decode


def floors_key(subject: str) -> bytes:
    """The key of a subject's floors."""
    return b"rt:n:" + subject.encode()


def lasting(selection: Selection) -> bool:
    """Whether a floor can say what is selected: everything of a subject, for good."""
    return selection.subject is not None and (
        selection.family is None and selection.context is None and selection.live_at is None
    )


def struck(row: Family | None, floors: Floors) -> Family | None:
    """The row as its subject's floors leave it; the same object when they leave it alone."""
    if row is None or row.revoked_at is not None:
        return row
    over = [floor for floor in floors.get(row.subject, ()) if _is_under(row, floor)]
    if not over:
        return row
    first = min(over, key=lambda floor: floor.at)
    return revoked(row, first.at, first.cause)


def questions(subjects: Iterable[str]) -> list[Command]:
    """What to ask for their floors."""
    keys = [floors_key(subject) for subject in subjects]
    return [Command(key, ("GET", key)) for key in keys]


def answers(subjects: Iterable[str], replies: Iterable[bytes | None]) -> dict[str, list[Floor]]:
    """What came back; subjects without a floor are left out."""
    return {subject: _floors(raw) for subject, raw in zip(subjects, replies, strict=True) if raw}


def raise_floor(engine: Engine, subject: str, floor: Floor) -> None:
    """Add a floor, or move it up; it stays as long as any family that it speaks of. Unavailable
    when it may not outlive its node.
    """
    key, members = floors_key(subject), members_key(subject)
    for _ in range(ATTEMPTS):
        raw, lasting_for = engine.ask(
            [Command(key, ("GET", key)), Command(members, ("PTTL", members))]
        )
        kept_for = max(LEAST_KEPT, lasting_for)
        raising = SWAP(key, raw or b"", _raised(raw, floor), kept_for)._replace(lasting=True)
        (raised,) = engine.ask([raising])
        if isinstance(raised, Short):
            raise Unavailable(f"a revocation was written, but not copied: {raised}")
        if raised:
            return
    raise Unavailable("others end the same subject's families all the time")


def _raised(raw: bytes | None, floor: Floor) -> bytes:
    floors = {each[:2]: each for each in sorted([*_floors(raw), floor], key=lambda each: each.at)}
    return msgspec.msgpack.encode(list(floors.values()))


def _floors(raw: bytes | None) -> list[Floor]:
    try:
        return _decode(raw) if raw else []
    except msgspec.MsgspecError as error:
        raise Unavailable("a floor in Valkey cannot be read") from error


def _is_under(row: Family, floor: Floor) -> bool:
    return (
        row.created_at <= floor.at
        and floor.resource in (None, row.resource)
        and floor.client in (None, row.client)
    )
