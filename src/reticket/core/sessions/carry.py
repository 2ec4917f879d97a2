"""Carries families from one store to another by the lattice merge (ADR 0001).

Both stores may be in use meanwhile. A family that changes after it was read is carried by the
next run. A token that is ahead of its copy heals the copy.
"""

from __future__ import annotations

from reticket.core.ports import Store


def carry(source: Store, target: Store) -> int:
    """Merge every family with an unexpired token into the target, revoked ones too; their number.

    Raises:
        Unavailable: one of the two cannot answer. What was carried stays; run it again.
    """
    carried, now = 0, source.now()
    for batch in source.walk():
        living = [family for family in batch if family.expires_at > now]
        target.absorb(living)
        carried += len(living)
    return carried
