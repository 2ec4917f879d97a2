"""Logging is set up for a whole process; a command that runs in the tests' own leaves it alone."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

OURS = ("reticket", "uvicorn", "uvicorn.access")
"""The loggers that `reticket.runtime.logs` changes, beside the root."""


@contextmanager
def logging_restored() -> Iterator[None]:
    """Afterwards handlers and levels are as they were."""
    root, ours = logging.getLogger(), [logging.getLogger(name) for name in OURS]
    handlers, before = root.handlers[:], [(each.level, each.disabled) for each in (root, *ours)]
    try:
        yield
    finally:
        root.handlers[:] = handlers
        for each, (level, disabled) in zip((root, *ours), before, strict=True):
            each.setLevel(level)
            each.disabled = disabled
