"""A server that fails is left alone for a while."""

import pytest

from reticket.core.access.breaker import Breaker
from reticket.core.errors import Unavailable


class Watch:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def watch():
    return Watch()


@pytest.fixture
def breaker(watch):
    return Breaker("the old one", 3, 30, watch)


def fail(breaker, times):
    for _ in range(times):
        breaker.enter()
        breaker.failed()


def retry_of(breaker):
    with pytest.raises(Unavailable, match="the old one has failed and is not asked") as refused:
        breaker.enter()
    return refused.value.retry_after


def test_fewer_failures_in_a_row_stop_nothing(breaker):
    for _ in range(3):
        fail(breaker, 2)
        breaker.enter()
        breaker.answered()
    breaker.enter()


def test_after_the_failures_no_call_is_made_until_the_pause_is_over(breaker, watch):
    fail(breaker, 3)
    assert retry_of(breaker) == 30
    watch.now += 29.5
    assert retry_of(breaker) == 1


def test_after_the_pause_one_call_is_tried_and_the_others_wait(breaker, watch):
    fail(breaker, 3)
    watch.now += 30
    breaker.enter()
    assert retry_of(breaker) == 30
    breaker.answered()
    breaker.enter()


def test_a_tried_call_that_fails_begins_another_pause(breaker, watch):
    fail(breaker, 3)
    watch.now += 30
    fail(breaker, 1)
    assert retry_of(breaker) == 30


def test_a_tried_call_that_never_ends_is_followed_by_another_one(breaker, watch):
    fail(breaker, 3)
    watch.now += 30
    breaker.enter()
    watch.now += 30
    breaker.enter()
