"""How many files the process may have open: raised at start, and what of it is kept back."""

from __future__ import annotations

import os
import resource

MOST = 1_048_576
RESERVE = 256
"""Files that connections leave to stores, logs and threads; a quarter of a small limit."""


def raise_limit() -> int:
    """Raise the limit as far as the system lets us, and return it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST if hard == resource.RLIM_INFINITY else min(hard, MOST)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return wanted


def lowest_free() -> int:
    """The number that the next file gets: so many are open, or a few more."""
    file = os.open(os.devnull, os.O_RDONLY)
    os.close(file)
    return file


def is_scarce(used: int) -> bool:
    """Whether so many open files are near the limit, as it is now."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY:
        return False
    return used >= limit - min(RESERVE, limit // 4)
