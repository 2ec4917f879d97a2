"""Revocation marks of a subject: every family that began at or before the time of a mark is
revoked.

One write revokes them all, including a sign-in in progress and a row whose own revocation a
fail-over lost. The cost is one read for each refresh, sent together with the write. A mark selects
only by what never changes in a row (resource, client). Revocations by context go row by row.
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
from reticket.stores.valkey.pipelines import Short
from reticket.stores.valkey.scripts import SWAP, Command

LEAST_KEPT = 400 * DAY * SECOND
"""Milliseconds: longer than the default absolute lifetime, for a family that is not yet in the set.
"""

ATTEMPTS = 16
"""Lost races in a row before Unavailable."""


class RevocationMark(NamedTuple):
    """Families of that resource and client (None matches any) that began at or before `at` are
    revoked.

    Args:
        at: milliseconds, by the engine's clock.
        cause: the cause of the revocation, as the row stores it.
    """

    resource: str | None
    client: str | None
    at: int
    cause: str


Marks = Mapping[str, Sequence[RevocationMark]]
"""Marks by subject."""

_decode = msgspec.msgpack.Decoder(list[RevocationMark]).decode


def marks_key(subject: str) -> bytes:
    """The key of a subject's marks."""
    return b"rt:n:" + subject.encode()


def can_mark(selection: Selection) -> bool:
    """Whether a mark can express the selection: all families of a subject, with no other condition
    that can change.
    """
    return selection.subject is not None and (
        selection.family is None and selection.context is None and selection.live_at is None
    )


def apply_marks(row: Family | None, marks: Marks) -> Family | None:
    """The row as its subject's marks leave it; the same object when no mark applies."""
    if row is None or row.revoked_at is not None:
        return row
    applying = [mark for mark in marks.get(row.subject, ()) if _applies(row, mark)]
    if not applying:
        return row
    first = min(applying, key=lambda mark: mark.at)
    return revoked(row, first.at, first.cause)


def read_commands(subjects: Iterable[str]) -> list[Command]:
    """The commands that read the marks of these subjects."""
    keys = [marks_key(subject) for subject in subjects]
    return [Command(key, ("GET", key)) for key in keys]


def parse_replies(
    subjects: Iterable[str], replies: Iterable[bytes | None]
) -> dict[str, list[RevocationMark]]:
    """The marks in the replies; subjects without a mark are left out."""
    return {subject: _parse(raw) for subject, raw in zip(subjects, replies, strict=True) if raw}


def set_mark(engine: Engine, subject: str, mark: RevocationMark) -> None:
    """Add a mark, or move an existing one to a later time. It is kept as long as any family it
    applies to.

    Raises:
        Unavailable: the mark may be lost with its node.
    """
    key, members = marks_key(subject), members_key(subject)
    for _ in range(ATTEMPTS):
        raw, set_lives_for = engine.ask(
            [Command(key, ("GET", key)), Command(members, ("PTTL", members))]
        )
        kept_for = max(LEAST_KEPT, set_lives_for)
        swap = SWAP(key, raw or b"", _with(raw, mark), kept_for)._replace(lasting=True)
        (reply,) = engine.ask([swap])
        if isinstance(reply, Short):
            raise Unavailable(f"a revocation was written, but not copied: {reply}")
        if reply:
            return
    raise Unavailable("the subject's revocations were changed too often meanwhile; try again")


def _with(raw: bytes | None, mark: RevocationMark) -> bytes:
    marks = {each[:2]: each for each in sorted([*_parse(raw), mark], key=lambda each: each.at)}
    return msgspec.msgpack.encode(list(marks.values()))


def _parse(raw: bytes | None) -> list[RevocationMark]:
    try:
        return _decode(raw) if raw else []
    except msgspec.MsgspecError as error:
        raise Unavailable("a revocation mark in Valkey cannot be read") from error


def _applies(row: Family, mark: RevocationMark) -> bool:
    return (
        row.created_at <= mark.at
        and mark.resource in (None, row.resource)
        and mark.client in (None, row.client)
    )
