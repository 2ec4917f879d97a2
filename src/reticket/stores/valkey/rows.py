"""A family as the value of a key, what was seen of it, and which families a selection means."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import msgspec

from reticket.core.errors import Unavailable
from reticket.core.model import Family, Selection
from reticket.core.policy import DAY, SECOND

PREFIX = b"rt:f:"

LINGER = DAY * SECOND
"""Milliseconds that a row outstays its last token: the engine's own deletion never comes first,
and a row that was dead when it came in can still be seen.
"""
LONGEST = 10**15
"""Milliseconds, over thirty thousand years: what the engine can add to its time."""

UNSURE = b"\xc1"
"""Behind a row whose revocation may have no copy yet. No MessagePack has that byte."""

_HEX = re.compile("[0-9a-f]{32}")
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode


class Seen(NamedTuple):
    """A value, the row that it holds, and the time at the node that has it."""

    raw: bytes
    row: Family | None
    now: int


def key_of(family: bytes) -> bytes:
    """The key of a family."""
    return PREFIX + family


def pack(row: Family) -> bytes:
    """The row without its id, which is in the key; 32 lower-case hex digits take 16 bytes. What
    came later stands at the end and is left out where there is none, so that old code goes on.
    """
    _, resource, subject, *rest = row
    packed = bytes.fromhex(subject) if _HEX.fullmatch(subject) else subject
    return _encode((resource, packed, *(rest if row.terms is not None else rest[:-1])))


def unpack(family: bytes, raw: bytes | None) -> Family | None:
    """The row of a value. Unavailable when it is none of ours."""
    if not raw:
        return None
    try:
        resource, subject, *rest = _decode(raw.removesuffix(UNSURE))
        return Family(family, resource, subject.hex() if type(subject) is bytes else subject, *rest)
    except (msgspec.DecodeError, TypeError, ValueError) as error:
        raise Unavailable("a family in Valkey cannot be read") from error


def left(end: int, now: int) -> int:
    """Milliseconds until a row goes whose last token dies then."""
    return min(max(end - now, 0) + LINGER, LONGEST)


def fits(row: Family, selection: Selection) -> bool:
    """Whether a selection means that family."""
    said: tuple[tuple[Any, Any], ...] = (
        (selection.family, row.id),
        (selection.subject, row.subject),
        (selection.resource, row.resource),
        (selection.context, row.context),
        (selection.client, row.client),
    )
    if any(wanted is not None and wanted != found for wanted, found in said):
        return False
    return selection.live_at is None or (
        row.revoked_at is None and min(row.expires_at, row.ends_at) > selection.live_at
    )
