"""The set of each subject's families, used by lists and revocations of a subject.

The set is on another node than the families. So it may name families that are deleted, and may lack
families that are being created.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reticket.core.model import Family
from reticket.stores.valkey.engine import Engine
from reticket.stores.valkey.rows import key_of, time_to_live
from reticket.stores.valkey.scripts import LIST, Command

CHUNK = 1000
"""Families in one batch."""

SETTLED = 3_600_000
"""Milliseconds after which a family in a set either has its row or will never have one."""


def members_key(subject: str) -> bytes:
    """The key of the set."""
    return b"rt:s:" + subject.encode()


def list_command(row: Family, now: int) -> Command:
    """The command that adds a family to its subject's set. The set stays until the last family has
    ended. Its reply is a sample of the set, for `remove_deleted`.
    """
    return LIST(
        members_key(row.subject), row.id, time_to_live(max(row.ends_at, row.expires_at), now)
    )


def members(engine: Engine, subject: str) -> Iterator[list[bytes]]:
    """The ids of a subject's families in ascending order, in batches."""
    key = members_key(subject)
    found = sorted(engine.ask([Command(key, ("SMEMBERS", key))])[0])
    yield from (found[at : at + CHUNK] for at in range(0, len(found), CHUNK))


def remove_deleted(
    engine: Engine, batch: Sequence[Family], samples: Sequence[Sequence[bytes]]
) -> None:
    """Remove sampled families from their sets when their row is deleted. Young ones stay, because
    their row may still be written. Every sign-in checks a few, so a set does not grow without
    limit.
    """
    oldest_young = max((row.created_at for row in batch), default=0) - SETTLED
    sampled = [
        (members_key(row.subject), family)
        for row, sample in zip(batch, samples, strict=True)
        for family in sample
        if _begun_at(family) < oldest_young
    ]
    keys = [key_of(family) for _, family in sampled]
    found = engine.ask([Command(key, ("EXISTS", key)) for key in keys])
    deleted = [each for each, exists in zip(sampled, found, strict=True) if not exists]
    engine.ask([Command(key, ("SREM", key, family)) for key, family in deleted])


def _begun_at(family: bytes) -> int:
    return int.from_bytes(family[:6], "big")
