"""The connection that is evicted for a new one: one of the network with most connections."""

import pytest
from tests.http.connection.test_phase_timer import Clock

from reticket.http.connection.eviction import CANDIDATES, MOST_SKIPPED, evict
from reticket.http.connection.phase_timer import Phase, PhaseTimer
from reticket.http.server import ConnectionTimeouts


class Waiting:
    """A connection of a network that holds so many."""

    def __init__(self, held):
        self.held = held
        self.gave_way = None

    def evict(self, phase):
        self.gave_way = phase


@pytest.fixture
def watch():
    return PhaseTimer(Clock(), ConnectionTimeouts().by_phase())


def entered(watch, phase, held):
    """A connection that enters the phase a second after the last one did."""
    watch._loop.now += 1
    connection = Waiting(held)
    watch.enter(phase, connection)
    return connection


@pytest.mark.parametrize("phase", Phase)
def test_a_connection_is_evicted_in_every_phase_of_waiting(watch, phase):
    connection = entered(watch, phase, held=2)
    assert evict(watch, 1)
    assert connection.gave_way is phase


def test_no_connection_is_evicted_while_none_waits(watch):
    assert not evict(watch, 0)


def test_the_network_with_most_connections_is_evicted_first_in_any_phase(watch):
    older, idle = entered(watch, Phase.HEAD, held=2), entered(watch, Phase.IDLE, held=2)
    most = entered(watch, Phase.BODY, held=3)
    assert evict(watch, 1)
    assert [each.gave_way for each in (older, idle, most)] == [None, None, Phase.BODY]


def test_among_equals_an_idle_connection_goes_first_and_then_the_one_that_waited_longest(watch):
    half, first, second = (
        entered(watch, phase, held=1) for phase in (Phase.HEAD, Phase.FRESH, Phase.IDLE)
    )
    for connection, phase in ((first, Phase.FRESH), (second, Phase.IDLE), (half, Phase.HEAD)):
        assert evict(watch, 0)
        assert connection.gave_way is phase
        watch.leave(phase, connection)


@pytest.mark.parametrize(
    ("phase", "held", "newcomer", "gives_way"),
    [
        (Phase.BODY, 2, 1, True),
        (Phase.BODY, 2, 2, False),
        (Phase.BODY, 2, 3, False),
        (Phase.IDLE, 2, 2, True),
        (Phase.IDLE, 2, 3, False),
    ],
)
def test_a_new_connection_of_a_network_with_more_connections_is_refused(
    watch, phase, held, newcomer, gives_way
):
    connection = entered(watch, phase, held)
    assert evict(watch, newcomer) is gives_way
    assert bool(connection.gave_way) is gives_way


def test_the_candidates_are_those_that_have_waited_longest(watch):
    for _ in range(CANDIDATES):
        entered(watch, Phase.HEAD, held=1)
    unseen = entered(watch, Phase.HEAD, held=9)
    assert evict(watch, 0)
    assert unseen.gave_way is None


def test_a_few_older_connections_do_not_protect_a_crowd(watch):
    for _ in range(CANDIDATES):
        entered(watch, Phase.IDLE, held=1)
    crowd = [entered(watch, Phase.IDLE, held=9) for _ in range(3 * CANDIDATES)]
    assert evict(watch, 2, lambda below: below - 1)
    assert [each.gave_way for each in crowd].count(Phase.IDLE) == 1


@pytest.mark.parametrize(("waiting", "depth"), [(1, 1), (CANDIDATES, 1), (10**4, MOST_SKIPPED + 1)])
def test_the_second_search_has_a_bounded_cost(watch, waiting, depth):
    crowd, drawn = [entered(watch, Phase.HEAD, held=1) for _ in range(waiting)], []

    def last(below):
        drawn.append(below)
        return below - 1

    assert not evict(watch, 1, last)
    assert max(drawn) == depth
    crowd[depth - 1].held = 2
    assert evict(watch, 1, last)
    assert crowd[depth - 1].gave_way is Phase.HEAD
