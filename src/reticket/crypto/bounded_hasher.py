"""Password hashing that leaves the processors to whatever else the process has to do."""

from __future__ import annotations

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from reticket.core.ports import SecretHasher

NICE = 10
"""A thread of that niceness gets a tenth of a processor that others want (sched(7))."""


class BoundedHasher:
    """The port `SecretHasher`, on threads that step back: a hash is one long piece of work for the
    processor, and refreshes must not wait for it.

    Args:
        hasher: what does the work, with the interpreter's lock released.
        threads: how many hashes are computed at once.
    """

    def __init__(self, hasher: SecretHasher, threads: int) -> None:
        self._hasher = hasher
        self._pool = ThreadPoolExecutor(threads, "hash", _step_back)

    def hash(self, secret: str) -> str:
        """Where the hashes are made."""
        return self._pool.submit(self._hasher.hash, secret).result()

    def verify(self, secret_hash: str, secret: str) -> bool:
        """The same."""
        return self._pool.submit(self._hasher.verify, secret_hash, secret).result()

    def is_old(self, secret_hash: str) -> bool:
        """Costs nothing."""
        return self._hasher.is_old(secret_hash)

    def absent(self) -> str:
        """Costs nothing."""
        return self._hasher.absent()


def _step_back() -> None:
    """Threads that argon2 starts inherit it. Only Linux knows the niceness of a thread."""
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
