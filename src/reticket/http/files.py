"""The limit on the process's open files: raised at the start, with a reserve for everything
else.
"""

from __future__ import annotations

import os
import resource

MOST = 1_048_576
RESERVE = 256
"""Files that connections leave to stores, logs and threads; for a small limit, a quarter of it."""


def raise_limit() -> int:
    """Raise the limit as far as the system allows, and return it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST if hard == resource.RLIM_INFINITY else min(hard, MOST)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return wanted


def lowest_free() -> int:
    """The number of the next file: about as many are open."""
    file = os.open(os.devnull, os.O_RDONLY)
    os.close(file)
    return file


def is_scarce(used: int) -> bool:
    """Whether that many open files are near the current limit."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY:
        return False
    return used >= limit - min(RESERVE, limit // 4)
