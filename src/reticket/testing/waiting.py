"""Waiting in tests: it ends by what happened, and says what was seen when nothing does."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE = 300.0
"""Seconds. No test takes this long on a working service, however slow the machine is."""

PAUSE = 0.01
"""Seconds between two looks."""


def until(
    holds: Callable[[], object],
    what: str = "what the test waits for",
    seen: Callable[[], object] = str,
) -> None:
    """Return as soon as `holds` returns something true.

    Args:
        holds: looks once.
        what: the thing that is waited for, for the message.
        seen: what there was instead, for the message; called at the end only.

    Raises:
        AssertionError: it never did.
    """
    deadline = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {PATIENCE:.0f} s; seen last: {seen()}")
        time.sleep(PAUSE)
