"""The file of the audit stream: appended to, and opened again after a rotation."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import structlog

from reticket.audit.lines import encode
from reticket.audit.rotation import Rotation, is_at, lock_shared
from reticket.core.errors import StartupError
from reticket.core.ports import Event

REPORT_INTERVAL = 60.0
"""Seconds between two log lines about a stream that cannot be written."""

TIDY_INTERVAL = 60.0
"""Seconds between two checks of the rotated files."""

_log = structlog.get_logger("reticket.audit")


class FileAuditLog:
    """Appends to a file, also when it is rotated meanwhile. Several processes may append to the
    same.

    Args:
        path: created with mode 0600 when it does not exist.
        rotation: of that file.
        clock: monotonic seconds, for the pause between log lines.

    Attributes:
        lost: how many events could not be written.

    Raises:
        StartupError: the file cannot be opened.
    """

    _file: int

    def __init__(
        self, path: Path, rotation: Rotation, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.lost = 0
        self._reported = 0
        self._path = path
        self._rotation = rotation
        self._clock = clock
        self._lock = threading.Lock()
        self._logged_at: float | None = None
        self._tidied_at: float | None = None
        try:
            self._open()
        except OSError as error:
            raise StartupError(
                f"the audit file {path} cannot be written: {error.strerror}"
            ) from error

    def record(self, events: Sequence[Event], *, durable: bool = False) -> None:
        """Append the events in order, in one write. `durable` returns after they are on disk."""
        lines = encode(events)
        with self._lock:
            try:
                self._reopen_if_moved()
                self._write(lines)
                if durable:
                    os.fsync(self._file)
            except OSError as error:
                self._lose(len(events), error)

    def lose(self, count: int) -> None:
        """Count events as not written."""
        with self._lock:
            self._lose(count, OSError("too many events wait"))

    def tend(self) -> int:
        """Rotate the file when due, and shorten or remove rotated ones. Returns how many events
        were lost since the last call.
        """
        try:
            with self._lock:
                self._reopen_if_moved()
                if self._rotation.is_due(self._file):
                    self._rotation.rotate(self._file)
                    self._reopen_if_moved()
            self._tidy()
        except OSError as error:
            self._log_failure("audit_not_rotated", error)
        reported, self._reported = self._reported, self.lost
        return self._reported - reported

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            os.close(self._file)
            self._file = -1

    def _tidy(self) -> None:
        now = self._clock()
        if self._tidied_at is None or now - self._tidied_at >= TIDY_INTERVAL:
            self._tidied_at = now
            self._rotation.tidy()

    def _open(self) -> None:
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        while True:
            file = os.open(self._path, flags, 0o600)
            if lock_shared(file) and is_at(self._path, file):
                break
            os.close(file)
        self._file = file
        found = os.fstat(file)
        self._identity = (found.st_dev, found.st_ino)
        end = found.st_size
        self._torn = end > 0 and os.pread(file, 1, end - 1) != b"\n"

    def _reopen_if_moved(self) -> None:
        """Open the path again when its file was moved away, by a rotation or another tool."""
        try:
            found = os.stat(self._path)
        except FileNotFoundError:
            found = None
        if found is None or (found.st_dev, found.st_ino) != self._identity:
            old_file = self._file
            self._open()
            os.close(old_file)

    def _write(self, lines: bytes) -> None:
        if self._torn:
            lines = b"\n" + lines
        written = os.write(self._file, lines)
        self._torn = 0 < written < len(lines)
        if written < len(lines):
            raise OSError(f"{written} of {len(lines)} bytes written")

    def _lose(self, count: int, error: OSError) -> None:
        self.lost += count
        self._log_failure("audit_not_written", error)

    def _log_failure(self, what: str, error: OSError) -> None:
        now = self._clock()
        if self._logged_at is None or now - self._logged_at >= REPORT_INTERVAL:
            self._logged_at = now
            reason = error.strerror or str(error)
            _log.error(what, file=str(self._path), lost=self.lost, reason=reason)
