"""Records of Auth0's export of hashes, until the person of each is found. Not in memory: there may
be a million. They lie in a file that SQLite deletes as soon as it has opened it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any, Self

_KEPT = ("_id", "alt_id", "email", "email_verified", "identifiers", "passwordHash", "username")
_TABLE = "CREATE TABLE kept (user PRIMARY KEY, place, record) WITHOUT ROWID"
_KEEP = "INSERT OR IGNORE INTO kept VALUES (?, ?, ?) RETURNING user"
_TAKE = "DELETE FROM kept WHERE user = ? RETURNING record"
_REST = "SELECT place, record FROM kept"


class Hashes:
    """Owns the file."""

    def __enter__(self) -> Self:
        self._file = sqlite3.connect("", isolation_level=None)
        self._file.execute(_TABLE)
        self._file.execute("BEGIN")
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def keep(self, user: str, place: str, record: Mapping[str, Any]) -> bool:
        """Keep the record of a user. False if there was one already."""
        said = json.dumps({name: record[name] for name in _KEPT if name in record})
        return self._file.execute(_KEEP, (_key(user), place, said)).fetchone() is not None

    def take(self, user: str | None) -> dict[str, Any]:
        """The record of a user, which is not kept any longer; an empty one if there was none."""
        for (said,) in self._file.execute(_TAKE, (_key(user or ""),)).fetchall():
            return dict(json.loads(said))
        return {}

    def rest(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """The records that nobody has taken, with their places."""
        for place, said in self._file.execute(_REST):
            yield place, json.loads(said)


def _key(user: str) -> bytes:
    """Half a character would not be stored as text."""
    return user.encode("utf-8", "surrogatepass")
