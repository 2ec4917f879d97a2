"""Names that people had here until they were deleted or got another address.

Only keyed digests are kept, and only once sign-ins were handed over (ADR 0028). The old back end
still knows these names, and nobody comes back through it. Runs in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, insert, select

from reticket.core.ports import Clock
from reticket.core.realms import SignInName
from reticket.directory.forms import folded
from reticket.directory.marks import HANDOVER, is_marked
from reticket.directory.people.second_factor import Sealer
from reticket.directory.tables import former_names


class FormerNames:
    """Owns the digests."""

    def __init__(self, sealer: Sealer, clock: Clock) -> None:
        self._sealer = sealer
        self._clock = clock

    def note(self, connection: Connection, names: Iterable[SignInName]) -> None:
        """Remember names that somebody no longer has, if the directory is marked. The mark counts
        for every program, whatever settings that has.
        """
        if not is_marked(connection, HANDOVER):
            return
        digests = {self._digest(name) for name in names}
        new = digests - self._known(connection, digests)
        for digest in sorted(new):
            row = {"digest": digest, "noted_at": self._clock()}
            connection.execute(insert(former_names), row)

    def has(self, connection: Connection, name: SignInName) -> bool:
        """Whether somebody had that name."""
        return bool(self._known(connection, {self._digest(name)}))

    def _known(self, connection: Connection, digests: set[bytes]) -> set[bytes]:
        column = former_names.c.digest
        return set(connection.execute(select(column).where(column.in_(digests))).scalars())

    def _digest(self, name: SignInName) -> bytes:
        text = folded(name.text).encode("utf-8", "surrogatepass")
        return self._sealer.digest(text, b"former:" + name.realm.encode())
