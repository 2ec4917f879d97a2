"""The engines that can keep the directory, by the scheme of its URL.

Owns what the rest of this package asks of an engine. Knows no engine's ways.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from sqlalchemy import Engine

from reticket.core.errors import StartupError


class Storage(Protocol):
    """A database with the newest schema. Whatever it does may raise Unavailable."""

    @property
    def reader(self) -> Engine:
        """Begins transactions that see one state."""
        ...

    @property
    def writer(self) -> Engine:
        """Begins transactions that wait for a lock, but not for long."""
        ...

    @property
    def pause(self) -> float:
        """Seconds that should lie between two looks for changes; 0 where one costs nothing."""
        ...

    def answering(self) -> AbstractContextManager[None]:
        """Turn whatever the driver raises into Unavailable, without statements and values."""
        ...

    def mark(self) -> int:
        """Differs from the one before when something may have been committed since."""
        ...

    def backup(self, target: Path) -> None:
        """Copy everything into a new file (mode 0600). StartupError where no file can hold it."""
        ...

    def close(self) -> None:
        """Release everything; `mark` fails from then on."""
        ...


def open_storage(url: str) -> Storage:
    """Open the database that a URL names, creating or migrating it.

    StartupError in one sentence, never with a password: a wrong URL, a missing driver, a server
    that cannot be reached, a file or schema that is not ours or of a newer version.
    """
    scheme, _, _ = url.partition(":")
    if scheme not in OPENERS:
        raise StartupError(
            "The directory's URL must look like sqlite:///FOLDER/directory.sqlite or "
            "postgresql://USER:PASSWORD@HOST:PORT/DATABASE."
        )
    return OPENERS[scheme](url)


def _sqlite(url: str) -> Storage:
    from reticket.directory.sqlite import SqliteStorage

    return SqliteStorage(url)


def _postgresql(url: str) -> Storage:
    try:
        from reticket.directory.postgresql import PostgresqlStorage
    except ImportError as error:
        raise StartupError(
            "The directory is in PostgreSQL, whose driver is missing: "
            "install psycopg with its extra `binary`."
        ) from error
    return PostgresqlStorage(url)


OPENERS: Mapping[str, Callable[[str], Storage]] = {"sqlite": _sqlite, "postgresql": _postgresql}
"""By scheme. Each imports its driver when it is asked for, and not before."""
