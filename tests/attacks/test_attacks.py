"""What each attack finds at a service with short deadlines and small limits."""

import pytest
from tests.attacks.deaf_readers import COUNT as DEAF
from tests.attacks.deaf_readers import deaf_readers
from tests.attacks.half_bodies import half_bodies, slow_bodies
from tests.attacks.huge_heads import SHAPES, grow
from tests.attacks.idle_connections import ADDRESSES, idle
from tests.attacks.slow_heads import slow_heads
from tests.attacks.smuggling import run as smuggling
from tests.attacks.target import target_of
from tests.http.wire import WIRES

from reticket.testing import running_server

AKINON = WIRES[0]
SETTINGS = {
    "RETICKET_CONNECTIONS__HEAD_TIMEOUT": "1",
    "RETICKET_CONNECTIONS__BODY_TIMEOUT": "1",
    "RETICKET_CONNECTIONS__READ_TIMEOUT": "1",
    "RETICKET_CONNECTIONS__PER_ADDRESS": "100",
}
COUNT = 20
TAKEN = 8 * 1024 * 1024
"""Bytes that buffers of the system may hold of a request that the service reads no more of."""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running_server(tmp_path_factory.mktemp("service"), settings=SETTINGS) as running:
        yield running


@pytest.fixture
def target(server):
    """Where an attack goes; afterwards the service still signs in and refreshes."""
    yield target_of(server.url)
    token = AKINON.sign_in(server.url)
    assert AKINON.is_good(AKINON.refresh(server.url, token))
    assert "Traceback" not in server.log.read_text()


def test_heads_that_arrive_too_slowly_end_with_408(target):
    fate = slow_heads(target, COUNT)
    assert (fate.opened, fate.ended, set(fate.statuses)) == (COUNT, COUNT, {408})


@pytest.mark.parametrize("attack", [half_bodies, slow_bodies])
def test_bodies_that_never_arrive_end_with_408(target, attack):
    fate = attack(target, COUNT)
    assert (fate.opened, fate.ended, set(fate.statuses)) == (COUNT, COUNT, {408})


@pytest.mark.parametrize("name", SHAPES)
def test_growing_heads_are_refused_early(target, name):
    growth = grow(target, name)
    assert growth.closed
    assert growth.sent < TAKEN
    assert growth.status in (400, 414, 431, None)


def test_idle_connections_leave_room_for_others(target):
    crowded = idle(target, ADDRESSES * 5)
    assert (crowded.opened, crowded.answered) == (ADDRESSES * 5, 10)


def test_connections_of_clients_that_do_not_read_are_closed(target):
    deaf = deaf_readers(target)
    assert deaf.ended == deaf.opened == DEAF
    assert deaf.taken < deaf.opened * TAKEN


def test_every_request_shape_is_parsed_as_specified(target):
    assert [verdict for verdict in smuggling(target) if not verdict.as_it_must] == []
