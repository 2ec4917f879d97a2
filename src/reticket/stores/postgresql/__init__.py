"""Families and short-lived entries in PostgreSQL: one transaction a batch, rows locked in id order.

Owns the connections and the mapping of their errors. Imports no dialect and no other engine. The
driver is imported when needed, so that an installation without it still runs on SQLite.
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
    """Both ports on a database. The schema is created where there is none, and never upgraded.

    Args:
        url: `postgresql://…`, as libpq reads it.
        clock: unused; the server's clock decides.
        busy_timeout: seconds to wait for a connection, a lock or a reply.

    Raises:
        StartupError: no driver, no server, or a schema of another version. The text never contains
            the password.
    """
    with _driver():
        from reticket.stores.postgresql.ephemeral import PostgresqlEphemeral
        from reticket.stores.postgresql.families import PostgresqlStore
        from reticket.stores.postgresql.schema import prepare
    prepare(url, busy_timeout)
    return PostgresqlStore(url, busy_timeout), PostgresqlEphemeral(url, busy_timeout)


def schema_state(url: str) -> SchemaState:
    """The schema version of a database; nothing is created."""
    with _driver():
        from reticket.stores.postgresql import schema
    return schema.schema_state(url)


def migrate(url: str) -> None:
    """Create or upgrade the schema while older processes use it."""
    with _driver():
        from reticket.stores.postgresql import schema
    schema.migrate(url)


@contextmanager
def _driver() -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        raise StartupError(
            f"{error.name} is not installed and PostgreSQL needs it: "
            "pip install 'reticket[postgresql]'"
        ) from None
