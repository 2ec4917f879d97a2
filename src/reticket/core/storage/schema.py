"""Schema versions of stored data: which program may run on which schema. Pure.

A schema records the oldest program version that may run on it. So old processes keep running while
newer ones start.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple, Protocol, runtime_checkable

from reticket.core.errors import StartupError


class Task(StrEnum):
    """What must be done about a schema."""

    NOTHING = "nothing"
    MAKE = "make"
    UPGRADE = "upgrade"
    UPDATE_PROGRAM = "update reticket"


class SchemaState(NamedTuple):
    """A schema compared with this program; versions count from 1.

    Args:
        what: `families` or `directory`.
        place: its address, without credentials.
        found: its version; 0 when it does not exist.
        needed: the newest version that a program must know to run on it.
        known: the newest version that this program knows.
    """

    what: str
    place: str
    found: int
    needed: int
    known: int

    @property
    def task(self) -> Task:
        """What must be done. Nothing, for a newer schema on which this program may run."""
        if self.found == 0:
            return Task.MAKE
        if self.needed > self.known:
            return Task.UPDATE_PROGRAM
        return Task.UPGRADE if self.found < self.known else Task.NOTHING

    def refuse_newer(self) -> None:
        """StartupError for a schema that this program cannot run on."""
        if self.task is Task.UPDATE_PROGRAM:
            raise StartupError(
                f"the {self.what} at {self.place}: schema {self.found} was made by a newer version "
                f"of reticket and needs one that knows {self.needed}, this one knows "
                f"{self.known}; update it, or restore a backup"
            )

    def refuse_older(self) -> None:
        """StartupError for a schema that other processes share and that must be upgraded first."""
        if self.task is Task.UPGRADE:
            raise StartupError(
                f"the {self.what} at {self.place}: schema {self.found} is older than this version "
                f"of reticket, which needs {self.known}; run `reticket migrate up`"
            )


@runtime_checkable
class Migrating(Protocol):
    """What an engine with a schema offers besides opening it, by URL."""

    def schema_state(self, url: str) -> SchemaState:
        """The schema version at a URL; nothing is changed. StartupError."""

    def migrate(self, url: str) -> None:
        """Upgrade to the newest version that this program knows, while older programs use it.

        A newer schema stays as it is. StartupError means that nothing has changed.
        """
