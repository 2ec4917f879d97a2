"""A connection to the file: its lock, its repeated texts, the mapping of its errors."""

from __future__ import annotations

import errno
import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence, Sized
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from reticket.core.errors import StartupError, Unavailable
from reticket.stores.sqlite.schema import prepare

WORDS_KEPT = 100_000

PAGE_SIZE = 1024
"""Bytes, of a new file. Among many families nearly every refresh writes a page of its own."""

GRACE = 1.0
"""Seconds beyond the wait for a lock that a thread waits for the one that waits for it."""

LONGEST_LOG = 8000
"""Pages that go into the log before it goes into the file."""


class WordOf(dict[int | None, str | None]):
    """Repeated texts by their number."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__({None: None})
        self._connection = connection

    def forget(self) -> None:
        """Drop everything: a number of a transaction that was rolled back is given again."""
        self.clear()
        self[None] = None

    def __missing__(self, number: int) -> str:
        found = self._connection.execute("SELECT word FROM words WHERE id = ?", (number,))
        word: str = found.fetchone()[0]
        if len(self) < WORDS_KEPT:
            self[number] = word
        return word


class IdOf(dict[str | None, int | None]):
    """Numbers of repeated texts; a new text gets one in the transaction at hand."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__({None: None})
        self._connection = connection

    def known(self, word: str) -> int:
        """The number, or one that nothing has."""
        found = self._connection.execute("SELECT id FROM words WHERE word = ?", (word,)).fetchone()
        return found[0] if found else -1

    def forget(self) -> None:
        """Drop everything: a number of a transaction that was rolled back is given again."""
        self.clear()
        self[None] = None

    def __missing__(self, word: str) -> int:
        insert = "INSERT INTO words (word) VALUES (?) ON CONFLICT DO NOTHING"
        self._connection.execute(insert, (word,))
        number = self.known(word)
        if len(self) < WORDS_KEPT:
            self[word] = number
        return number


class File:
    """A connection with its lock, and the mapping of its errors."""

    def __init__(self, path: Path, busy_timeout: float) -> None:
        self._path = path
        self._busy_timeout = busy_timeout
        self._lock = threading.Lock()
        self.connection = _open(path, busy_timeout)
        self.word_of = WordOf(self.connection)
        self.id_of = IdOf(self.connection)

    @contextmanager
    def reading(self) -> Iterator[File]:
        """The connection for this thread alone."""
        with self._turn(), _mapped():
            yield self

    @contextmanager
    def writing(self) -> Iterator[File]:
        """The same in a transaction: all of it is kept, or nothing."""
        with self._turn(), _mapped():
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield self
                self.connection.execute("COMMIT")
            except BaseException:
                self.id_of.forget()
                self.word_of.forget()
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Whoever has the connection may be waiting for a lock; so is nobody for long."""
        if not self._lock.acquire(timeout=self._busy_timeout + GRACE):
            raise Unavailable("the families' file is busy")
        try:
            yield
        finally:
            self._lock.release()

    def check(self) -> None:
        """StartupError unless every page is what it should be."""
        with self._lock:
            try:
                verdict = self.connection.execute("PRAGMA quick_check(1)").fetchone()
            except sqlite3.DatabaseError as error:
                verdict = (str(error),)
        if verdict != ("ok",):
            raise _damaged(self._path)

    def close(self) -> None:
        """Wait for whoever has it, then close."""
        with self._lock:
            self.connection.close()


class Sweeper(File):
    """A connection that only deletes what is over. A deletion that a loss of power undoes is done
    again, so its commit does not wait for the disk; and it is this one that brings the log into the
    file while much is deleted, not one for whose commit somebody waits.
    """

    def __init__(self, path: Path, busy_timeout: float) -> None:
        super().__init__(path, busy_timeout)
        self.connection.execute("PRAGMA synchronous = NORMAL")
        self.connection.execute(f"PRAGMA wal_autocheckpoint = {LONGEST_LOG * 3 // 4}")


def holders(values: Sized) -> str:
    """Of so many parameters, for a statement that takes them all in one step."""
    return ",".join("?" * len(values))


def padded(values: Sequence[Any]) -> Sequence[Any]:
    """Filled up with NULLs to a power of two: each number of parameters is a statement of its own,
    which takes memory.
    """
    return [*values, *[None] * ((1 << (len(values) - 1).bit_length()) - len(values))]


@contextmanager
def _mapped() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise Unavailable(f"the families' file cannot answer: {error}") from error


def make_private(path: Path) -> None:
    """Make an empty file with mode 0600 unless there is one.

    A file that is there must not be opened here, not even to look at it: closing it would drop
    every lock that this process holds on it, and another process would then take the log away
    from under our connections (SQLite, How To Corrupt, §2.2).
    """
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _open(path: Path, busy_timeout: float) -> sqlite3.Connection:
    try:
        make_private(path)
        connection = sqlite3.connect(
            path, timeout=busy_timeout, isolation_level=None, check_same_thread=False,
            cached_statements=512,
        )  # fmt: skip
        connection.execute(f"PRAGMA page_size = {PAGE_SIZE}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA wal_autocheckpoint = {LONGEST_LOG}")
        prepare(connection, path)
    except OSError as error:
        raise StartupError(f"cannot open {path}: {error.strerror}") from None
    except sqlite3.OperationalError as error:
        raise StartupError(f"cannot open {path}: {error}") from None
    except sqlite3.DatabaseError:
        raise _damaged(path) from None
    return connection


def _damaged(path: Path) -> StartupError:
    return StartupError(f"{path} is damaged or is no database; restore it from a backup")
