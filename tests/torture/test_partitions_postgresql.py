"""The network between PostgreSQL and the services is cut silently."""

import time
from contextlib import ExitStack

import pytest
from tests.torture.history import Answer
from tests.torture.partition import network
from tests.torture.postgresql import HOST, PostgreSQL
from tests.torture.services import BOUND, TORTURE, Load, Services

ROUNDS = 2 if TORTURE else 1
CALM = 0.7
"""Seconds of load before a fault."""
CUT_FOR = 22.0 if TORTURE else 4.0
"""Seconds; in the long run longer than anybody may wait."""
OPERATOR, *WAYS = range(3)

pytestmark = pytest.mark.timeout(600 if TORTURE else 120)


@pytest.fixture(scope="module")
def net():
    with network(1 + len(WAYS)) as built:
        yield built


@pytest.fixture(scope="module")
def server(net):
    homes = ",".join([HOST, *map(net.home, (OPERATOR, *WAYS))])
    with ExitStack() as stack:
        with net.inside():
            running = stack.enter_context(PostgreSQL.fresh(f"listen_addresses = '{homes}'\n"))
        for place in (OPERATOR, *WAYS):
            net.forward(place, running.port)
        yield running


@pytest.fixture(scope="module")
def services(net, server, tmp_path_factory):
    """Each on its own way to the server."""
    ways = [_both_at(server.url_at(net.address(place))) for place in WAYS]
    operators = _both_at(server.url_at(net.address(OPERATOR)))
    with Services(tmp_path_factory.mktemp("services"), operators, ways) as running:
        yield running


def _both_at(url):
    return {"RETICKET_SESSIONS": url, "RETICKET_DIRECTORY": url}


def test_both_services_are_cut_off(net, services, tell):
    load = Load(services)
    with load.running():
        for _ in range(ROUNDS):
            time.sleep(CALM)
            with ExitStack() as cuts:
                for place in WAYS:
                    cuts.enter_context(net.cut(place))
                time.sleep(CUT_FOR)
            load.wait_for(50)
    tell(f"PostgreSQL: cut off ({net.name})", load.outcome)
    assert load.history.count(Answer.UNAVAILABLE) > 0
    assert load.history.longest() < BOUND


def test_one_service_is_cut_off_and_the_other_continues(net, services, tell):
    load = Load(services)
    with load.running():
        for number in range(ROUNDS):
            time.sleep(CALM)
            with net.cut(WAYS[number % 2]):
                load.wait_for(50)
                time.sleep(CUT_FOR)
            load.wait_for(50)
    tell(f"PostgreSQL: one service cut off ({net.name})", load.outcome)
    assert load.history.count(Answer.UNAVAILABLE) > 0
    assert load.history.longest() < BOUND
