"""Connections to PostgreSQL: a bounded pool, transactions in two round trips, errors mapped.

Leaves nothing on a connection after a transaction, so that a pooler may hand out another server
for each: every setting is `SET LOCAL`, there are no session locks, no listening, no cursors.
"""

from __future__ import annotations

import logging
import select
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from psycopg.rows import TupleRow

from reticket.core.errors import Unavailable
from reticket.core.policy import SECOND

CONNECTIONS = 8
"""At most, for each port of a process. One is enough for all refreshes."""

GRACE = 1.0
"""Seconds that a server gets to report its own timeout before we hang up."""

LIMITS = """
SELECT set_config('statement_timeout', %(limit)s, true),
       set_config('idle_in_transaction_session_timeout', %(limit)s, true)
"""
"""The second frees the rows that a process held which froze or was cut off."""


CLOCK = "floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint"
"""The server's own time in milliseconds: it decides, so clocks that differ make no thieves."""


logging.getLogger("psycopg").setLevel(logging.ERROR)
"""Whatever else it would say is raised as well."""


class Locked(Unavailable):
    """A lock was not to be had in the time that the transaction had set itself."""


class _Connection(psycopg.Connection[TupleRow]):
    """Hangs up on a server that does not answer; without it a frozen one is waited for for ever."""

    patience = 30.0
    gave_up = False
    """Whether a commit was told to wait for its standby no longer; it is done, and may be lost."""

    def listen(self, notice: psycopg.errors.Diagnostic) -> None:
        """What the server says beside its answers."""
        self.gave_up |= notice.source_function == "SyncRepWaitForLSN"

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        return super().wait(gen, interval, self.patience if timeout is None else timeout)


class Turn:
    """A transaction at hand."""

    def __init__(self, connection: psycopg.Connection[TupleRow], pipeline: psycopg.Pipeline):
        self._connection = connection
        self._pipeline = pipeline

    def run(self, statement: str, parameters: Any = ()) -> None:
        """Queue a statement; it travels with the next `fetch` or the end."""
        self._connection.execute(statement, parameters or None)

    def fetch(self, statement: str, parameters: Any = ()) -> list[TupleRow]:
        """Run a statement and everything queued before it; its rows."""
        cursor = self._connection.cursor(binary=True)
        cursor.execute(statement, parameters or None)
        self._pipeline.sync()
        return cursor.fetchall()

    def outlast_failures(self) -> None:
        """Commit here and, where the server has synchronous standbys, applied there."""
        self.run("SET LOCAL synchronous_commit TO remote_apply")

    def skip_flush(self) -> None:
        """Commit without waiting for the disk, where nothing was written that must last."""
        self.run("SET LOCAL synchronous_commit TO off")


class Pool:
    """Connections that are opened when needed and dropped after any failure.

    Args:
        url: as libpq reads it; several hosts with `target_session_attrs` follow a fail-over.
        patience: seconds for a free connection, for one to open, and for each answer.
    """

    def __init__(self, url: str, patience: float, size: int = CONNECTIONS) -> None:
        self._url = url
        self._patience = patience
        self._slots = threading.BoundedSemaphore(size)
        self._idle: deque[_Connection] = deque()
        self._closed = False

    @contextmanager
    def turn(self, patience: float | None = None) -> Iterator[Turn]:
        """A transaction: all of it is kept, or nothing.

        When its last answer is lost nobody knows which; the caller's retry finds out.
        """
        patience = patience or self._patience
        with self._slot(), mapped():
            connection = self._taken() or connect(self._url, self._patience)
            guarded = self._guarded
            with guarded(connection), connection.pipeline() as pipeline, guarded(connection):
                connection.patience = patience + GRACE
                turn = Turn(connection, pipeline)
                turn.run("BEGIN ISOLATION LEVEL READ COMMITTED")
                turn.run(LIMITS, {"limit": str(round(patience * SECOND))})
                yield turn
                turn.run("COMMIT")
            if connection.gave_up:
                connection.close()
                raise Unavailable("a commit of PostgreSQL was not waited for by its standby")
            self._give_back(connection)

    def close(self) -> None:
        """Close what is idle; what is in use is closed when it comes back."""
        self._closed = True
        self._drop_idle()

    @contextmanager
    def _slot(self) -> Iterator[None]:
        if self._closed:
            raise Unavailable("the store is closed")
        if not self._slots.acquire(timeout=self._patience):
            raise Unavailable("all connections to PostgreSQL are busy")
        try:
            yield
        finally:
            self._slots.release()

    def _taken(self) -> _Connection | None:
        """One that is idle, unless its server has hung up on it meanwhile."""
        while connection := self._popped():
            if _is_quiet(connection):
                return connection
            connection.close()
        return None

    def _popped(self) -> _Connection | None:
        with suppress(IndexError):
            return self._idle.pop()
        return None

    def _give_back(self, connection: _Connection) -> None:
        self._idle.append(connection)
        if self._closed:
            self._drop_idle()

    @contextmanager
    def _guarded(self, connection: _Connection) -> Iterator[None]:
        """Drop it after any failure. A lost one says that the idle ones may be lost as well."""
        try:
            yield
        except BaseException:
            if connection.broken:
                self._drop_idle()
            connection.close()
            raise

    def _drop_idle(self) -> None:
        while connection := self._popped():
            connection.close()


def _is_quiet(connection: _Connection) -> bool:
    """A server says something unasked only when it ends, or has been set anew."""
    ready = select.poll()
    ready.register(connection.fileno(), select.POLLIN)
    return not ready.poll(0)


def connect(url: str, patience: float) -> _Connection:
    """A connection that commits by itself. Raises what psycopg raises.

    Statements are prepared on a server that we talk to ourselves. Behind a pooler each
    transaction may meet another server, where the same name may mean another statement: only
    some of them (PgBouncer from 1.21, if so configured) keep that apart. A pooler hands out
    cancellation keys of its own, so the process that answers is not the one that was announced.
    """
    timeout = max(2, round(patience))
    connection = _Connection.connect(url, autocommit=True, connect_timeout=timeout)
    connection.patience = patience + GRACE
    try:
        answering = connection.execute("SELECT pg_backend_pid()", prepare=False).fetchone()
    except BaseException:
        connection.close()
        raise
    if answering != (connection.info.backend_pid,):
        connection.prepare_threshold = None
    connection.add_notice_handler(connection.listen)
    return connection


@contextmanager
def mapped() -> Iterator[None]:
    """Errors of the driver as `Unavailable`, without the values that a server repeats in them."""
    try:
        yield
    except psycopg.errors.LockNotAvailable as error:
        raise Locked("a lock in PostgreSQL is held") from error
    except psycopg.Error as error:
        raise Unavailable(f"PostgreSQL cannot answer: {reason(error)}") from error


def reason(error: psycopg.Error) -> str:
    """What happened, in a line: the server's condition, or what became of the connection."""
    if error.sqlstate:
        return f"{type(error).__name__} ({error.sqlstate})"
    return " ".join(str(error).split()) or type(error).__name__


def array(values: Sequence[int | str | None]) -> str:
    """An array of numbers or hexadecimal texts as PostgreSQL writes it, for a column of a batch.

    Four times cheaper than to let the driver look at every element.
    """
    return "{" + ",".join(["NULL" if each is None else str(each) or '""' for each in values]) + "}"
