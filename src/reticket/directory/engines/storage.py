"""The interface of the directory's databases, and of the modules that open them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from sqlalchemy import Connection, Engine, Table

from reticket.core.storage.schema import Migrating

Row: TypeAlias = Mapping[str, Any]
"""Values by the names of columns."""


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

    def prepare_many(self, connection: Connection) -> None:
        """Make a connection ready for transactions that write many rows."""
        ...

    def insert_many(self, connection: Connection, table: Table, rows: Sequence[Row]) -> None:
        """Insert rows, which have the same columns, in one statement."""
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
