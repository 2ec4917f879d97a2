"""The cost of failed attempts for later callers."""

import pytest
from tests.core.world import CALLER
from tests.wire.work import work_of

from reticket.core.access.attempts import FRESH, Attempts
from reticket.core.access.failure_limits import FailureCounter, FailureLimit
from reticket.core.errors import Refusal
from reticket.core.ports import Counted
from reticket.testing import FakeClock


class Failures:
    """Counters that all say the same."""

    def __init__(self, total):
        self.total = total

    def count_each(self, windows, add=1):
        return [Counted(self.total, 1000)] * len(windows)


def guards(first, count=1):
    return [FailureCounter(f"people:{n}", FailureLimit(3, 60)) for n in range(first, first + count)]


def looked_at(count, total):
    clock = FakeClock()
    attempts = Attempts(Failures(total), print, clock)
    for number in range(count):
        attempts.waits([guards(number)])
    return attempts, clock


def test_a_lookup_costs_the_same_after_a_flood_of_other_keys():
    for total in (0, 5):
        few, many = (looked_at(count, total)[0] for count in (20, 5000))
        works = [work_of(lambda each=each: each.waits([guards(9999)])) for each in (few, many)]
        assert works[1] <= works[0] + 20


def test_old_cached_states_are_dropped_for_new_ones():
    for total in (0, 5):
        attempts, clock = looked_at(1000, total)
        clock.forward((FRESH + 1) / 1000)
        for number in range(600):
            attempts.waits([guards(20_000 + number % 2)])
        assert len(attempts._free) + len(attempts._shut) <= 2


class Left(Failures):
    """Counters over their limits whose windows end one after the other."""

    def guess(self, windows, covered, owner):
        return [Counted(9, 1000 * number) for number in (7, 90, 30)]


def test_an_attempt_over_several_limits_waits_for_the_longest_one():
    attempts = Attempts(Left(0), lambda event: None, FakeClock())
    with pytest.raises(Refusal) as refused, attempts.counted(guards(0, 3), "test", CALLER):
        pass
    assert refused.value.retry_after == 90
