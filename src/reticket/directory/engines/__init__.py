"""The engines of the directory, by the scheme of its URL.

Owns the interface that the rest of this package uses. Knows no details of an engine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from sqlalchemy import Engine

from reticket.core.errors import StartupError
from reticket.core.storage.schema import Migrating, SchemaState


class Storage(Protocol):
    """An open database whose schema this program can use. Every method may raise Unavailable."""

    @property
    def reader(self) -> Engine:
        """Begins transactions that see one state."""
        ...

    @property
    def writer(self) -> Engine:
        """Begins transactions that wait a short time for a lock."""
        ...

    @property
    def pause(self) -> float:
        """Seconds between two checks for changes."""
        ...

    def answering(self) -> AbstractContextManager[None]:
        """Raise the driver's errors as Unavailable, without statements and values."""
        ...

    def mark(self) -> int:
        """Differs from the last value when something may have been committed since."""
        ...

    def backup(self, target: Path) -> None:
        """Copy everything into a new file (mode 0600). StartupError when the engine cannot be
        copied.
        """
        ...

    def close(self) -> None:
        """Release everything; `mark` fails afterwards."""
        ...


class EngineModule(Migrating, Protocol):
    """The functions of an engine's module."""

    def open_storage(self, url: str) -> Storage:
        """Open the database; it is created or migrated where no other process is affected."""
        ...


def open_storage(url: str) -> Storage:
    """Open the database of a URL; an empty one gets its tables.

    Raises:
        StartupError: one sentence without a password. The URL is wrong, a driver is missing, the
            server is unreachable, or the file or schema is not reticket's or of another version.
    """
    return _kind(url).open_storage(url)


def schema_state(url: str) -> SchemaState:
    """The version of the schema; nothing is created. StartupError."""
    return _kind(url).schema_state(url)


def migrate(url: str) -> None:
    """Create or upgrade the schema while older programs use it. StartupError."""
    _kind(url).migrate(url)


def _kind(url: str) -> EngineModule:
    scheme, _, _ = url.partition(":")
    if scheme not in KINDS:
        raise StartupError(
            "The directory's URL must look like sqlite:///FOLDER/directory.sqlite or "
            "postgresql://USER:PASSWORD@HOST:PORT/DATABASE."
        )
    return KINDS[scheme]()


def _sqlite() -> EngineModule:
    from reticket.directory.engines import sqlite

    return sqlite


def _postgresql() -> EngineModule:
    try:
        from reticket.directory.engines import postgresql
    except ImportError as error:
        raise StartupError(
            f"The directory is in PostgreSQL, which needs {error.name}: "
            "pip install 'reticket[postgresql]'."
        ) from error
    return postgresql


KINDS: Mapping[str, Callable[[], EngineModule]] = {"sqlite": _sqlite, "postgresql": _postgresql}
"""By scheme. Each imports its driver only when needed."""
