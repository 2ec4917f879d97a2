"""Connections to PostgreSQL: a bounded pool, transactions in two round trips, mapped errors.

A transaction leaves no state on its connection, so a pooler may use another server for the next
one. Every setting is `SET LOCAL`; session locks, LISTEN and cursors are not used.
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
"""Seconds that the server gets to report its own timeout before the client disconnects."""

LIMITS = """
SELECT set_config('statement_timeout', %(limit)s, true),
       set_config('idle_in_transaction_session_timeout', %(limit)s, true)
"""
"""The second limit releases the row locks of a process that froze or lost its network."""


CLOCK = "floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint"
"""The server's time in milliseconds. All processes use it, so differing clocks cause no false
reuse.
"""


logging.getLogger("psycopg").setLevel(logging.ERROR)
"""Everything that psycopg would log is raised as an exception as well."""


class Locked(Unavailable):
    """A lock was not granted within the transaction's own lock timeout."""


class _Connection(psycopg.Connection[TupleRow]):
    """A connection that closes when the server does not answer; a frozen server would block for
    ever.
    """

    reply_timeout = 30.0
    skipped_standby = False
    """Whether a commit stopped waiting for its standby: it is done here, but a fail-over may lose
    it.
    """

    def on_notice(self, notice: psycopg.errors.Diagnostic) -> None:
        """Handle a notice that the server sends beside its replies."""
        self.skipped_standby |= notice.source_function == "SyncRepWaitForLSN"

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        return super().wait(gen, interval, self.reply_timeout if timeout is None else timeout)


class Transaction:
    """An open transaction."""

    def __init__(self, connection: psycopg.Connection[TupleRow], pipeline: psycopg.Pipeline):
        self._connection = connection
        self._pipeline = pipeline

    def run(self, statement: str, parameters: Any = ()) -> None:
        """Queue a statement; it is sent with the next `fetch` or with COMMIT."""
        self._connection.execute(statement, parameters or None)

    def fetch(self, statement: str, parameters: Any = ()) -> list[TupleRow]:
        """Send the queued statements and this one; returns its rows."""
        cursor = self._connection.cursor(binary=True)
        cursor.execute(statement, parameters or None)
        self._pipeline.sync()
        return cursor.fetchall()

    def outlast_failures(self) -> None:
        """Make COMMIT wait until the synchronous standbys, if any, have applied it."""
        self.run("SET LOCAL synchronous_commit TO remote_apply")

    def skip_flush(self) -> None:
        """Commit without waiting for the disk, for writes that need not survive a crash."""
        self.run("SET LOCAL synchronous_commit TO off")


class Pool:
    """Connections that are opened when needed and dropped after any failure.

    Args:
        url: as libpq reads it; several hosts with `target_session_attrs` follow a fail-over.
        timeout: seconds to wait for a free connection, for opening one, and for each reply.
        size: connections at most.
    """

    def __init__(self, url: str, timeout: float, size: int = CONNECTIONS) -> None:
        self._url = url
        self._timeout = timeout
        self._slots = threading.BoundedSemaphore(size)
        self._idle: deque[_Connection] = deque()
        self._closed = False

    @contextmanager
    def transaction(self, timeout: float | None = None) -> Iterator[Transaction]:
        """A transaction: on an error everything is rolled back.

        When the reply to COMMIT is lost, the result is unknown; the caller's retry finds out.
        Raises Unavailable.
        """
        timeout = timeout or self._timeout
        with self._slot(), mapped():
            connection = self._idle_connection() or connect(self._url, self._timeout)
            guarded = self._guarded
            with guarded(connection), connection.pipeline() as pipeline, guarded(connection):
                connection.reply_timeout = timeout + GRACE
                transaction = Transaction(connection, pipeline)
                transaction.run("BEGIN ISOLATION LEVEL READ COMMITTED")
                transaction.run(LIMITS, {"limit": str(round(timeout * SECOND))})
                yield transaction
                transaction.run("COMMIT")
            if connection.skipped_standby:
                connection.close()
                raise Unavailable("PostgreSQL committed without waiting for its standby")
            self._give_back(connection)

    def close(self) -> None:
        """Close idle connections now, and those in use when they are returned."""
        self._closed = True
        self._drop_idle()

    @contextmanager
    def _slot(self) -> Iterator[None]:
        if self._closed:
            raise Unavailable("the store is closed")
        if not self._slots.acquire(timeout=self._timeout):
            raise Unavailable("all connections to PostgreSQL are busy")
        try:
            yield
        finally:
            self._slots.release()

    def _idle_connection(self) -> _Connection | None:
        """An idle connection that its server has not closed, or None."""
        while connection := self._pop_idle():
            if _is_quiet(connection):
                return connection
            connection.close()
        return None

    def _pop_idle(self) -> _Connection | None:
        with suppress(IndexError):
            return self._idle.pop()
        return None

    def _give_back(self, connection: _Connection) -> None:
        self._idle.append(connection)
        if self._closed:
            self._drop_idle()

    @contextmanager
    def _guarded(self, connection: _Connection) -> Iterator[None]:
        """Close the connection after any failure. When it was lost, the idle ones may be lost as
        well.
        """
        try:
            yield
        except BaseException:
            if connection.broken:
                self._drop_idle()
            connection.close()
            raise

    def _drop_idle(self) -> None:
        while connection := self._pop_idle():
            connection.close()


def _is_quiet(connection: _Connection) -> bool:
    """Whether nothing was received: an idle server sends only when it stops or is reconfigured."""
    ready = select.poll()
    ready.register(connection.fileno(), select.POLLIN)
    return not ready.poll(0)


def connect(url: str, timeout: float) -> _Connection:
    """A connection in autocommit mode. Raises psycopg's errors.

    Statements are prepared only on a direct connection. Behind a pooler each transaction may meet
    another server, where the same name may mean another statement. Only some poolers keep that
    apart (PgBouncer from 1.21, if so configured). A pooler is recognised by its own cancellation
    keys: the process id that answers is not the announced one.
    """
    connect_timeout = max(2, round(timeout))
    connection = _Connection.connect(url, autocommit=True, connect_timeout=connect_timeout)
    connection.reply_timeout = timeout + GRACE
    try:
        answering = connection.execute("SELECT pg_backend_pid()", prepare=False).fetchone()
    except BaseException:
        connection.close()
        raise
    if answering != (connection.info.backend_pid,):
        connection.prepare_threshold = None
    connection.add_notice_handler(connection.on_notice)
    return connection


@contextmanager
def mapped() -> Iterator[None]:
    """Raise psycopg's errors as Unavailable, without the values that a server repeats in its
    messages.
    """
    try:
        yield
    except psycopg.errors.LockNotAvailable as error:
        raise Locked("a lock in PostgreSQL is held") from error
    except psycopg.Error as error:
        raise Unavailable(f"PostgreSQL cannot answer: {reason(error)}") from error


def reason(error: psycopg.Error) -> str:
    """One line about an error: the server's condition name, or what happened to the connection."""
    if error.sqlstate:
        return f"{type(error).__name__} ({error.sqlstate})"
    return " ".join(str(error).split()) or type(error).__name__


def array(values: Sequence[int | str | None]) -> str:
    """An array of numbers or hexadecimal texts in PostgreSQL's notation, for one column of a batch.

    This is four times cheaper than the driver's conversion, which inspects every element.
    """
    return "{" + ",".join(["NULL" if each is None else str(each) or '""' for each in values]) + "}"
