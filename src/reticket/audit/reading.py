"""The way back from an audit stream: the events that ended sessions or the trust in a key."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import structlog

from reticket.audit.lines import BEGINNING, decode
from reticket.audit.rotated_files import moved_files, rotated_files, shortened
from reticket.core.errors import Cause
from reticket.core.ports import Event

REVOCATIONS = frozenset({"revocation", "revoked", "reused", "key_compromised"})
OVER = ("refused", Cause.REVOKED)

_log = structlog.get_logger("reticket.audit")


def revocations(path: Path) -> Iterator[Event]:
    """The events of a stream that ended sessions or the trust in a key, in order. So does one
    that refused a token because its session was over: a crash may have cost the line of the end.

    A line that a crash or a full disk has torn is passed over and logged.

    Args:
        path: the audit file, which is read with its rotated files; or a folder of such files.
    """
    for name, stream in _streams(path):
        with stream:
            yield from _ends_in(name, stream)


def is_stream(path: Path) -> bool:
    """Whether there is anything to read."""
    return path.exists() or bool(rotated_files(path) or moved_files(path))


def _ends_in(name: Path, stream: BinaryIO) -> Iterator[Event]:
    for number, text in enumerate(stream, 1):
        event = _read(text)
        if event is None:
            if text.strip():
                _log.warning("audit_line_unreadable", file=str(name), line=number)
        elif event.event in REVOCATIONS or (event.event, event.cause) == OVER:
            yield event


def _read(text: bytes) -> Event | None:
    """The event of a line; of the second one where a torn line has another one behind it."""
    for begin in (0, text.rfind(BEGINNING)):
        if begin >= 0:
            with suppress(ValueError):
                return decode(text[begin:])
    return None


def _streams(path: Path) -> Iterator[tuple[Path, BinaryIO]]:
    """The oldest first. The newest is opened first: it may be rotated meanwhile."""
    if path.is_dir():
        files = sorted(each for each in path.iterdir() if ".jsonl" in each.name and each.is_file())
        yield from ((each, _opened(each)) for each in files)
        return
    current = path.open("rb") if path.exists() else None
    yield from ((each, _opened(each)) for each in moved_files(path))
    for each in rotated_files(path):
        for place in (each.path, shortened(path, each)):  # it may be shortened meanwhile
            if place.exists():
                yield place, _opened(place)
                break
    if current is not None:
        yield path, current


def _opened(path: Path) -> BinaryIO:
    return gzip.open(path) if path.suffix == ".gz" else path.open("rb")  # type: ignore[return-value]
