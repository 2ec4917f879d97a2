"""The rows of the key ring: the port `KeyStore`. Keys are stored encrypted, as given."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, insert, select, update

from reticket.core.tokens.keys import SealedKey
from reticket.directory.engines.database import Database
from reticket.directory.rows import record_of, row_of
from reticket.directory.tables import keys


class Keys:
    """Owns the stored keys. Every method may raise Unavailable; every change raises the version."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keys(self) -> Sequence[SealedKey]:
        """All of them, in order of (use, sequence)."""
        with self._database.read() as connection:
            return _read(connection)

    def add(self, key: SealedKey) -> bool:
        """Insert a key unless its (use, sequence) exists. Returns whether it was inserted."""
        place = select(keys.c.id).where(keys.c.use == key.use, keys.c.sequence == key.sequence)
        with self._database.change() as connection:
            taken = connection.execute(place).one_or_none() is not None
            if not taken:
                connection.execute(insert(keys), row_of(keys, key))
        return not taken

    def update(self, keys_: Sequence[SealedKey], seen: Sequence[SealedKey]) -> bool:
        """Write states and times of existing keys in one transaction, unless the keys have changed
        since `seen`. Returns whether they were written.
        """
        with self._database.change() as connection:
            is_same = _read(connection) == list(seen)
            for key in keys_ if is_same else ():
                values = {
                    "state": key.state,
                    "activates_at": key.activates_at,
                    "retiring_at": key.retiring_at,
                }
                connection.execute(update(keys).where(keys.c.id == key.id).values(values))
        return is_same


def _read(connection: Connection) -> list[SealedKey]:
    statement = select(keys).order_by(keys.c.use, keys.c.sequence)
    return [record_of(SealedKey, row) for row in connection.execute(statement)]
