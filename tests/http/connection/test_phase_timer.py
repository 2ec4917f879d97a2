"""A check times out the connections that are too late, and no others."""

from itertools import pairwise

import pytest

from reticket.http.connection.phase_timer import (
    CHECK_INTERVAL,
    SHORT_INTERVAL,
    TIMED_OUT_AT_ONCE,
    Phase,
    PhaseTimer,
)
from reticket.http.server import ConnectionTimeouts
from reticket.settings.connections import Connections


class Clock:
    """A loop that only has the time."""

    now = 1000.0

    def time(self):
        return self.now


class FakeConnection(list):
    """A connection that records its calls."""

    too_late = list.append
    __hash__ = object.__hash__


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def watch(clock):
    return PhaseTimer(clock, ConnectionTimeouts().by_phase())


@pytest.mark.parametrize("phase", Phase)
def test_each_connection_times_out_once_and_not_too_early(clock, watch, phase):
    patience = ConnectionTimeouts().by_phase()[phase]
    connection = FakeConnection()
    watch.enter(phase, connection)
    watch.check(clock.now + patience - 0.1)
    assert connection == []
    watch.check(clock.now + patience)
    watch.check(clock.now + 2 * patience)
    assert connection == [phase]


def test_a_connection_that_left_a_phase_does_not_time_out(clock, watch):
    connection = FakeConnection()
    watch.enter(Phase.HEAD, connection)
    watch.leave(Phase.HEAD, connection)
    watch.check(clock.now + 1000)
    assert connection == []


def test_later_connections_have_their_full_time(clock, watch):
    early, late = FakeConnection(), FakeConnection()
    watch.enter(Phase.HEAD, early)
    clock.now += 5
    watch.enter(Phase.HEAD, late)
    watch.check(clock.now + 5)
    assert (early, late) == ([Phase.HEAD], [])


def test_the_defaults_are_those_of_the_settings():
    said, patience = Connections(), ConnectionTimeouts()
    assert (said.handshake_timeout, said.head_timeout) == (patience.handshake, patience.head)
    assert (said.body_timeout, said.read_timeout) == (patience.body, patience.reading)
    assert said.idle_timeout == patience.idle == 150


def test_thousands_that_came_together_time_out_a_few_at_a_time(clock, watch):
    crowd = [FakeConnection() for _ in range(1000)]
    for each in crowd:
        watch.enter(Phase.FRESH, each)
    clock.now += 1000
    timed_out = []
    while watch.check(clock.now):
        timed_out.append(sum(map(bool, crowd)))
    assert timed_out[0] == TIMED_OUT_AT_ONCE
    assert all(later - sooner == TIMED_OUT_AT_ONCE for sooner, later in pairwise(timed_out))
    assert all(each == [Phase.FRESH] for each in crowd)


def test_the_next_check_comes_soon_while_more_remain(clock, watch):
    delays = []
    clock.call_later = lambda delay, check: delays.append((delay, check))
    for _ in range(TIMED_OUT_AT_ONCE * 2 + 1):
        watch.enter(Phase.FRESH, FakeConnection())
    clock.now += 1000
    watch.start()
    for _ in range(4):
        delays[-1][1]()
    assert [delay for delay, _ in delays] == [
        CHECK_INTERVAL,
        SHORT_INTERVAL,
        SHORT_INTERVAL,
        CHECK_INTERVAL,
        CHECK_INTERVAL,
    ]
