"""Families and ephemera in PostgreSQL: one transaction a batch, rows locked in order of id.

Knows the engine and its faults; no dialect, no other engine. The driver is asked for when it is
needed, so that an installation without it still runs on its file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reticket.core.errors import StartupError
from reticket.core.ports import Clock

if TYPE_CHECKING:
    from reticket.stores.postgresql.ephemeral import PostgresqlEphemeral
    from reticket.stores.postgresql.families import PostgresqlStore

SCHEMES = ("postgresql", "postgres")

__all__ = ["SCHEMES", "open_store"]


def open_store(
    url: str, clock: Clock, busy_timeout: float = 5.0
) -> tuple[PostgresqlStore, PostgresqlEphemeral]:
    """Both ports on a database.

    Args:
        url: `postgresql://…`, as libpq reads it.
        clock: unused, the engine's own decides (design §1).
        busy_timeout: seconds that a connection, a lock or an answer is waited for.

    Raises:
        StartupError: no driver, no server, or a schema of another version; never the password.
    """
    try:
        from reticket.stores.postgresql.ephemeral import PostgresqlEphemeral
        from reticket.stores.postgresql.families import PostgresqlStore
        from reticket.stores.postgresql.schema import prepare
    except ImportError as error:
        raise StartupError(
            f"{error.name} is not installed, which PostgreSQL needs: "
            "install reticket with its extra `postgresql`"
        ) from None
    prepare(url, busy_timeout)
    return PostgresqlStore(url, busy_timeout), PostgresqlEphemeral(url, busy_timeout)
