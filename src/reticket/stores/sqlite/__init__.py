"""Families and ephemera in one SQLite file: WAL, `synchronous=FULL`, one writer.

Knows the file and its faults; no dialect, no other engine.
"""

from __future__ import annotations

from pathlib import Path

from reticket.core.ports import Clock
from reticket.stores.sqlite.ephemeral import SqliteEphemeral
from reticket.stores.sqlite.families import SqliteStore

SCHEMES = ("sqlite",)

__all__ = ["SCHEMES", "SqliteEphemeral", "SqliteStore", "open_store"]


def open_store(
    url: str, clock: Clock, busy_timeout: float = 5.0
) -> tuple[SqliteStore, SqliteEphemeral]:
    """Both ports on the file of a `sqlite:///` URL. StartupError names the file and its fault."""
    path = Path(url.removeprefix("sqlite:///"))
    return SqliteStore(path, clock, busy_timeout), SqliteEphemeral(path, clock, busy_timeout)
