"""How what is at rest stands to this program: its version, and which programs may run on it.

Pure. A schema says which program is the oldest that runs on it, so that old code goes on while
newer code comes in.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple, Protocol, runtime_checkable

from reticket.core.errors import StartupError


class Task(StrEnum):
    """What is to be done about a schema."""

    NOTHING = "nothing"
    MAKE = "make"
    UPGRADE = "upgrade"
    UPDATE_PROGRAM = "update reticket"


class SchemaState(NamedTuple):
    """A schema beside the program; versions count from 1.

    Args:
        what: `families` or `directory`.
        place: where it is, without who goes there.
        found: its version; 0 where there is nothing yet.
        oldest: the oldest version that a program on it may know.
        known: the newest version that this program knows.
    """

    what: str
    place: str
    found: int
    oldest: int
    known: int

    @property
    def task(self) -> Task:
        """A newer schema that lets this program run is no task."""
        if self.found == 0:
            return Task.MAKE
        if self.oldest > self.known:
            return Task.UPDATE_PROGRAM
        return Task.UPGRADE if self.found < self.known else Task.NOTHING

    def refuse_newer(self) -> None:
        """StartupError for a schema that this program cannot run on."""
        if self.task is Task.UPDATE_PROGRAM:
            raise StartupError(
                f"the {self.what} at {self.place}: schema {self.found} was made by a newer version "
                f"of reticket and needs one that knows {self.oldest}, this one knows "
                f"{self.known}; update it, or restore a backup"
            )

    def refuse_older(self) -> None:
        """StartupError for a schema that others share and that must be upgraded first."""
        if self.task is Task.UPGRADE:
            raise StartupError(
                f"the {self.what} at {self.place}: schema {self.found} is older than this version "
                f"of reticket, which needs {self.known}; run `reticket migrate up`"
            )


@runtime_checkable
class Migrating(Protocol):
    """What an engine that has a schema offers beside opening it, by a URL."""

    def schema_state(self, url: str) -> SchemaState:
        """The schema version at a URL; nothing is changed. StartupError."""

    def migrate(self, url: str) -> None:
        """Bring it to the newest version that this program knows, while older programs use it.

        A schema that is newer stays as it is. StartupError, and then nothing has changed.
        """
