"""The password hashes of all people, for operators who count and replace them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import select

from reticket.directory.engines.database import Database
from reticket.directory.tables import users

PAGE = 1000
"""People in one read: the memory of the whole walk."""


class StoredHash(NamedTuple):
    """A person's hash, or `NO_PASSWORD`."""

    user_id: str
    text: str

    def __repr__(self) -> str:
        return f"StoredHash({self.user_id!r})"


class StoredHashes:
    """Reads them. Every method may raise Unavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def walk(self) -> Iterator[Sequence[StoredHash]]:
        """All of them in the order of the people's ids, a page at a time."""
        after = ""
        while page := self._page(after):
            yield page
            after = page[-1].user_id

    def _page(self, after: str) -> Sequence[StoredHash]:
        columns = users.c
        statement = (
            select(columns.id, columns.secret_hash)
            .where(columns.id > after)
            .order_by(columns.id)
            .limit(PAGE)
        )
        with self._database.read() as connection:
            return [StoredHash(*row) for row in connection.execute(statement)]
