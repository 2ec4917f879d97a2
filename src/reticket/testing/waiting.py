"""Waiting in tests: for an event, never for a time, and with a message when the event does not
come.
"""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE = 300.0
"""Seconds. No test takes this long on a working service, however slow the machine is."""

PAUSE = 0.01
"""Seconds between two attempts."""


def until(
    holds: Callable[[], object],
    what: str = "what the test waits for",
    seen: Callable[[], object] = str,
) -> None:
    """Return as soon as `holds` returns something true.

    Args:
        holds: the condition, called repeatedly.
        what: the event, for the message.
        seen: what happened instead, for the message; called at the end only.

    Raises:
        AssertionError: the event did not come.
    """
    deadline = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {PATIENCE:.0f} s; seen last: {seen()}")
        time.sleep(PAUSE)
