"""The end of the processes that this one has started: on a signal, or when one of them falls."""

from __future__ import annotations

import signal
import time
from collections.abc import Mapping
from types import FrameType

import psutil

LOOK_EVERY = 0.2
STOPPING = (signal.SIGINT, signal.SIGTERM)


def end_on_signals() -> None:
    """The first signal to stop ends the program through everything that it has open."""
    for each in STOPPING:
        signal.signal(each, _end)


def first_to_end(names: Mapping[int, str]) -> str:
    """Wait until a process that this one has started has ended; which one it was.

    Args:
        names: what to call some of them, by id.
    """
    children = psutil.Process().children()
    known = {child.pid: child.name() for child in children} | names
    while all(map(_lives, children)):
        time.sleep(LOOK_EVERY)
    return next(known[child.pid] for child in children if not _lives(child))


def _lives(child: psutil.Process) -> bool:
    return child.is_running() and child.status() != psutil.STATUS_ZOMBIE


def _end(number: int, frame: FrameType | None) -> None:
    for each in STOPPING:
        signal.signal(each, signal.SIG_IGN)
    raise SystemExit(0)
