"""A clock that jumps forward is not trusted for a day."""

import pytest

from reticket.core.policy import DAY
from reticket.core.ports import LEAP
from reticket.core.storage.clock_watch import ClockWatch
from reticket.testing import FakeClock


class Times:
    """A clock, and seconds that go on beside it."""

    def __init__(self):
        self.clock, self.seconds = FakeClock(), 1000.0
        self.course = ClockWatch(self.clock, lambda: self.seconds)

    def pass_by(self, seconds):
        self.clock.forward(seconds)
        self.seconds += seconds


@pytest.fixture
def times():
    return Times()


@pytest.mark.parametrize("leap", [0, LEAP, -DAY])
def test_a_clock_corrected_slightly_or_set_back_is_trusted(times, leap):
    for _ in range(3):
        times.pass_by(3600)
        times.clock.forward(leap)
        assert not times.course.is_ahead()


def test_a_clock_that_jumps_ahead_is_not_trusted_until_it_is_set_back(times):
    times.pass_by(3600)
    times.clock.forward(LEAP + 1)
    for _ in range(3):
        assert times.course.is_ahead()
        times.pass_by(3600)
    times.clock.forward(-LEAP - 1)
    assert not times.course.is_ahead()


def test_a_jumped_clock_is_trusted_after_a_day(times):
    times.clock.forward(30 * DAY)
    assert times.course.is_ahead()
    times.pass_by(DAY - 1)
    assert times.course.is_ahead()
    times.pass_by(1)
    assert not times.course.is_ahead()
    assert not times.course.is_ahead()


def test_a_process_that_starts_while_the_clock_is_ahead_trusts_it(times):
    """As docs/security.md says: the process has no other clock to compare with."""
    times.clock.forward(30 * DAY)
    started = ClockWatch(times.clock, lambda: times.seconds)
    for _ in range(3):
        times.pass_by(3600)
        assert (times.course.is_ahead(), started.is_ahead()) == (True, False)
