"""Runs functions on many threads at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

THREADS = 64


def at_once(works: Sequence[Callable[[], Any]]) -> list[Any]:
    """The results of functions that start together, each on a thread of its own."""
    results: list[Any] = []
    start = threading.Barrier(len(works))

    def run(work: Callable[[], Any]) -> None:
        start.wait()
        results.append(work())

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == len(works)
    return results
