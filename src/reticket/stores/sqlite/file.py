"""A connection to the SQLite file: its lock, its table of repeated texts, the mapping of its
errors.
"""

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
"""Bytes, for a new file. A small page keeps writes small: with many families nearly every refresh
changes a different page.
"""

GRACE = 1.0
"""Seconds beyond `busy_timeout` that a thread waits for the connection of this process. The wait
is bounded: the thread that has the connection may wait for a file lock.
"""

LOCKED = "the session database is locked: another process is writing"

CHECKPOINT_PAGES = 8000
"""Pages in the write-ahead log before a checkpoint copies them into the database file."""


class WordOf(dict[int | None, str | None]):
    """Repeated texts by their number."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__({None: None})
        self._connection = connection

    def forget(self) -> None:
        """Drop the cache: after a rollback SQLite may give the same number to another text."""
        self.clear()
        self[None] = None

    def __missing__(self, number: int) -> str:
        found = self._connection.execute("SELECT word FROM words WHERE id = ?", (number,))
        word: str = found.fetchone()[0]
        if len(self) < WORDS_KEPT:
            self[number] = word
        return word


class IdOf(dict[str | None, int | None]):
    """Numbers of repeated texts; a new text gets one in the current transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__({None: None})
        self._connection = connection

    def known(self, word: str) -> int:
        """The number, or -1 for a text without one."""
        found = self._connection.execute("SELECT id FROM words WHERE word = ?", (word,)).fetchone()
        return found[0] if found else -1

    def forget(self) -> None:
        """Drop the cache: after a rollback SQLite may give the same number to another text."""
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
    """A connection with its lock; sqlite3's errors are raised as Unavailable."""

    def __init__(self, path: Path, busy_timeout: float) -> None:
        self._path = path
        self._longest_wait = busy_timeout + GRACE
        self._lock = threading.Lock()
        self.connection = _open(path, busy_timeout)
        self.word_of = WordOf(self.connection)
        self.id_of = IdOf(self.connection)

    @contextmanager
    def reading(self) -> Iterator[File]:
        """The connection, for this thread only."""
        if not self._lock.acquire(timeout=self._longest_wait):
            raise Unavailable(LOCKED)
        try:
            yield self
        except sqlite3.Error as error:
            raise _unavailable(error) from error
        finally:
            self._lock.release()

    @contextmanager
    def writing(self) -> Iterator[File]:
        """The connection in a transaction: on an error everything is rolled back."""
        if not self._lock.acquire(timeout=self._longest_wait):
            raise Unavailable(LOCKED)
        try:
            self.connection.execute("BEGIN IMMEDIATE")
            yield self
            self.connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._roll_back()
            raise _unavailable(error) from error
        except BaseException:
            self._roll_back()
            raise
        finally:
            self._lock.release()

    def _roll_back(self) -> None:
        self.id_of.forget()
        self.word_of.forget()
        with suppress(sqlite3.Error):  # the error that led here is the one to tell
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")

    def check(self) -> None:
        """StartupError when a page is damaged."""
        with self._lock:
            try:
                result = self.connection.execute("PRAGMA quick_check(1)").fetchone()
            except sqlite3.DatabaseError as error:
                result = (str(error),)
        if result != ("ok",):
            raise _damaged(self._path)

    def close(self) -> None:
        """Wait for the thread that uses the connection, then close it."""
        with self._lock:
            self.connection.close()


class Sweeper(File):
    """A connection that only deletes expired rows.

    Its commits do not wait for the disk: a deletion that a power loss undoes is repeated later.
    Each commit tries a checkpoint, so that refreshes have less to do. While the disk writes
    scattered pages, commits of others wait, so a checkpoint should have few.
    """

    def __init__(self, path: Path, busy_timeout: float) -> None:
        super().__init__(path, busy_timeout)
        self.connection.execute("PRAGMA synchronous = NORMAL")
        self.connection.execute("PRAGMA wal_autocheckpoint = 1")

    def delete(self, statement: str, parameters: Sequence[Any]) -> int:
        """Delete by one statement, which is a transaction by itself. Returns how many rows.

        SQLite has the file only for as long as it works. Between the statements of a longer
        transaction this thread would wait for the interpreter, and all other writers with it.
        """
        with self.reading() as file:
            return file.connection.execute(statement, parameters).rowcount


def placeholders(values: Sized) -> str:
    """One `?` for each value of a statement."""
    return ",".join("?" * len(values))


def padded(values: Sequence[Any]) -> Sequence[Any]:
    """The values, filled up with NULLs to a power of two. SQLite caches a statement for each number
    of parameters, so fewer numbers take less memory.
    """
    return [*values, *[None] * ((1 << (len(values) - 1).bit_length()) - len(values))]


def _unavailable(error: sqlite3.Error) -> Unavailable:
    return Unavailable(f"the session database failed: {error}")


def make_private(path: Path) -> None:
    """Create an empty file with mode 0600 unless it exists.

    An existing file must not be opened here. Closing it would drop all locks that this process
    holds on it. Another process could then delete the log that our connections use (SQLite, How To
    Corrupt An SQLite Database File, section 2.2).
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
        connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
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
