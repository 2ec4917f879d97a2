"""The database of another system: an SQLite file or a PostgreSQL URL. Nothing is ever written.

Messages name the file, or the server without credentials, and no row.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Engine, Row, create_engine, text
from sqlalchemy.exc import DBAPIError

from reticket.core.errors import StartupError
from reticket.moving.streams import SourceError

PATIENCE = 10
"""Seconds for a connection."""
FORMS = "SOURCE must be an SQLite file or postgresql://USER:PASSWORD@HOST:PORT/DATABASE."

_MISSING = {"42P01", "42703"}
"""States of PostgreSQL: a table or a column is not there."""
_NO_TABLE = ("no such table", "no such column", "file is not a database")
_NO_TEXT = "Could not decode to UTF-8"


class Database:
    """Owns connections.

    Args:
        place: how messages name the database.
        foreign: what they say of one without the tables.
    """

    def __init__(self, engine: Engine, place: str, foreign: str) -> None:
        self._engine = engine
        self._place = place
        self._foreign = foreign

    def rows(self, statement: str, values: Mapping[str, object]) -> Sequence[Row[Any]]:
        """All rows of a query. SourceError."""
        try:
            with self._engine.connect() as connection:
                return connection.execute(text(statement), values).all()
        except DBAPIError as error:
            raise SourceError(f"{self._place} {self._words(error)}.") from None

    def _words(self, error: DBAPIError) -> str:
        said, state = str(error.orig), getattr(error.orig, "sqlstate", None)
        if state in _MISSING or said.startswith(_NO_TABLE):
            return self._foreign
        if said.startswith(_NO_TEXT):  # the text is in the message
            return "has text that is not UTF-8"
        reason = f"{type(error.orig).__name__} ({state})" if state else said.partition("\n")[0]
        return f"cannot be read: {reason.rstrip('.')}"


@contextmanager
def opened_database(source: Path | str, foreign: str) -> Iterator[Database]:
    """The database of a path or URL. SourceError."""
    said = str(source)
    is_server = said.startswith(("postgresql://", "postgres://"))
    engine, place = _server(said) if is_server else _file(Path(source), said)
    try:
        yield Database(engine, place, foreign)
    finally:
        engine.dispose()


def _file(path: Path, said: str) -> tuple[Engine, str]:
    if "://" in said:
        raise SourceError(FORMS)
    if not path.is_file():
        raise SourceError(f"{path.name} is no file: {FORMS}")
    address = f"file:{quote(str(path.resolve()))}?mode=ro"
    engine = create_engine(
        "sqlite://",
        creator=lambda: sqlite3.connect(address, uri=True, timeout=PATIENCE),
        hide_parameters=True,
    )
    return engine, path.name


def _server(url: str) -> tuple[Engine, str]:
    try:
        import psycopg

        from reticket.directory.engines import postgresql_server as server
    except ImportError as error:
        words = f"PostgreSQL needs {error.name}: pip install 'reticket[postgresql]'."
        raise SourceError(words) from error
    try:
        options = server.options_of(url)
    except StartupError:
        raise SourceError(FORMS) from None
    read_only = f"{options.get('options', '')} -c default_transaction_read_only=on".lstrip()
    options |= {"options": read_only, "connect_timeout": PATIENCE}
    engine = create_engine(
        "postgresql+psycopg://", creator=lambda: psycopg.connect(**options), hide_parameters=True
    )
    return engine, server.place_of(options)
