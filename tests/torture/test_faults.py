"""Faults of the service's own process, on the embedded engine."""

import time

import pytest
from tests.torture.history import Answer
from tests.torture.services import TORTURE, Load, Services


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
