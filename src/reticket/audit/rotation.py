"""When an audit file is rotated, and what becomes of the rotated ones: after `keep` their lines of
ends, reuses, keys and operators go to a file of their own, and that goes after `keep_ends`.
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
"""What a restore needs, and what operators did. None of these lines goes for others before its
time, so `Rotation` tells when there are many. Quotes of callers are written with a backslash, so
none of these words is a caller's.
"""

_OF_A_SESSION = re.compile(rb'"event":"(?:revoked|reused|refused)"')
_DEVICE = re.compile(rb',"device":"(?:[^"\\]|\\.)*"')
"""What a caller says about itself, up to 200 characters in each line: no restore needs it."""

_SESSION = re.compile(rb'"event":"refused".*"(?:session|family)":"([0-9a-f]+)"')

_log = structlog.get_logger("reticket.audit")


class Rotation:
    """Owns the rotated files of one audit file, together with other processes of the same.

    Args:
        now: what is written into names and compared with lines.
        seconds: of a clock that never goes back.
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
        self._course, self._is_ahead = ClockWatch(now, seconds), False
        self._lock = FileLock(f"{current}.lock", timeout=0, mode=0o600)

    def is_due(self, file: int) -> bool:
        """Whether the file that is open there is to be rotated. OSError."""
        found = os.fstat(file)
        if not stat.S_ISREG(found.st_mode) or found.st_size == 0:
            return False
        began = _first_time(file)
        old = began is not None and self._now() - began >= self._limits.rotate_age * SECOND
        return old or found.st_size >= self._limits.rotate_size

    def rotate(self, file: int) -> None:
        """Rename it, unless another process has done so or does so now. OSError."""
        with self._alone() as alone:
            if alone and is_at(self._current, file):
                os.rename(self._current, self._free_name())

    def tidy(self) -> None:
        """Shorten and remove rotated files whose time has come, by a clock that is believed, or
        that are too much together. OSError; nothing is lost then.
        """
        self._is_ahead = self._course.is_ahead()
        if not rotated_files(self._current):
            return
        with self._alone() as alone:
            if alone:
                self._tidy(rotated_files(self._current))

    def _tidy(self, found: list[Rotated]) -> None:
        for each in self._too_many(found):
            self._shorten(each)
        for each in found:
            if self._is_over(each, self._limits.keep_ends):
                each.path.unlink(missing_ok=True)
        self._warn_of_many_ends()

    def _warn_of_many_ends(self) -> None:
        size = size_of_ends(self._current)
        if size > self._limits.total_size:
            _log.warning("audit_ends_large", file=str(self._current), bytes=size)

    @contextmanager
    def _alone(self) -> Iterator[bool]:
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
        """Of no rotated file, whole or shortened."""
        at, taken = self._now(), {each.at for each in rotated_files(self._current)}
        while at in taken:
            at += 1
        return name_at(self._current, at)

    def _is_over(self, rotated: Rotated, seconds: int) -> bool:
        return not self._is_ahead and self._now() - rotated.at >= seconds * SECOND

    def _too_many(self, found: list[Rotated]) -> Iterator[Rotated]:
        """Whole files past their time, and the oldest of those that are too much together."""
        room = self._limits.total_size
        for each in reversed([each for each in found if each.whole]):
            room -= each.path.stat().st_size
            if self._is_over(each, self._limits.keep):
                yield each
            elif room < 0:
                _log.warning("audit_shortened_early", file=str(each.path))
                yield each

    def _shorten(self, rotated: Rotated) -> None:
        """Replace a whole file by its lines of ends. Who has it open may write to it yet: it waits
        until everybody has gone on to the next one.
        """
        with rotated.path.open("rb") as whole:
            if not _is_free(whole.fileno()):
                return
            place = shortened(self._current, rotated)
            fresh = place.with_name(f"{place.name}.new")
            file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            with os.fdopen(file, "wb") as kept:
                kept.writelines(_kept(whole))
                kept.flush()
                os.fsync(file)
            os.rename(fresh, place)
            sync(place.parent)
            rotated.path.unlink()


def is_at(path: Path, file: int) -> bool:
    """Whether what is open there has that name still."""
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return False
    return os.path.samestat(found, os.fstat(file))


def hold(file: int) -> bool:
    """Keep a file from being shortened until it is closed; False when that has begun."""
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_free(file: int) -> bool:
    """Whether nobody holds it, and nobody will."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _kept(whole: Iterator[bytes]) -> Iterator[bytes]:
    """The lines of ends, reuses and keys, those of sessions without their devices. That a session
    was over is kept once of each.
    """
    over: set[bytes] = set()
    for line in whole:
        if _KEPT.search(line):
            session = _SESSION.search(line)
            if session is None or session[1] not in over:
                yield _DEVICE.sub(b"", line) if _OF_A_SESSION.search(line) else line
            if session is not None:
                over.add(session[1])


def _first_time(file: int) -> int | None:
    """Of the first line; None when it is torn."""
    try:
        return decode(os.pread(file, 65_536, 0).partition(b"\n")[0]).at
    except ValueError:
        return None
