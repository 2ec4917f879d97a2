"""The file of the audit stream: appended to, and followed when it was rotated or moved away."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import structlog

from reticket.audit.lines import encode
from reticket.audit.rotation import Rotation, hold, is_at
from reticket.core.errors import StartupError
from reticket.core.ports import Event

COMPLAINT_INTERVAL = 60.0
"""Seconds between two log lines about a stream that cannot be written."""

TIDY_INTERVAL = 60.0
"""Seconds between two looks at the rotated files."""

_log = structlog.get_logger("reticket.audit")


class FileAuditLog:
    """Appends to a file, and to its successor once it was moved away. Several processes may do so.

    Args:
        path: made with mode 0600 when it is not there.
        clock: seconds that only grow, for the pause between complaints.
        rotation: of that file.

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
        self._complained_at: float | None = None
        self._tidied_at: float | None = None
        try:
            self._open()
        except OSError as error:
            raise StartupError(
                f"the audit file {path} cannot be written: {error.strerror}"
            ) from error

    def record(self, events: Sequence[Event], *, durable: bool = False) -> None:
        """Append, in order, in one write. `durable` returns after the disk has them."""
        lines = encode(events)
        with self._lock:
            try:
                self._follow()
                self._write(lines)
                if durable:
                    os.fsync(self._file)
            except OSError as error:
                self._lose(len(events), error)

    def lose(self, count: int) -> None:
        """Count them as those that could not be written."""
        with self._lock:
            self._lose(count, OSError("too many events wait"))

    def tend(self) -> int:
        """Rotate the file when it is due and look after the rotated ones; how many events were
        lost since the last call.
        """
        try:
            with self._lock:
                self._follow()
                if self._rotation.is_due(self._file):
                    self._rotation.rotate(self._file)
                    self._follow()
            self._tidy()
        except OSError as error:
            self._complain("audit_not_rotated", error)
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
            if hold(file) and is_at(self._path, file):
                break
            os.close(file)
        self._file = file
        found = os.fstat(file)
        self._identity = (found.st_dev, found.st_ino)
        end = found.st_size
        self._torn = end > 0 and os.pread(file, 1, end - 1) != b"\n"

    def _follow(self) -> None:
        """Open the path again when its file was moved away, by a rotation or another tool."""
        try:
            found = os.stat(self._path)
        except FileNotFoundError:
            found = None
        if found is None or (found.st_dev, found.st_ino) != self._identity:
            moved = self._file
            self._open()
            os.close(moved)

    def _write(self, lines: bytes) -> None:
        if self._torn:
            lines = b"\n" + lines
        written = os.write(self._file, lines)
        self._torn = 0 < written < len(lines)
        if written < len(lines):
            raise OSError(f"{written} of {len(lines)} bytes written")

    def _lose(self, count: int, error: OSError) -> None:
        self.lost += count
        self._complain("audit_not_written", error)

    def _complain(self, what: str, error: OSError) -> None:
        now = self._clock()
        if self._complained_at is None or now - self._complained_at >= COMPLAINT_INTERVAL:
            self._complained_at = now
            reason = error.strerror or str(error)
            _log.error(what, file=str(self._path), lost=self.lost, reason=reason)
