"""Refresh tokens that two systems accept: 0 signed out and 0 revived, whatever the setting says at
the moment.
"""

import hashlib
import json
import time
from base64 import b64encode
from itertools import cycle

import httpx
import pytest
from tests.http.wire import ADA, PASSWORD
from tests.moving.cloudreve_database import HASH_ID_SALT, SECRET_KEY
from tests.torture.services import TORTURE, Load, Services

from reticket.core.tokens.old_form import own_jwt
from reticket.testing.waiting import until

ROUNDS = 10 if TORTURE else 2
CALM = 0.7
SETTING = "RETICKET_DIALECTS__CLOUDREVE__OLD_REFRESH_TOKENS"


ONE_OF_TWO = ({SETTING: "true"}, {SETTING: "false"})
"""The settings of two processes."""


@pytest.mark.timeout(600)
def test_sessions_go_on_while_the_setting_changes_and_services_are_killed(tmp_path, tell):
    """Two processes share one file."""
    shared = {"RETICKET_SESSIONS": f"sqlite:///{tmp_path / 'sessions.sqlite'}"}
    with Services(tmp_path, shared, ONE_OF_TWO) as services:
        change_under_kills(services, tmp_path, tell, "SQLite: old form, kill -9 of a service")


def change_under_kills(services, folder, tell, name):
    """The setting is on in one of two services, and changes at each start."""
    come_from_cloudreve(services, folder)
    until(lambda: has_old_form(services.all[0]), "an old form of a token")
    load = Load(services)
    with load.running():
        for each, _ in zip(cycle(services.all), range(ROUNDS), strict=False):
            time.sleep(CALM)
            each.kill()
            each.settings = {**each.settings, SETTING: flipped(each.settings[SETTING])}
            time.sleep(CALM / 2)
            each.start()
        load.wait_for(100)
    assert {has_old_form(each) for each in services.all} == {True, False}
    tell(name, load.outcome)


def flipped(setting):
    return "false" if setting == "true" else "true"


def come_from_cloudreve(services, folder):
    """The person of all clients has an id of Cloudreve, whose key is adopted."""
    state = b64encode(hashlib.sha256(b"a state").digest()).decode()
    row = {"email": ADA, "foreign_id": "7", "foreign_state": state}
    services.command("import", "users", "-", "--system", "cloudreve", said=json.dumps(row) + "\n")
    files = {"key": SECRET_KEY, "salt": HASH_ID_SALT}
    for name, text in files.items():
        (folder / name).write_text(text)
    options = [word for name in files for word in (f"--{name}-file", str(folder / name))]
    services.command(
        "key", "adopt", "--system", "cloudreve", "--kind", "cloudreve.user", *options,
        "--until", time.strftime("%Y-%m-%d", time.gmtime(time.time() + 10 * 86_400)),
    )  # fmt: skip


def has_old_form(service):
    """Whether a sign-in there gets a token that Cloudreve accepts too."""
    person = {"email": ADA, "password": PASSWORD}
    said = httpx.post(f"{service.url}/api/v4/session/token", json=person, timeout=60).json()
    return own_jwt(said["data"]["token"]["refresh_token"]) is not None
