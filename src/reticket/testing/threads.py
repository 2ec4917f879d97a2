"""Runs the same function on many threads at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

THREADS = 64


def at_once(work: Callable[[], Any]) -> list[Any]:
    """The results of a function on many threads at the same time."""
    results: list[Any] = []
    start = threading.Barrier(THREADS)

    def run() -> None:
        start.wait()
        results.append(work())

    threads = [threading.Thread(target=run) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == THREADS
    return results
