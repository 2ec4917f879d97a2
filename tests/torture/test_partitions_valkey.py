"""Nodes of a Valkey cluster that cannot be reached and nobody says so, or that wake up in the past;
and services that are wrong about the time.
"""

import os
import signal
import time
from contextlib import closing, contextmanager

import pytest
from tests.http.wire import WIRES
from tests.torture.clients import DECIDED, Field, Leaver
from tests.torture.history import Answer, History, Rollback, said_by
from tests.torture.islands import NODES, Islands
from tests.torture.partition import network
from tests.torture.services import BOUND, TORTURE, Load, Services, clock_off
from tests.torture.valkey import Pair, until

ROUNDS = 2 if TORTURE else 1
CALM = 0.7
"""Seconds of load before a fault."""
CUT_FOR = 22.0 if TORTURE else 4.0
"""Seconds; in the long run longer than anybody may wait."""
LAG = 0.5
"""Seconds that a follower may be behind."""

pytestmark = pytest.mark.timeout(600 if TORTURE else 120)


@pytest.fixture(scope="module")
def net():
    with network(NODES) as built:
        yield built


@pytest.fixture(scope="module")
def cluster(net):
    with Islands.on(net) as running:
        yield running


@pytest.fixture(scope="module")
def services(cluster, tmp_path_factory):
    folder = tmp_path_factory.mktemp("services")
    with Services(folder, {"RETICKET_SESSIONS": cluster.url}) as running:
        yield running


def families_of(node):
    return {key.hex()[-32:] for keys in node.keys().values() for key in keys}


def test_the_services_are_cut_off_from_a_primary(net, cluster, services, tell):
    load = Load(services)
    with load.running():
        for number in range(ROUNDS):
            time.sleep(CALM)
            with net.cut(cluster.pairs[number % 3].leader.place):
                time.sleep(CUT_FOR)
            load.wait_for(50)
    tell(f"Valkey: services cut off from a master ({net.name})", load.outcome)
    assert load.history.count(Answer.UNAVAILABLE) > 0
    assert load.history.longest() < BOUND


def test_a_primary_is_cut_off_from_the_other_nodes_only(net, cluster, services, tell):
    load = Load(services)
    with load.running():
        for number in range(ROUNDS):
            leader, follower = cluster.pairs[number % 3]
            time.sleep(CALM)
            begun = time.monotonic()
            with net.cut_from_peers(leader.place):
                until(follower.leads)
                load.wait_for(50)
            until(leader.follows)
            cluster.pairs[number % 3] = Pair(follower, leader)
            load.history.rollbacks.append(Rollback(begun - LAG, begun, time.monotonic()))
            load.wait_for(50)
    tell(f"Valkey: master cut off from its cluster ({net.name})", load.outcome)
    assert load.history.longest() < BOUND


def test_a_sign_out_in_the_minority_is_not_acknowledged(net, cluster, services):
    with closing(Field([each.url for each in services.all], History())) as field:
        leaver, (leader, follower) = Leaver(field, WIRES[0]), cluster.pairs[0]
        token = leaver.sign_in()
        while said_by(token).family not in families_of(leader):
            token = leaver.sign_in()
        with net.cut_from_peers(leader.place):
            assert leaver.end([token]).exchange.answer is Answer.UNAVAILABLE
            until(follower.leads)
        until(leader.follows)
        cluster.pairs[0] = Pair(follower, leader)
        assert leaver.persist(lambda: leaver.end([token]), *DECIDED)
        assert leaver.refresh(token).exchange.answer is Answer.REFUSED


@contextmanager
def asleep(node):
    process = int(node.run("INFO", "server")["process_id"])
    os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process, signal.SIGCONT)


def test_a_primary_wakes_up_after_a_failover(cluster, services, tell):
    load = Load(services)
    with load.running():
        for number in range(ROUNDS):
            leader, follower = cluster.pairs[number % 3]
            time.sleep(CALM)
            begun = time.monotonic()
            with asleep(leader):
                until(follower.leads)
                load.wait_for(100)
            until(leader.follows)
            cluster.pairs[number % 3] = Pair(follower, leader)
            load.history.rollbacks.append(Rollback(begun - LAG, begun, time.monotonic()))
            load.wait_for(50)
    tell("Valkey: master frozen, fail-over, awake again", load.outcome)
    assert load.history.count(Answer.UNAVAILABLE) > 0
    assert load.history.longest() < BOUND


def test_clocks_are_five_minutes_off_forwards_and_back(cluster, tmp_path, tell):
    off = [clock_off(tmp_path, seconds) for seconds in (300, -300)]
    with Services(tmp_path, {"RETICKET_SESSIONS": cluster.url}, off) as services:
        load = Load(services)
        with load.running():
            load.wait_for(300)
    tell("Valkey: clocks 5 min ahead and behind", load.outcome)


def test_keys_are_rotated(services, tell):
    load = Load(services)
    with load.running():
        load.rotate_keys(1 + ROUNDS)
        load.wait_for(50)
    tell("SQLite and Valkey: keys rotated", load.outcome)
