"""Batches are short, and their pace depends on how long other work waits."""

from itertools import chain, repeat

import pytest

from reticket.core.storage.pace import FEWEST, GOAL, LEAST, LONGEST_REST, MOST, REST, Pace


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


@pytest.mark.parametrize(
    ("each", "size"), [(GOAL / 200, 200), (GOAL, FEWEST), (GOAL / 10**6, MOST), (0.0, MOST)]
)
def test_a_batch_takes_the_time_that_others_may_wait(each, size):
    backlog = Backlog(10 * MOST, each)
    backlog.pace.repeat(backlog.work)
    assert backlog.sizes[0] == FEWEST
    assert set(backlog.sizes[1:-1]) == {size}


def test_a_rest_is_a_multiple_of_the_working_time():
    backlog = Backlog(5 * FEWEST, GOAL / FEWEST)
    backlog.pace.repeat(backlog.work)
    assert backlog.rests == pytest.approx([REST * GOAL] * 5)


@pytest.mark.parametrize(
    ("wait", "rest"),
    [(GOAL / 2, REST * GOAL * 1.5), (0.1, FEWEST / LEAST), (10.0, FEWEST / LEAST)],
)
def test_it_rests_longer_up_to_a_limit_when_others_wait_for_the_lock(wait, rest):
    backlog = Backlog(5 * FEWEST, GOAL / FEWEST, waits=(0.0, wait))
    backlog.pace.repeat(backlog.work)
    assert backlog.rests == pytest.approx([REST * GOAL, *[rest] * 4])


def test_a_rest_has_a_maximum_even_for_a_slow_store():
    backlog = Backlog(5 * FEWEST, 1.0)
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
