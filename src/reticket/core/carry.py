"""Carries families from one store to another by the lattice merge (design §1).

Both may be in use meanwhile: what changes behind the walk is carried by the next one, and a token
that is ahead of its copy heals it.
"""

from __future__ import annotations

from reticket.core.model import Selection
from reticket.core.ports import Store

BATCH = 1_000


def carry(source: Store, target: Store) -> int:
    """Merge every family that has a living token, ended ones too, into the target; how many.

    Raises:
        Unavailable: one of the two cannot answer. What was carried stays; carry again.
    """
    carried, cursor, now = 0, None, source.now()
    while True:
        page = source.page(Selection(), BATCH, cursor)
        living = [family for family in page.families if family.expires_at > now]
        target.absorb(living)
        carried, cursor = carried + len(living), page.cursor
        if cursor is None:
            return carried
