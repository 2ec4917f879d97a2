"""Faults of the service's own process, on the embedded engine."""

import time

import pytest
from tests.http.wire import WIRES
from tests.torture.history import Answer
from tests.torture.services import CROWD, TORTURE, Load, Services, clock_off


@pytest.mark.timeout(300)
def test_a_service_is_killed(tmp_path, tell):
    with Services(tmp_path, {}, [{}]) as services:
        load = Load(services)
        with load.running():
            for _ in range(20 if TORTURE else 2):
                time.sleep(0.7)
                services.all[0].kill()
                services.all[0].start()
                load.wait_for(50)
    tell("SQLite: kill -9 of the service", load.outcome)
    assert load.history.count(Answer.CUT) > 0


@pytest.mark.timeout(300)
def test_the_disk_is_full(tmp_path, tell):
    with Services(tmp_path, {}, [{}]) as services:
        load = Load(services)
        with load.running():
            for _ in range(5 if TORTURE else 1):
                time.sleep(0.7)
                with services.all[0].full_disk():
                    time.sleep(0.7)
                load.wait_for(50)
    tell("SQLite: disk full", load.outcome)
    assert load.history.count(Answer.UNAVAILABLE) > 0


@pytest.mark.timeout(300)
def test_the_clock_is_set_forwards_and_back(tmp_path, tell):
    """Its own clock is the one that decides here. While it is set, windows shut before their time
    or open anew: so nobody is late, and nobody steals.
    """
    with Services(tmp_path, {}, [{}]) as services:
        (only,) = services.all
        right, wrong = only.settings, clock_off(tmp_path, 300)
        load = Load(services, CROWD._replace(thieves=0))
        load.history.windows = {wire.name: 0.0 for wire in WIRES}
        for each in load.clients:
            each.late = 0.0
        with load.running():
            for settings in (right | wrong, right) * (3 if TORTURE else 1):
                time.sleep(0.7)
                only.kill()
                only.settings = settings
                only.start()
                load.wait_for(100)
    tell("SQLite: the clock 5 min forwards and back", load.outcome)
