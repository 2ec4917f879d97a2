"""Attempts that were no failures but are still counted, because the store failed when they were to
be subtracted.

They are subtracted before the same counter is read again. Otherwise a user who retries while the
store fails would be locked out afterwards.
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
from reticket.core.storage.budgeted_ephemeral import BudgetedEphemeral

MOST_PENDING = 10_000
"""Counters that are remembered; beyond that the oldest one stays as it is."""


class Reversal(NamedTuple):
    """Attempts to subtract from a counter of that many seconds, which ends by `until`
    (milliseconds).
    """

    tries: int
    window: int
    until: int


class PendingReversals:
    """Owns what this process still has to subtract. Thread-safe.

    Args:
        ephemeral: the store.
        clock: milliseconds.
    """

    def __init__(self, ephemeral: BudgetedEphemeral, clock: Clock) -> None:
        self._ephemeral = ephemeral
        self._clock = clock
        self._debts: OrderedDict[str, Reversal] = OrderedDict()
        self._lock = threading.Lock()

    @contextmanager
    def retried_on_failure(self, guards: FailureCounters) -> Iterator[None]:
        """Remember what the body subtracts when it raises Unavailable. It may be subtracted twice
        then, which does no harm: an attempt that was no failure was no guess either.
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
        """Subtract what is pending for these counters. On Unavailable it stays pending."""
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
            if len(self._debts) > MOST_PENDING:
                self._debts.popitem(last=False)
