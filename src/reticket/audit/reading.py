"""Reads an audit stream for a replay: the events that ended sessions or the trust in a key."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import structlog

from reticket.audit.lines import LINE_START, decode
from reticket.audit.rotated_files import moved_files, rotated_files, shortened
from reticket.core.errors import Cause
from reticket.core.ports import Event

REVOCATIONS = frozenset({"revocation", "revoked", "reused", "key_compromised"})
REFUSED_AS_REVOKED = ("refused", Cause.REVOKED)

_log = structlog.get_logger("reticket.audit")


def revocations(path: Path) -> Iterator[Event]:
    """The events of a stream that ended sessions or the trust in a key, in order.

    A refusal because its session was revoked counts too: a crash may have lost the line of the
    revocation. A line that a crash or a full disk has cut off is skipped and logged.

    Args:
        path: the audit file, which is read with its rotated files; or a folder of such files.
    """
    for name, stream in _streams(path):
        with stream:
            yield from _ends_in(name, stream)


def is_stream(path: Path) -> bool:
    """Whether the audit file or a rotated one exists."""
    return path.exists() or bool(rotated_files(path) or moved_files(path))


def _ends_in(name: Path, stream: BinaryIO) -> Iterator[Event]:
    for number, text in enumerate(stream, 1):
        event = _read(text)
        if event is None:
            if text.strip():
                _log.warning("audit_line_unreadable", file=str(name), line=number)
        elif event.event in REVOCATIONS or (event.event, event.cause) == REFUSED_AS_REVOKED:
            yield event


def _read(text: bytes) -> Event | None:
    """The event of a line. When an incomplete line is followed by another in the same line, the
    latter.
    """
    for start in (0, text.rfind(LINE_START)):
        if start >= 0:
            with suppress(ValueError):
                return decode(text[start:])
    return None


def _streams(path: Path) -> Iterator[tuple[Path, BinaryIO]]:
    """The files, oldest first. The newest is opened first, because it may be rotated meanwhile."""
    if path.is_dir():
        files = sorted(each for each in path.iterdir() if ".jsonl" in each.name and each.is_file())
        yield from ((each, _opened(each)) for each in files)
        return
    current = path.open("rb") if path.exists() else None
    yield from ((each, _opened(each)) for each in moved_files(path))
    for each in rotated_files(path):
        for file in (each.path, shortened(path, each)):  # shortening may happen meanwhile
            if file.exists():
                yield file, _opened(file)
                break
    if current is not None:
        yield path, current


def _opened(path: Path) -> BinaryIO:
    return gzip.open(path) if path.suffix == ".gz" else path.open("rb")  # type: ignore[return-value]
