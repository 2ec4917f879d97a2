"""Password hashing on threads of low priority, so that it does not delay other work of the
process.
"""

from __future__ import annotations

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from reticket.core.ports import SecretHasher

NICE = 10
"""A thread of that niceness gets about a tenth of a processor that others want (sched(7))."""


class BoundedHasher:
    """The port `SecretHasher`, on low-priority threads. A hash keeps a processor busy for long, and
    refreshes must not wait for it.

    Args:
        hasher: computes the hashes; it must release the interpreter's lock.
        threads: how many hashes are computed at once.
    """

    def __init__(self, hasher: SecretHasher, threads: int) -> None:
        self._hasher = hasher
        self._pool = ThreadPoolExecutor(threads, "hash", _lower_priority)

    def hash(self, secret: str) -> str:
        """A new hash, computed on a hashing thread."""
        return self._pool.submit(self._hasher.hash, secret).result()

    def verify(self, secret_hash: str, secret: str) -> bool:
        """Whether the secret matches, computed on a hashing thread."""
        return self._pool.submit(self._hasher.verify, secret_hash, secret).result()

    def is_old(self, secret_hash: str) -> bool:
        """Whether the hash's parameters are not the current ones; cheap."""
        return self._hasher.is_old(secret_hash)

    def counts_whole(self, secret_hash: str, secret: str) -> bool:
        """Whether the hash is of the whole secret; cheap."""
        return self._hasher.counts_whole(secret_hash, secret)

    def absent(self) -> str:
        """A hash that no secret matches; cheap."""
        return self._hasher.absent()


def _lower_priority() -> None:
    """Lower the thread's priority; threads that argon2 starts inherit it. Only Linux has one per
    thread.
    """
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
