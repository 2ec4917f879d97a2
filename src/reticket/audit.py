"""The audit stream: JSON lines in a file that only its owner reads, and the way back from it.

Knows the port and the disk. A failure to write is logged and counted and never reaches the caller:
losing a line must not lose a session.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from operator import attrgetter
from pathlib import Path
from typing import Any

import msgspec
import structlog

from reticket.core.errors import Cause, StartupError
from reticket.core.policy import SECOND
from reticket.core.ports import Event

REVOCATIONS = frozenset({"revocation", "revoked", "reused", "key_compromised"})
OVER = ("refused", Cause.REVOKED)
COMPLAINT_INTERVAL = 60.0
"""Seconds between two log lines about a stream that cannot be written."""

_log = structlog.get_logger("reticket.audit")


class Line(msgspec.Struct, omit_defaults=True):
    """An event as it is written; `at` is RFC 3339 with milliseconds."""

    at: str
    event: str
    resource: str | None = None
    family: str | None = None
    subject: str | None = None
    context: str | None = None
    cause: str | None = None
    generation: int | None = None
    address: str | None = None
    device: str | None = None
    correlation_id: str | None = None
    detail: Mapping[str, Any] | None = None


_members = attrgetter(*Line.__struct_fields__[1:])
_encoder = msgspec.json.Encoder(enc_hook=str)
_decoder = msgspec.json.Decoder(Line)


class FileAuditLog:
    """Appends to a file, and to its successor once it was moved away.

    Args:
        path: made with mode 0600 when it is not there.
        clock: seconds that only grow, for the pause between complaints.

    Attributes:
        lost: how many events could not be written.

    Raises:
        StartupError: the file cannot be opened.
    """

    _file: int

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self.lost = 0
        self._path = path
        self._clock = clock
        self._lock = threading.Lock()
        self._complained_at: float | None = None
        try:
            self._open()
        except OSError as error:
            raise StartupError(
                f"the audit file {path} cannot be written: {error.strerror}"
            ) from error

    def record(self, events: Sequence[Event], *, durable: bool = False) -> None:
        """Append, in order, in one write. `durable` returns after the disk has them."""
        lines = _encode(events)
        with self._lock:
            try:
                self._follow()
                self._write(lines)
                if durable:
                    os.fsync(self._file)
            except OSError as error:
                self._complain(len(events), error)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            os.close(self._file)
            self._file = -1

    def _open(self) -> None:
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        self._file = os.open(self._path, flags, 0o600)
        found = os.fstat(self._file)
        self._identity = (found.st_dev, found.st_ino)
        end = found.st_size
        self._torn = end > 0 and os.pread(self._file, 1, end - 1) != b"\n"

    def _follow(self) -> None:
        """Open the path again when its file was moved away (logrotate)."""
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

    def _complain(self, count: int, error: OSError) -> None:
        self.lost += count
        now = self._clock()
        if self._complained_at is None or now - self._complained_at >= COMPLAINT_INTERVAL:
            self._complained_at = now
            reason = error.strerror or str(error)
            _log.error("audit_not_written", file=str(self._path), lost=self.lost, reason=reason)


def revocations(path: Path) -> Iterator[Event]:
    """The events of a stream that ended families or the trust in a key, in order. So does one
    that refused a token because its family was over: a crash may have cost the line of the end.

    A line that a crash or a full disk has torn is passed over and logged.
    """
    with path.open("rb") as stream:
        for number, text in enumerate(stream, 1):
            try:
                line = _decoder.decode(text)
            except msgspec.DecodeError:
                if text.strip():
                    _log.warning("audit_line_unreadable", file=str(path), line=number)
                continue
            if line.event in REVOCATIONS or (line.event, line.cause) == OVER:
                members = msgspec.structs.asdict(line)
                yield Event(**members | {"at": _milliseconds(line.at)})


def _encode(events: Sequence[Event]) -> bytes:
    lines = [Line(_rfc3339(event.at), *_members(event)) for event in events]
    try:
        return _encoder.encode_lines(lines)
    except (UnicodeEncodeError, OverflowError):  # slower, but it takes lone surrogates
        said = [msgspec.structs.asdict(line) for line in lines]
        return "".join(json.dumps(line, default=str) + "\n" for line in said).encode()


@lru_cache(maxsize=64)
def _rfc3339(milliseconds: int) -> str:
    moment = datetime.fromtimestamp(milliseconds / SECOND, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _milliseconds(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * SECOND)
