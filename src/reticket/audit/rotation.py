"""Rotation of an audit file, and the shortening of rotated ones.

After `keep` seconds only the lines of revocations, reuses, keys and operators are kept, in a file
of their own. After `keep_ends` seconds that file is removed too.
"""

from __future__ import annotations

import fcntl
import os
import re
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
from filelock import FileLock, Timeout

from reticket.audit.lines import decode
from reticket.audit.rotated_files import Rotated, name_at, rotated_files, shortened, size_of_ends
from reticket.core.policy import SECOND
from reticket.core.ports import Clock
from reticket.core.storage.clock_watch import ClockWatch
from reticket.folder import sync
from reticket.settings.audit import AuditTable

_KEPT = re.compile(
    rb'"event":"(?:revocation|revoked|reused|policy|(?:key|client|user|factor|sessions?|family|families)_[a-z_]+'
    rb'|(?:application|tenant|account)_[a-z_]+|recovery_codes_renewed|backup_restored)"|"event":"refused".*"cause":"revoked"'
)
"""Lines that a restore needs, and those of operators. They are never removed early to make room, so
`Rotation` logs a warning when there are many. Quotes in values are escaped, so no caller can forge
these words.
"""

_OF_A_SESSION = re.compile(rb'"event":"(?:revoked|reused|refused)"')
_DEVICE = re.compile(rb',"device":"(?:[^"\\]|\\.)*"')
"""A caller's own text, up to 200 characters in each line. A restore does not need it."""

_SESSION = re.compile(rb'"event":"refused".*"(?:session|family)":"([0-9a-f]+)"')

_log = structlog.get_logger("reticket.audit")


class Rotation:
    """Owns the rotated files of one audit file, together with other processes that write to it.

    Args:
        now: the wall clock, for file names and ages of lines.
        seconds: a monotonic clock.
    """

    def __init__(
        self,
        current: Path,
        limits: AuditTable,
        now: Clock,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._current = current
        self._limits = limits
        self._now = now
        self._clock_watch, self._is_ahead = ClockWatch(now, seconds), False
        self._lock = FileLock(f"{current}.lock", timeout=0, mode=0o600)

    def is_due(self, file: int) -> bool:
        """Whether the open file is old or large enough to be rotated. OSError."""
        found = os.fstat(file)
        if not stat.S_ISREG(found.st_mode) or found.st_size == 0:
            return False
        began = _first_time(file)
        is_old = began is not None and self._now() - began >= self._limits.rotate_age * SECOND
        return is_old or found.st_size >= self._limits.rotate_size

    def rotate(self, file: int) -> None:
        """Rename the file, unless another process has done so or is doing so. OSError."""
        with self._locked() as is_locked:
            if is_locked and is_at(self._current, file):
                os.rename(self._current, self._free_name())

    def tidy(self) -> None:
        """Shorten and remove rotated files that are too old, or too large together.

        Nothing ages while the clock seems to run ahead. OSError; nothing is lost then.
        """
        self._is_ahead = self._clock_watch.is_ahead()
        if not rotated_files(self._current):
            return
        with self._locked() as is_locked:
            if is_locked:
                self._tidy(rotated_files(self._current))

    def _tidy(self, found: list[Rotated]) -> None:
        for each in self._to_shorten(found):
            self._shorten(each)
        for each in found:
            if self._is_older(each, self._limits.keep_ends):
                each.path.unlink(missing_ok=True)
        self._warn_of_many_ends()

    def _warn_of_many_ends(self) -> None:
        size = size_of_ends(self._current)
        if size > self._limits.total_size:
            _log.warning("audit_ends_large", file=str(self._current), bytes=size)

    @contextmanager
    def _locked(self) -> Iterator[bool]:
        try:
            self._lock.acquire()
        except Timeout:
            yield False
            return
        try:
            yield True
        finally:
            self._lock.release()

    def _free_name(self) -> Path:
        """A path that no rotated file uses, whole or shortened."""
        at, used = self._now(), {each.at for each in rotated_files(self._current)}
        while at in used:
            at += 1
        return name_at(self._current, at)

    def _is_older(self, rotated: Rotated, seconds: int) -> bool:
        return not self._is_ahead and self._now() - rotated.at >= seconds * SECOND

    def _to_shorten(self, found: list[Rotated]) -> Iterator[Rotated]:
        """Whole files that are too old, and the oldest of those that are too large together."""
        left = self._limits.total_size
        for each in reversed([each for each in found if each.whole]):
            left -= each.path.stat().st_size
            if self._is_older(each, self._limits.keep):
                yield each
            elif left < 0:
                _log.warning("audit_shortened_early", file=str(each.path))
                yield each

    def _shorten(self, rotated: Rotated) -> None:
        """Replace a whole file by its kept lines. A process that has it open may still write to it,
        so the file is left alone until every process has opened the next one.
        """
        with rotated.path.open("rb") as whole:
            if not _lock_exclusive(whole.fileno()):
                return
            target = shortened(self._current, rotated)
            fresh = target.with_name(f"{target.name}.new")
            file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            with os.fdopen(file, "wb") as kept:
                kept.writelines(_kept_lines(whole))
                kept.flush()
                os.fsync(file)
            os.rename(fresh, target)
            sync(target.parent)
            rotated.path.unlink()


def is_at(path: Path, file: int) -> bool:
    """Whether the open file still has that name."""
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return False
    return os.path.samestat(found, os.fstat(file))


def lock_shared(file: int) -> bool:
    """Take a shared lock, which keeps the file from being shortened; False when that has begun."""
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _lock_exclusive(file: int) -> bool:
    """Take an exclusive lock; False while another process has the file open."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _kept_lines(whole: Iterator[bytes]) -> Iterator[bytes]:
    """The kept lines; those of sessions lose their `device`. A session's refusals are kept only
    once.
    """
    seen: set[bytes] = set()
    for line in whole:
        if _KEPT.search(line):
            session = _SESSION.search(line)
            if session is None or session[1] not in seen:
                yield _DEVICE.sub(b"", line) if _OF_A_SESSION.search(line) else line
            if session is not None:
                seen.add(session[1])


def _first_time(file: int) -> int | None:
    """The time of the first line; None when the line is incomplete."""
    try:
        return decode(os.pread(file, 65_536, 0).partition(b"\n")[0]).at
    except ValueError:
        return None
