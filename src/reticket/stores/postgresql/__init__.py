"""Families and ephemera in PostgreSQL: one transaction a batch, rows locked in order of id.

Knows the engine and its faults; no dialect, no other engine. The driver is asked for when it is
needed, so that an installation without it still runs on its file.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from reticket.core.errors import StartupError
from reticket.core.ports import Clock
from reticket.core.storage.schema import SchemaState

if TYPE_CHECKING:
    from reticket.stores.postgresql.ephemeral import PostgresqlEphemeral
    from reticket.stores.postgresql.families import PostgresqlStore

SCHEMES = ("postgresql", "postgres")

__all__ = ["SCHEMES", "migrate", "open_store", "standing"]


def open_store(
    url: str, clock: Clock, busy_timeout: float = 5.0
) -> tuple[PostgresqlStore, PostgresqlEphemeral]:
    """Both ports on a database. The schema is made where there is none, and never upgraded.

    Args:
        url: `postgresql://…`, as libpq reads it.
        clock: unused, the engine's own decides.
        busy_timeout: seconds that a connection, a lock or an answer is waited for.

    Raises:
        StartupError: no driver, no server, or a schema of another version; never the password.
    """
    with _driver():
        from reticket.stores.postgresql.ephemeral import PostgresqlEphemeral
        from reticket.stores.postgresql.families import PostgresqlStore
        from reticket.stores.postgresql.schema import prepare
    prepare(url, busy_timeout)
    return PostgresqlStore(url, busy_timeout), PostgresqlEphemeral(url, busy_timeout)


def standing(url: str) -> SchemaState:
    """How the schema of a database stands; nothing is made."""
    with _driver():
        from reticket.stores.postgresql import schema
    return schema.standing(url)


def migrate(url: str) -> None:
    """Make or upgrade the schema while older programs use it."""
    with _driver():
        from reticket.stores.postgresql import schema
    schema.migrate(url)


@contextmanager
def _driver() -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        raise StartupError(
            f"{error.name} is not installed, which PostgreSQL needs: "
            "pip install 'reticket[postgresql]'"
        ) from None
