"""Transactions on the directory's database, and the one place that maps its driver's errors.

Owns reading, writing and the version that every change raises. Knows no noun.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy import Connection, Engine, select, update
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from reticket.core.errors import Unavailable
from reticket.directory.errors import Invalid
from reticket.directory.tables import directory_version

K = TypeVar("K")
R = TypeVar("R")


@contextmanager
def answering() -> Iterator[None]:
    """Turn whatever the driver raises into Unavailable, in its own words without the statement."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        words = error.orig if isinstance(error, DBAPIError) else error
        raise Unavailable(f"the directory cannot answer: {words}") from error


class Database:
    """Owns connections. Every method may raise Unavailable.

    Args:
        engine: begins a transaction that locks for writing when the execution option
            `writes` says so.
    """

    def __init__(self, engine: Engine) -> None:
        self._reader = engine
        self._writer = engine.execution_options(writes=True)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one state of the directory."""
        with answering(), self._reader.begin() as connection:
            yield connection

    def find(self, read: Callable[[Connection, K], R | None], key: K) -> R | None:
        """What `read` finds under a key, in a transaction of its own."""
        try:
            with self.read() as connection:
                return read(connection, key)
        except (UnicodeEncodeError, OverflowError):
            return None  # lone surrogates, huge numbers: nothing is stored under such a key

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that changes only what no record shows. Invalid for text that is none."""
        with answering(), self._writer.begin() as connection:
            try:
                yield connection
            except UnicodeEncodeError:
                raise Invalid("A value is not valid Unicode text.") from None

    @contextmanager
    def change(self) -> Iterator[Connection]:
        """A transaction that changes what readers see: every process drops its records."""
        with self.write() as connection:
            yield connection
            version = directory_version.c.version
            connection.execute(update(directory_version).values(version=version + 1))

    def close(self) -> None:
        """Close all connections that are not in use."""
        self._reader.dispose()


def version_of(connection: Connection) -> int:
    """How often the directory has changed, as of this transaction."""
    return int(connection.execute(select(directory_version.c.version)).scalar_one())
