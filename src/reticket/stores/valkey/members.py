"""Per subject: the set of its families, which lists and revocations of a subject go by.

It lives on another node than the families do, so it may name some that are gone, and those that
are on their way in may be missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reticket.core.model import Family
from reticket.stores.valkey.engine import Engine
from reticket.stores.valkey.rows import key_of, left
from reticket.stores.valkey.scripts import LIST, Command

CHUNK = 1000
"""Families at once."""

SETTLED = 3_600_000
"""Milliseconds after which a family that is in a set has its row as well, or never will."""


def members_key(subject: str) -> bytes:
    """The key of the set."""
    return b"rt:s:" + subject.encode()


def listed(row: Family, now: int) -> Command:
    """Put a family into its subject's set, which stays until the last of them has its end. The
    reply is a sample of the set, to be looked after.
    """
    return LIST(members_key(row.subject), row.id, left(max(row.ends_at, row.expires_at), now))


def members(engine: Engine, subject: str) -> Iterator[list[bytes]]:
    """The ids of a subject's families in ascending order, some at a time."""
    key = members_key(subject)
    found = sorted(engine.ask([Command(key, ("SMEMBERS", key))])[0])
    yield from (found[at : at + CHUNK] for at in range(0, len(found), CHUNK))


def forget_the_gone(
    engine: Engine, batch: Sequence[Family], samples: Sequence[Sequence[bytes]]
) -> None:
    """Take those out of the samples' sets whose row is gone, but none so young that its row may be
    on its way. Every sign-in looks at a few, so that a set stays in proportion to what lives.
    """
    young = max((row.created_at for row in batch), default=0) - SETTLED
    sampled = [
        (members_key(row.subject), family)
        for row, sample in zip(batch, samples, strict=True)
        for family in sample
        if _begun_at(family) < young
    ]
    keys = [key_of(family) for _, family in sampled]
    found = engine.ask([Command(key, ("EXISTS", key)) for key in keys])
    gone = [each for each, there in zip(sampled, found, strict=True) if not there]
    engine.ask([Command(key, ("SREM", key, family)) for key, family in gone])


def _begun_at(family: bytes) -> int:
    return int.from_bytes(family[:6], "big")
