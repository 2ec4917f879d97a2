"""Batches are short, and their pace depends on how long other work waits."""

from itertools import chain, repeat

import pytest

from reticket.core.storage.pace import BATCH, LEAST, LONGEST_REST, REST, Pace

WORK = 0.0025
"""Seconds of a batch."""


class Backlog:
    """Items that take time, behind a lock that takes time as well, on a clock of its own.

    Args:
        items: how many there are.
        each / waits: seconds of an item; seconds before a batch, in turn.
    """

    def __init__(self, items, each, waits=(0.0,)):
        self.now, self.items, self.each = 0.0, items, each
        self.waits = chain(waits, repeat(waits[-1]))
        self.sizes, self.rests = [], []
        self.pace = Pace(lambda: self.now, self._rest)

    def _rest(self, seconds):
        self.rests.append(seconds)
        self.now += seconds

    def work(self, most):
        did = min(most, self.items)
        self.items -= did
        if did:
            self.sizes.append(did)
        self.now += next(self.waits) + did * self.each
        return did


def test_all_of_a_backlog_is_done_and_counted():
    backlog = Backlog(10_000, 0.0001)
    assert backlog.pace.repeat(backlog.work) == 10_000


@pytest.mark.parametrize("each", [0.0, WORK / BATCH, 1.0])
def test_a_batch_is_small(each):
    backlog = Backlog(10 * BATCH, each)
    backlog.pace.repeat(backlog.work)
    assert backlog.sizes == [BATCH] * 10


def test_a_rest_is_a_multiple_of_the_working_time():
    backlog = Backlog(5 * BATCH, WORK / BATCH)
    backlog.pace.repeat(backlog.work)
    assert backlog.rests == pytest.approx([REST * WORK] * 5)


@pytest.mark.parametrize(
    ("wait", "rest"),
    [(WORK / 2, REST * WORK * 1.5), (0.1, BATCH / LEAST), (10.0, BATCH / LEAST)],
)
def test_it_rests_longer_up_to_a_limit_when_others_wait_for_the_lock(wait, rest):
    backlog = Backlog(5 * BATCH, WORK / BATCH, waits=(0.0, wait))
    backlog.pace.repeat(backlog.work)
    assert backlog.rests == pytest.approx([REST * WORK, *[rest] * 4])


def test_a_rest_has_a_maximum_even_for_a_slow_store():
    backlog = Backlog(5 * BATCH, 1.0)
    backlog.pace.repeat(backlog.work)
    assert set(backlog.rests) == {LONGEST_REST}


@pytest.mark.parametrize(("items", "seconds"), [(25_000, 30), (100_000, 100)])
def test_entries_of_a_flood_that_expire_together_are_soon_removed(items, seconds):
    """By the costs of SQLite on two busy cores (`python -m benchmarks purge`); one stranger makes
    some 25,000 entries a minute.
    """
    backlog = Backlog(items, 0.00006, waits=(0.0, *[0.03] * items))
    backlog.pace.repeat(backlog.work)
    assert backlog.now < seconds
