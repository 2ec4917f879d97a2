"""Faults of two services over PostgreSQL, and of PostgreSQL itself."""

import json
import time
from datetime import datetime, timedelta

import pytest
from tests.torture.history import Answer, Rollback
from tests.torture.postgresql import PostgreSQL
from tests.torture.services import TORTURE, Load, Services, clock_off

from reticket.audit import revocations
from reticket.core.sessions.replay import replay
from reticket.stores.postgresql import open_store

ROUNDS = 5 if TORTURE else 1
CALM = 0.7
"""Seconds of load before a fault."""

LAG = 0.5
"""Seconds that a standby may be behind when it goes."""
OLDER = """
UPDATE families SET rotated_at = rotated_at - 600000, expires_at = expires_at - 600000
"""

pytestmark = pytest.mark.timeout(600 if TORTURE else 60)


@pytest.fixture(scope="module")
def server():
    with PostgreSQL.fresh() as running:
        yield running


@pytest.fixture(scope="module")
def services(server, tmp_path_factory):
    folder = tmp_path_factory.mktemp("services")
    with Services(folder, _both_at(server.url)) as running:
        yield running


def _both_at(url):
    return {"RETICKET_SESSIONS": url, "RETICKET_DIRECTORY": url}


def _replay(server, services):
    """End again what was ended since the dump."""
    store, ephemeral = open_store(server.url, time.time_ns)
    for each in services.all:
        replay(store, list(revocations(each.data / "audit.jsonl")))
    store.close()
    ephemeral.close()


def test_a_service_is_killed(services, tell):
    load = Load(services)
    with load.running():
        for number in range(ROUNDS):
            time.sleep(CALM)
            services.all[number % 2].kill()
            time.sleep(CALM)
            services.all[number % 2].start()
        load.wait_for(50)
    tell("PostgreSQL: kill -9 of a service", load.outcome)
    assert load.outcome.cells()["cut"] > 0


def test_postgresql_is_killed(server, services, tell):
    load = Load(services)
    with load.running():
        for _ in range(ROUNDS):
            time.sleep(CALM)
            server.kill()
            time.sleep(CALM)
            server.start()
            load.wait_for(50)
    tell("PostgreSQL: kill -9 of the server", load.outcome)
    assert load.history.count(Answer.UNAVAILABLE) > 0


def test_postgresql_is_frozen(server, services, tell):
    load = Load(services)
    with load.running():
        for _ in range(ROUNDS):
            time.sleep(CALM)
            with server.frozen():
                time.sleep(5)
            load.wait_for(50)
    tell("PostgreSQL: frozen for 5 s", load.outcome)
    assert load.history.count(Answer.UNAVAILABLE, Answer.CUT) > 0


def test_the_disk_of_a_service_is_full(services, tell):
    load = Load(services)
    with load.running():
        for number in range(ROUNDS):
            time.sleep(CALM)
            with services.all[number % 2].full_disk():
                load.wait_for(100)
    tell("PostgreSQL: disk of a service full", load.outcome)
    assert load.history.count(Answer.UNAVAILABLE, Answer.CUT) == 0


def test_the_disk_of_postgresql_is_full(server, services, tell):
    load = Load(services)
    with load.running():
        for _ in range(ROUNDS):
            time.sleep(CALM)
            with server.full_disk():
                time.sleep(1.5)
            load.wait_for(50)
    tell("PostgreSQL: disk full", load.outcome)
    assert load.history.count(Answer.UNAVAILABLE) > 0


LOSING = """
synchronous_standby_names = 'standby'
synchronous_commit = local
"""
"""Only what asks for more, as revocations do, waits for the other server."""


def test_postgresql_fails_over_and_loses_acknowledged_writes(tmp_path, tell):
    with PostgreSQL.fresh(LOSING) as primary, primary.standby() as standby:
        both = f"postgresql://postgres@{primary.address},{standby.address}/reticket"
        url = f"{both}?target_session_attrs=read-write&connect_timeout=2"
        with Services(tmp_path, _both_at(url)) as services:
            load = Load(services)
            with load.running():
                time.sleep(CALM)
                since = time.monotonic() - LAG
                standby.kill()
                load.wait_for(10)
                begun = time.monotonic()
                primary.kill()
                standby.configure("synchronous_standby_names = ''")
                standby.start()
                standby.promote()
                load.history.rollbacks.append(Rollback(since, begun, time.monotonic()))
                load.wait_for(100)
            tell("PostgreSQL: fail-over, writes lost", load.outcome)
    assert load.history.healed.total() > 0


def test_an_old_dump_is_restored(server, services, tell):
    load = Load(services)
    with load.running():
        time.sleep(CALM)
        since, dump = time.monotonic(), server.dump()
        time.sleep(2 * CALM)
        begun = time.monotonic()
        for each in services.all:
            each.kill()
        server.restore(dump)
        server.run(OLDER)
        _replay(server, services)
        for each in services.all:
            each.start()
        load.history.rollbacks.append(Rollback(since, begun, time.monotonic()))
        load.wait_for(100)
    tell("PostgreSQL: an old dump restored", load.outcome)
    assert load.history.healed.total() > 0


def test_keys_are_rotated(services, tell):
    load = Load(services)
    with load.running():
        load.rotate_keys(1 + ROUNDS)
        load.wait_for(50)
    tell("PostgreSQL: keys rotated", load.outcome)


def test_clocks_are_five_minutes_off_forwards_and_back(server, tmp_path, tell):
    off = [clock_off(tmp_path, seconds) for seconds in (300, -300)]
    with Services(tmp_path, _both_at(server.url), off) as services:
        load = Load(services)
        with load.running():
            load.wait_for(500 if TORTURE else 100)
        told = [json.loads(each.audit()[0])["at"] for each in services.all]
    apart = datetime.fromisoformat(told[0]) - datetime.fromisoformat(told[1])
    assert apart > timedelta(minutes=9)
    tell("PostgreSQL: clocks 5 min ahead and behind", load.outcome)
    assert load.history.count(Answer.GOOD) > 100
