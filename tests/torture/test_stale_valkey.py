"""A Valkey master that sleeps while another takes its place, and wakes up in the past."""

import os
import signal
import time
from contextlib import contextmanager

import pytest
from tests.torture.history import Answer, Rollback
from tests.torture.services import BOUND, TORTURE, Load, Services
from tests.torture.valkey import Cluster, Pair, until

ROUNDS = 5 if TORTURE else 1
CALM = 0.7
"""Seconds of load before a fault."""
LAG = 0.5
"""Seconds that a follower may be behind."""

pytestmark = pytest.mark.timeout(600 if TORTURE else 60)


@pytest.fixture(scope="module")
def cluster():
    with Cluster.fresh() as running:
        yield running


@pytest.fixture(scope="module")
def services(cluster, tmp_path_factory):
    folder = tmp_path_factory.mktemp("services")
    with Services(folder, {"RETICKET_FAMILIES": cluster.url}) as running:
        yield running


@contextmanager
def asleep(node):
    process = int(node.run("INFO", "server")["process_id"])
    os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process, signal.SIGCONT)


def test_a_node_that_leads_wakes_up_after_a_fail_over(cluster, services, tell):
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
