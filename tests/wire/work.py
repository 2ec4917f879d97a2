"""How much a call does, without a clock: lines that it runs, bytes that it allocates, and members
of lists that it searches. What a regular expression does is not seen.
"""

from __future__ import annotations

import dis
import gc
import sys
import tracemalloc
from contextlib import suppress
from functools import cache

BYTES_OF_A_LINE = 64
"""What copying so many bytes counts for: one more line."""

MEMBERS_OF_A_LINE = 8
"""What searching so many members of a list counts for: one more line."""

SEARCHING = frozenset({"count", "index", "insert", "remove"})
"""Methods of a list that look at all of its members, without a line of Python."""


def work_of(call):
    """Lines of Python that the call runs, and one more for every 64 bytes that they allocate and
    every 8 members of a list that they search. What it raises is of no interest.
    """
    meter, before = _Meter(), (sys.gettrace(), sys.getprofile())
    collects = gc.isenabled()
    gc.disable()  # what the collector calls back is no work of the call
    tracemalloc.start()
    sys.setprofile(meter.hear)
    sys.settrace(meter.see)
    try:
        with suppress(Exception):
            call()
    finally:
        sys.settrace(before[0])
        sys.setprofile(before[1])
        meter.weigh()
        tracemalloc.stop()
        if collects:
            gc.enable()
    searched = meter.members // MEMBERS_OF_A_LINE
    return meter.lines + meter.bytes // BYTES_OF_A_LINE + searched


@cache
def _containers(code):
    """By line, the names that `in` searches there."""
    found, line = {}, code.co_firstlineno
    instructions = list(dis.get_instructions(code))
    for before, each in zip([None, *instructions], instructions, strict=False):
        line = each.starts_line or line
        if each.opname == "CONTAINS_OP" and isinstance(before.argval, str):
            found.setdefault(line, []).append(before.argval)
    return found


class _Meter:
    """A line that makes a big object and drops it has had it at its peak."""

    def __init__(self):
        self.lines = self.bytes = self.members = self._held = 0
        self._of_line, self._of_search = self._line, self._search  # bound once: there are millions

    def see(self, frame, event, argument):
        """A function is called: what hears of its lines."""
        return self._of_search if _containers(frame.f_code) else self._of_line

    def hear(self, frame, event, called):
        """A function of C is called."""
        if event == "c_call" and called.__name__ in SEARCHING:
            self._searched(called.__self__)

    def weigh(self):
        held, peak = tracemalloc.get_traced_memory()
        if peak > self._held:
            self.bytes += peak - self._held
        self._held = held
        tracemalloc.reset_peak()

    def _line(self, frame, event, argument):
        if event == "line":
            self.lines += 1
            self.weigh()
        return self._of_line

    def _search(self, frame, event, argument):
        if event == "line":
            self.lines += 1
            self.weigh()
            for name in _containers(frame.f_code).get(frame.f_lineno, ()):
                self._searched(frame.f_locals.get(name))
        return self._of_search

    def _searched(self, container):
        if isinstance(container, list | tuple):
            self.members += len(container)
