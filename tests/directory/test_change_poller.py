"""The checks for changes of other processes, and the calls that wait for one."""

from __future__ import annotations

import pytest

from reticket.core.errors import Unavailable
from reticket.directory.change_poller import ChangePoller


class Place:
    """Counts looks. `mark` is raised when it is an error."""

    pause = 0.5

    def __init__(self):
        self.now, self.found, self.looks, self.renewed, self.changes = 100.0, 1, 0, 0, 0

    def seconds(self):
        return self.now

    def mark(self):
        self.looks += 1
        if isinstance(self.found, Exception):
            raise self.found
        return self.found

    def renew(self):
        self.renewed += 1


@pytest.fixture
def place():
    return Place()


@pytest.fixture
def poller(place):
    made = ChangePoller(place, place.renew, place.seconds)
    place.looks = 0
    return made


def test_there_is_one_check_for_changes_per_interval(place, poller):
    for _ in range(1000):
        place.now += 0.001
        poller.check_if_due()
    assert place.looks == 2


def test_a_change_is_seen_after_the_interval(place, poller):
    place.found = 2
    place.now += 0.499
    poller.check_if_due()
    assert place.renewed == 0
    place.now += 0.001
    poller.check_if_due()
    poller.check_if_due()
    assert place.renewed == 1


def test_the_interval_counts_from_the_start_of_a_check(place, poller):
    def slow():
        place.now += 0.4
        return 1

    place.mark = slow
    place.now += 0.5
    poller.check_if_due()
    place.now += 0.1
    place.mark = lambda: 2
    poller.check_if_due()
    assert place.renewed == 1


def test_a_check_misses_no_change(place, poller):
    for mark in (2, 3, 3):
        place.found = mark
        poller.check()
    assert place.renewed == 2


def test_a_check_is_recent_for_half_a_second_with_any_interval(place, poller):
    place.pause = 0.0
    poller.check()
    place.now += 0.49
    assert poller.is_recent()
    place.now += 0.02
    assert not poller.is_recent()
    poller.check_if_due()
    assert poller.is_recent()
    assert place.looks == 2


def test_the_age_of_a_check_counts_from_its_start(place, poller):
    def slow():
        place.now += 0.4
        return 1

    place.mark = slow
    poller.check()
    assert poller.is_recent()
    place.now += 0.11
    assert not poller.is_recent()


def test_no_check_is_recent_after_a_local_change_or_a_failure(place, poller):
    place.changes += 1
    assert not poller.is_recent()
    poller.check_if_due()
    assert poller.is_recent()
    place.found = Unavailable("gone")
    with pytest.raises(Unavailable):
        poller.check()
    assert not poller.is_recent()


def test_local_changes_are_seen_at_once(place, poller):
    place.found, place.changes = 2, 1
    poller.check_if_due()
    poller.check_if_due()
    assert (place.looks, place.renewed) == (1, 1)


def test_a_check_that_just_failed_is_not_repeated(place, poller):
    place.found = Unavailable("gone")
    place.now += 0.5
    for _ in range(9):
        with pytest.raises(Unavailable, match="gone"):
            poller.check_if_due()
    assert place.looks == 1
    place.found = 2
    place.now += 0.5
    poller.check_if_due()
    poller.check_if_due()
    assert (place.looks, place.renewed) == (2, 1)


def test_a_check_that_failed_slowly_is_not_repeated_for_the_same_time(place, poller):
    def slow():
        place.looks, place.now = place.looks + 1, place.now + 2.0
        raise Unavailable("silent")

    place.mark = slow
    place.now += 0.5
    for later in (0.0, 1.9):
        place.now += later
        with pytest.raises(Unavailable, match="silent"):
            poller.check_if_due()
    assert place.looks == 1
    place.now += 0.1
    with pytest.raises(Unavailable, match="silent"):
        poller.check_if_due()
    assert place.looks == 2


def test_a_failed_reload_is_repeated(place, poller):
    def fail():
        raise Unavailable("gone")

    poller._renew, place.found = fail, 2
    with pytest.raises(Unavailable):
        poller.check()
    poller._renew = place.renew
    poller.check()
    assert place.renewed == 1


def test_without_an_interval_every_call_checks_for_changes(place):
    place.pause = 0.0
    poller = ChangePoller(place, place.renew, place.seconds)
    for mark in (2, 2, 3):
        place.found = mark
        poller.check_if_due()
    assert (place.looks, place.renewed) == (4, 2)
