"""Connections to a PostgreSQL server: the address in a URL, and timeouts.

A transaction leaves no state on its connection (limits end with it, nothing is prepared). So a
pooler may use another server for the next one. Knows no tables.
"""

from __future__ import annotations

import select
from collections.abc import Callable
from typing import Any, cast

import psycopg
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DisconnectionError

from reticket.core.errors import StartupError

CONNECTIONS = 5
"""At most, for each process."""

OPENING = 2
"""Seconds for a connection to open, as a whole number."""

PATIENCE = 2.0
"""Seconds for a free connection, and for each statement."""

GRACE = 0.5
"""Seconds that the server gets to report its own timeout before the client disconnects."""

SILENCE = 5.0
"""Seconds after which the row locks of a process that froze or lost its network are released."""

LIMITS = """
SELECT set_config('statement_timeout', %(patience)s, true),
       set_config('idle_in_transaction_session_timeout', %(silence)s, true)
"""

Options = dict[str, Any]
"""The options that libpq reads in a URL."""


def options_of(url: str) -> Options:
    """The options in a URL. StartupError for an unreadable one, without repeating it."""
    try:
        options: Options = dict(conninfo_to_dict(url))
    except psycopg.Error:
        raise _unreadable() from None
    if _has_split_a_password(options):
        raise _unreadable()
    return {"connect_timeout": OPENING, "application_name": "reticket", **options}


def _has_split_a_password(options: Options) -> bool:
    """Whether an unescaped `@` or `/` split the password; its rest would be shown as a name."""
    names = f"{options.get('host')}{options.get('dbname')}"
    ports = options.get("port", "5432").split(",")
    return "@" in names or not all(port.isdecimal() for port in ports)


def _unreadable() -> StartupError:
    return StartupError(
        "the directory's URL must look like postgresql://USER:PASSWORD@HOST:PORT/DATABASE, with "
        "the special characters of a password written as %XX."
    )


def place_of(options: Options) -> str:
    """The server's address, without credentials."""
    host, port = options.get("host", "localhost"), options.get("port", "5432")
    return f"{host}:{port}/{options.get('dbname', '')}"


def engine_on(options: Options, patience: float) -> Engine:
    """An engine whose transactions limit their statements when the option `writes` is set.

    Args:
        options: the address; the engine cannot show it, because it does not know it.
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
    event.listen(engine, "checkout", _replace_if_not_idle)
    return engine


class _Connection(psycopg.Connection[Any]):
    """A connection that closes when the server does not answer; a frozen server would block for
    ever.
    """

    patience = PATIENCE

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        try:
            return super().wait(gen, interval, timeout or self.patience)
        except psycopg.OperationalError as error:
            if error.sqlstate is None:  # the error is not the server's
                self.close()
            raise


def _replace_if_not_idle(connection: _Connection, *_: object) -> None:
    """Replace an idle connection that has received data: the server has stopped or was
    reconfigured.
    """
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


def be_patient(connection: Connection, patience: float) -> None:
    """Give the statements of a transaction more seconds, on the server and here."""
    limits = {"patience": _milliseconds(patience), "silence": _milliseconds(patience)}
    connection.exec_driver_sql(LIMITS, limits)
    driver = cast("_Connection", connection.connection.driver_connection)
    driver.patience = patience + GRACE


def _milliseconds(seconds: float) -> str:
    return str(round(seconds * 1000))
