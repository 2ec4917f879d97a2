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
from reticket.core.storage.schema import Migrating, SchemaState


class Storage(Protocol):
    """A database whose schema this program runs on. Whatever it does may raise Unavailable."""

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
        """Seconds that should lie between two looks for changes."""
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


class EngineModule(Migrating, Protocol):
    """What a module of an engine offers."""

    def open_storage(self, url: str) -> Storage:
        """Open the database, made or migrated where that hinders nobody."""
        ...


def open_storage(url: str) -> Storage:
    """Open the database that a URL names. One that is empty is made.

    StartupError in one sentence, never with a password: a wrong URL, a missing driver, a server
    that cannot be reached, a file or schema that is not ours or of another version.
    """
    return _kind(url).open_storage(url)


def schema_state(url: str) -> SchemaState:
    """How the schema there stands; nothing is made. StartupError."""
    return _kind(url).schema_state(url)


def migrate(url: str) -> None:
    """Make or upgrade the schema there, while older programs use it. StartupError."""
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
"""By scheme. Each imports its driver when it is asked for, and not before."""
