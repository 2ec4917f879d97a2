"""A family as the value of a key, and which families a selection matches."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import msgspec

from reticket.core.errors import Unavailable
from reticket.core.model import Family, Selection
from reticket.core.policy import DAY, SECOND

PREFIX = b"rt:f:"

LINGER = DAY * SECOND
"""Milliseconds that a row stays after its last token has expired. So `expire` finds it before the
engine deletes it, also when the row was absorbed after that time.
"""
LONGEST = 10**15
"""Milliseconds, over thirty thousand years: the longest TTL that the engine can add to its time."""

UNSURE = b"\xc1"
"""Final byte of a row whose revocation may have no copy yet. MessagePack never uses this byte."""

_HEX = re.compile("[0-9a-f]{32}")
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode


class Seen(NamedTuple):
    """A value, the row in it, and the time at its node.

    Args:
        now: milliseconds.
    """

    raw: bytes
    row: Family | None
    now: int


def key_of(family: bytes) -> bytes:
    """The key of a family."""
    return PREFIX + family


def pack(row: Family) -> bytes:
    """The row without its id, which is in the key; a subject of 32 lower-case hex digits takes 16
    bytes.

    Newer columns are last and left out when empty, so that older code can read the row.
    """
    _, resource, subject, *rest = row
    packed = bytes.fromhex(subject) if _HEX.fullmatch(subject) else subject
    return _encode((resource, packed, *(rest if row.terms is not None else rest[:-1])))


def unpack(family: bytes, raw: bytes | None) -> Family | None:
    """The row in a value. Unavailable when reticket did not write it."""
    if not raw:
        return None
    try:
        resource, subject, *rest = _decode(raw.removesuffix(UNSURE))
        return Family(family, resource, subject.hex() if type(subject) is bytes else subject, *rest)
    except (msgspec.DecodeError, TypeError, ValueError) as error:
        raise Unavailable("a session in Valkey cannot be read") from error


def time_to_live(end: int, now: int) -> int:
    """Milliseconds until the engine deletes a row whose last token expires at `end`."""
    return min(max(end - now, 0) + LINGER, LONGEST)


def matches(row: Family, selection: Selection) -> bool:
    """Whether a selection matches a family."""
    pairs: tuple[tuple[Any, Any], ...] = (
        (selection.family, row.id),
        (selection.subject, row.subject),
        (selection.resource, row.resource),
        (selection.context, row.context),
        (selection.client, row.client),
    )
    if any(wanted is not None and wanted != found for wanted, found in pairs):
        return False
    return selection.live_at is None or (
        row.revoked_at is None and min(row.expires_at, row.ends_at) > selection.live_at
    )
