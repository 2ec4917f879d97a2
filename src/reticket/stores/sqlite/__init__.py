"""Families and short-lived entries in one SQLite file: WAL, `synchronous=FULL`, one writer.

Owns the file and the mapping of its errors. Imports no dialect and no other engine.
"""

from __future__ import annotations

from pathlib import Path

from reticket.core.errors import StartupError
from reticket.core.ports import Clock
from reticket.core.storage.schema import SchemaState
from reticket.stores.sqlite.ephemeral import SqliteEphemeral
from reticket.stores.sqlite.families import SqliteStore
from reticket.stores.sqlite.file import File
from reticket.stores.sqlite.schema import schema_state_at

SCHEMES = ("sqlite",)

__all__ = [
    "SCHEMES",
    "SqliteEphemeral",
    "SqliteStore",
    "file_of",
    "migrate",
    "open_store",
    "standing",
]


def open_store(
    url: str, clock: Clock, busy_timeout: float = 5.0
) -> tuple[SqliteStore, SqliteEphemeral]:
    """Both ports on the file of a `sqlite:///` URL; its schema is created or upgraded.

    Raises:
        StartupError: names the file and its fault.
    """
    path = file_of(url)
    return SqliteStore(path, clock, busy_timeout), SqliteEphemeral(path, clock, busy_timeout)


def schema_state(url: str) -> SchemaState:
    """The schema version of the file; no file is created."""
    return schema_state_at(file_of(url))


def migrate(url: str) -> None:
    """The path in a URL such as `sqlite:///data/families.sqlite`, taken literally."""
    File(file_of(url), busy_timeout=5.0).close()


def file_of(url: str) -> Path:
    """The file in a URL like `sqlite:///data/families.sqlite`, to the letter."""
    scheme, _, name = url.partition(":///")
    if scheme != "sqlite" or not name:
        raise StartupError("the URL of the sessions must look like sqlite:///data/families.sqlite")
    return Path(name)
