"""The data folder: created, checked, and locked by one service at a time."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from reticket.core.errors import StartupError

OTHERS = stat.S_IRWXG | stat.S_IRWXO
"""The rights of the group and of everybody else."""


def make(folder: Path) -> None:
    """Create the folder with mode 0700 unless it exists. StartupError when it is not writable, or
    when every user of the machine can write to it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if folder.stat().st_mode & stat.S_IWOTH:
            raise StartupError(f"everybody can write in the data folder: chmod 700 {folder}")
        probe = folder / f".{secrets.token_hex(8)}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise _unusable(folder, error) from None


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold its lock. StartupError when another service does."""
    make(folder)
    lock = FileLock(folder / "lock", timeout=0, mode=0o600)
    try:
        lock.acquire()
    except Timeout:
        raise StartupError(f"the data folder {folder} is in use by another reticket") from None
    except OSError as error:
        raise _unusable(folder, error) from None
    with lock:
        yield


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, would survive a power loss."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def open_to_others(*paths: Path) -> Iterator[str]:
    """A sentence for each file or folder that other users of the machine may read or write."""
    for path in paths:
        if path.exists() and path.stat().st_mode & OTHERS:
            mode = 700 if path.is_dir() else 600
            yield f"other users of the machine can read or write {path}: chmod {mode} {path}"


def _unusable(folder: Path, error: OSError) -> StartupError:
    return StartupError(f"the data folder {folder} cannot be written: {error.strerror}")
