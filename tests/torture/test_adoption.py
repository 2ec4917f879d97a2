"""Half of all sessions began at another system: none is signed out, and none that was ended there
or here goes on.
"""

import json
import time

import pytest
from tests.torture.history import Answer, Verb
from tests.torture.old_system import OldSystem
from tests.torture.services import TORTURE, Load, Services

ROUNDS = 10 if TORTURE else 2
CALM = 0.7
PURGING = {"RETICKET_PURGE_INTERVAL": "1"}
"""Ended sessions must outlast purges, as long as a token could begin them anew."""


@pytest.mark.timeout(600)
def test_sessions_of_another_system_go_on_while_services_are_killed(tmp_path, tell):
    """Two processes share one file."""
    sessions = f"sqlite:///{tmp_path / 'sessions.sqlite'}"
    with Services(tmp_path, {**PURGING, "RETICKET_SESSIONS": sessions}) as services:
        adopt_under_kills(services, tell, "SQLite: adoption, kill -9 of a service")


def adopt_under_kills(services, tell, name):
    """Clients of two systems refresh while services are killed in turn."""
    old = OldSystem(services, 2000 if TORTURE else 100)
    load = Load(services, old=old)
    with load.running():
        for number in range(ROUNDS):
            time.sleep(CALM)
            services.all[number % 2].kill()
            time.sleep(CALM / 2)
            services.all[number % 2].start()
        load.wait_for(100)
    tell(name, load.outcome)
    assert_adopted(load, services)


def assert_adopted(load, services):
    """Sessions of the other system were used and ended, and those that had ended came as well."""
    elsewhere = {e.said.family for e in load.history.exchanges if e.server == "elsewhere"}
    used = {e.said.family for e in load.history.exchanges if e.successor and e.said.generation == 1}
    ended = {e.said.family for e in load.history.exchanges if e.verb is Verb.END}
    refused = {e.said.family for e in load.history.exchanges if e.answer is Answer.REFUSED}
    assert len(elsewhere & used) > 5
    assert len(elsewhere & ended & refused) > 5
    events = [json.loads(line) for each in services.all for line in each.audit()]
    adopted = [each["session"] for each in events if each["event"] == "adopted"]
    assert len(adopted) == len(set(adopted))
    assert len(elsewhere & used & {*adopted}) > 5  # a process that is killed loses single lines
