"""How much a call does, without a clock: lines that it runs and bytes that it allocates."""

from __future__ import annotations

import sys
import tracemalloc
from contextlib import suppress

BYTES_OF_A_LINE = 64
"""What copying so many bytes counts for: one more line."""


def work_of(call):
    """Lines of Python that the call runs, and one more for every 64 bytes that they allocate.
    What it raises is of no interest.
    """
    meter = _Meter()
    tracemalloc.start()
    sys.settrace(meter.see)
    try:
        with suppress(Exception):
            call()
    finally:
        sys.settrace(None)
        meter.weigh()
        tracemalloc.stop()
    return meter.lines + meter.bytes // BYTES_OF_A_LINE


class _Meter:
    """A line that makes a big object and drops it has had it at its peak."""

    def __init__(self):
        self.lines = self.bytes = self._held = 0

    def see(self, frame, event, argument):
        if event == "line":
            self.lines += 1
            self.weigh()
        return self.see

    def weigh(self):
        held, peak = tracemalloc.get_traced_memory()
        self.bytes += max(0, peak - self._held)
        self._held = held
        tracemalloc.reset_peak()
