"""Faults of a Valkey cluster under two services."""

import time

import pytest
from tests.http.wire import WIRES
from tests.torture.clients import Field, Leaver
from tests.torture.history import Answer, History, Rollback, said_by
from tests.torture.services import TORTURE, Load, Services
from tests.torture.valkey import Cluster

ROUNDS = 5 if TORTURE else 1
CALM = 0.7
"""Seconds of load before a fault."""
SLOTS_MOVED = 40
LAG = 0.5
"""Seconds that a follower may be behind when it hears no more."""

pytestmark = pytest.mark.timeout(600 if TORTURE else 60)


@pytest.fixture(scope="module")
def cluster():
    with Cluster.fresh() as running:
        yield running


@pytest.fixture(scope="module")
def services(cluster, tmp_path_factory):
    folder = tmp_path_factory.mktemp("services")
    with Services(folder, {"RETICKET_SESSIONS": cluster.url}) as running:
        yield running


def test_a_service_is_killed(services, tell):
    load = Load(services)
    with load.running():
        for number in range(ROUNDS):
            time.sleep(CALM)
            services.all[number % 2].kill()
            services.all[number % 2].start()
        load.wait_for(50)
    tell("Valkey: kill -9 of a service", load.outcome)
    assert load.history.count(Answer.CUT) > 0


def test_a_primary_is_killed(cluster, services, tell):
    load = Load(services)
    with load.running():
        for number in range(ROUNDS):
            place = number % 3
            time.sleep(CALM)
            begun = time.monotonic()
            cluster.pairs[place].fail_over()
            load.history.rollbacks.append(Rollback(begun - LAG, begun, time.monotonic()))
            load.wait_for(50)
            cluster.pairs[place] = cluster.pairs[place].mend()
    tell("Valkey: kill -9 of a master, fail-over", load.outcome)
    assert load.history.count(Answer.UNAVAILABLE) > 0


def test_a_primary_is_killed_and_its_last_writes_are_lost(cluster, services, tell):
    load = Load(services)
    with load.running():
        for number in range(ROUNDS):
            place = number % 3
            time.sleep(CALM)
            since = time.monotonic() - LAG
            with cluster.pairs[place].apart():
                load.wait_for(100)
            begun = time.monotonic()
            cluster.pairs[place].fail_over()
            load.history.rollbacks.append(Rollback(since, begun, time.monotonic()))
            load.wait_for(50)
            cluster.pairs[place] = cluster.pairs[place].mend()
    tell("Valkey: fail-over, last writes lost", load.outcome)
    assert load.history.healed.total() > 0


def test_slots_move(cluster, services, tell):
    load = Load(services)
    with load.running():
        load.wait_for(300)
        moved = 0
        for number in range(ROUNDS):
            giver, taker = cluster.pairs[number % 3].leader, cluster.pairs[(number + 1) % 3].leader
            for _ in cluster.reshard(giver, taker, SLOTS_MOVED):
                moved += 1
                time.sleep(0.02)
        load.wait_for(50)
    tell("Valkey: resharding", load.outcome)
    assert moved > 10


def test_the_disk_of_a_primary_is_full(cluster, services, tell):
    load = Load(services)
    with load.running():
        for number in range(ROUNDS):
            place = number % 3
            time.sleep(CALM)
            begun = time.monotonic()
            cluster.pairs[place].leader.fill_disk()
            time.sleep(CALM)
            cluster.pairs[place].fail_over()
            load.history.rollbacks.append(Rollback(begun - LAG, begun, time.monotonic()))
            load.wait_for(50)
            cluster.pairs[place] = cluster.pairs[place].mend()
    tell("Valkey: disk full", load.outcome)
    assert load.history.count(Answer.UNAVAILABLE) > 0


def test_a_repeated_sign_out_without_replication_is_not_acknowledged(cluster, services):
    field = Field([each.url for each in services.all], History())
    leaver, pair = Leaver(field, WIRES[0]), cluster.pairs[0]
    token = leaver.sign_in()
    while said_by(token).family not in _families(pair.leader):
        token = leaver.sign_in()
    with pair.apart():
        answers = [leaver.end([token]).exchange.answer for _ in range(3)]
        pair.fail_over()
    cluster.pairs[0] = pair.mend()
    field.close()
    assert set(answers) == {Answer.UNAVAILABLE}


def _families(node):
    return {key.hex()[-32:] for keys in node.keys().values() for key in keys}
