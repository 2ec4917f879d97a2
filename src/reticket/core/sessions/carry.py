"""Carries families from one store to another by the lattice merge (ADR 0001).

Both may be in use meanwhile: what changes behind the walk is carried by the next one, and a token
that is ahead of its copy heals it.
"""

from __future__ import annotations

from reticket.core.ports import Store


def carry(source: Store, target: Store) -> int:
    """Merge every family that has a living token, ended ones too, into the target; how many.

    Raises:
        Unavailable: one of the two cannot answer. What was carried stays; carry again.
    """
    carried, now = 0, source.now()
    for batch in source.walk():
        living = [family for family in batch if family.expires_at > now]
        target.absorb(living)
        carried += len(living)
    return carried
