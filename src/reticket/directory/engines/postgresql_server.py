"""Connections to a PostgreSQL server: where a URL leads, and hanging up in time.

Leaves nothing on a connection after a transaction (limits end with it, nothing is prepared), so
that a pooler may hand out another server for each. Knows no table.
"""

from __future__ import annotations

import select
from collections.abc import Callable
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DisconnectionError

from reticket.core.errors import StartupError

CONNECTIONS = 5
"""At most, for each process."""

OPENING = 2
"""Seconds for a connection to open, whole ones."""

PATIENCE = 2.0
"""Seconds for a free connection, and for each statement."""

GRACE = 0.5
"""Seconds that a server gets to report its own timeout before we hang up."""

SILENCE = 5.0
"""Seconds after which the rows are free that a process holds which froze or was cut off."""

LIMITS = """
SELECT set_config('statement_timeout', %(patience)s, true),
       set_config('idle_in_transaction_session_timeout', %(silence)s, true)
"""

Options = dict[str, Any]
"""What libpq reads in a URL."""


def options_of(url: str) -> Options:
    """What a URL says. StartupError for one that nobody can read, without repeating it."""
    try:
        options: Options = dict(conninfo_to_dict(url))
    except psycopg.Error:
        raise _unreadable() from None
    if _has_split_a_password(options):
        raise _unreadable()
    return {"connect_timeout": OPENING, "application_name": "reticket", **options}


def _has_split_a_password(options: Options) -> bool:
    """With `@` or `/` in it unescaped, its rest would be a name or a port, and be told."""
    names = f"{options.get('host')}{options.get('dbname')}"
    ports = options.get("port", "5432").split(",")
    return "@" in names or not all(port.isdecimal() for port in ports)


def _unreadable() -> StartupError:
    return StartupError(
        "The directory's URL must look like postgresql://USER:PASSWORD@HOST:PORT/DATABASE, with "
        "the special characters of a password written as %XX."
    )


def place_of(options: Options) -> str:
    """Where it is, without who goes there."""
    host, port = options.get("host", "localhost"), options.get("port", "5432")
    return f"{host}:{port}/{options.get('dbname', '')}"


def engine_on(options: Options, patience: float) -> Engine:
    """An engine whose transactions limit their statements when the option `writes` says so.

    Args:
        options: where to connect; the engine itself does not know, so it cannot tell.
        patience: seconds for each statement.
    """

    def connect() -> _Connection:
        connection = _Connection.connect(**options, prepare_threshold=None)
        connection.patience = patience + GRACE
        return connection

    engine = create_engine(
        "postgresql+psycopg://",
        creator=connect,
        hide_parameters=True,
        use_native_hstore=False,
        pool_size=CONNECTIONS,
        max_overflow=0,
        pool_timeout=PATIENCE,
    )
    event.listen(engine, "begin", _limiting(patience))
    event.listen(engine, "checkout", _see_that_it_is_quiet)
    return engine


class _Connection(psycopg.Connection[Any]):
    """Hangs up on a server that does not answer: a frozen one would be waited for for ever."""

    patience = PATIENCE

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        try:
            return super().wait(gen, interval, timeout or self.patience)
        except psycopg.OperationalError as error:
            if error.sqlstate is None:  # it is not what the server says
                self.close()
            raise


def _see_that_it_is_quiet(connection: _Connection, *_: object) -> None:
    """A server says something unasked only when it ends, or has been set anew: then another."""
    ready = select.poll()
    ready.register(connection.fileno(), select.POLLIN)
    if ready.poll(0):
        raise DisconnectionError


def _limiting(patience: float) -> Callable[[Connection], None]:
    limits = {"patience": _milliseconds(patience), "silence": _milliseconds(SILENCE)}

    def begin(connection: Connection) -> None:
        if connection.get_execution_options().get("writes"):
            connection.exec_driver_sql(LIMITS, limits)

    return begin


def _milliseconds(seconds: float) -> str:
    return str(round(seconds * 1000))
