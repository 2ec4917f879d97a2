"""Tries that were no failures and are counted still, since the store failed when it was told so.

They are given back before the same counter is asked again. Otherwise a person who tries on while
the store fails is shut out once it is back.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from reticket.core.access.failure_limits import FailureCounters
from reticket.core.errors import Unavailable
from reticket.core.policy import SECOND
from reticket.core.ports import Clock
from reticket.core.storage.budget import BudgetedEphemeral

MOST_OWED = 10_000
"""Counters that are remembered; of more, the one that was owed first is left as it is."""


class Reversal(NamedTuple):
    """So many tries of a counter of so many seconds, which has ended by `until` (milliseconds)."""

    tries: int
    window: int
    until: int


class PendingReversals:
    """Owns what this process has to give back. For any thread.

    Args:
        clock: milliseconds.
    """

    def __init__(self, ephemeral: BudgetedEphemeral, clock: Clock) -> None:
        self._ephemeral = ephemeral
        self._clock = clock
        self._debts: OrderedDict[str, Reversal] = OrderedDict()
        self._lock = threading.Lock()

    @contextmanager
    def unless_done(self, guards: FailureCounters) -> Iterator[None]:
        """What the body gives back is owed when it raises Unavailable. It may be given back twice
        then: what was no failure was nobody's guess either.
        """
        try:
            yield
        except Unavailable:
            now = self._clock()
            for guard in guards:
                window = guard.limit.window
                self._add(guard.key, Reversal(1, window, now + window * SECOND))
            raise

    def settle(self, guards: FailureCounters) -> None:
        """Give back what is owed to these counters. Unavailable; it is owed on, then."""
        for guard in guards:
            debt = self._taken(guard.key)
            if debt is None or debt.until <= self._clock():
                continue
            try:
                self._ephemeral.count_each({guard.key: debt.window}, -debt.tries)
            except Unavailable:
                self._add(guard.key, debt)
                raise

    def _taken(self, key: str) -> Reversal | None:
        with self._lock:
            return self._debts.pop(key, None)

    def _add(self, key: str, more: Reversal) -> None:
        with self._lock:
            debt = self._debts.pop(key, None)
            tries = more.tries + (debt.tries if debt else 0)
            self._debts[key] = more._replace(tries=tries)
            if len(self._debts) > MOST_OWED:
                self._debts.popitem(last=False)
