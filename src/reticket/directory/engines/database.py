"""Transactions on the directory's database, for any engine.

Owns reading, writing and the version that every change raises. Knows no nouns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Table, select, update
from sqlalchemy.exc import DataError

from reticket.directory.engines.storage import Row, Storage
from reticket.directory.errors import Invalid
from reticket.directory.tables import directory_version

K = TypeVar("K")
R = TypeVar("R")


class Database:
    """Owns an open storage. Every method may raise Unavailable.

    Attributes:
        pause: seconds between two calls of `mark`.
        mark: as of the storage.
        changes: how many changes this process has committed.
    """

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self.pause = storage.pause
        self.mark = storage.mark
        self.changes = 0

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one state of the directory."""
        with self._storage.answering(), self._storage.reader.begin() as connection:
            yield connection

    def find(self, read: Callable[[Connection, K], R | None], key: K) -> R | None:
        """The result of `read` for a key, in its own transaction."""
        with self.read() as connection:
            try:
                return read(connection, key)
            except (UnicodeEncodeError, OverflowError, DataError):
                return None  # lone surrogates, huge numbers: no such key is stored

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that changes only data that no cached record has. Invalid for a value that
        cannot be stored.
        """
        with self._storage.answering(), self._storage.writer.begin() as connection:
            try:
                yield connection
            except UnicodeEncodeError:
                raise Invalid("A value is not valid Unicode text.") from None
            except (DataError, OverflowError):
                raise Invalid(
                    "A value cannot be kept: it is too long, too large or has a NUL character."
                ) from None

    @contextmanager
    def change(self) -> Iterator[Connection]:
        """A transaction that changes what readers see: every process drops its cached records.

        Changes are serialized: each locks the version's row at its beginning. So what it finds
        absent stays absent until it has inserted it.
        """
        with self.write() as connection:
            version = directory_version.c.version
            connection.execute(update(directory_version).values(version=version + 1))
            yield connection
        self.changes += 1

    @contextmanager
    def change_many(self) -> Iterator[Connection]:
        """The same for a transaction that writes many rows."""
        with self.change() as connection:
            self._storage.prepare_many(connection)
            yield connection

    def insert_many(self, connection: Connection, table: Table, rows: Sequence[Row]) -> None:
        """Insert rows, which have the same columns, inside the caller's transaction."""
        self._storage.insert_many(connection, table, rows)

    def backup(self, target: Path) -> None:
        """Copy everything into a new file (mode 0600). StartupError when the engine cannot be
        copied.
        """
        self._storage.backup(target)

    def close(self) -> None:
        """Close all unused connections; `mark` fails afterwards."""
        self._storage.close()


def version_of(connection: Connection) -> int:
    """The directory's version, as of this transaction."""
    return int(connection.execute(select(directory_version.c.version)).scalar_one())
