"""The page of commands moves 100 people of a Cloudreve and their sessions: every client goes on,
and after a roll-back as well.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from base64 import b32decode
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from tests.docs.tables import ROOT, shell
from tests.moving import cloudreve_database as made

from reticket.testing import running_server
from reticket.testing.server import CHEAP_SIGN_INS

PAGE = ROOT / "docs" / "moving" / "cloudreve.md"
PEOPLE, ENDED = 100, 3
CHANGED = {
    3: {"password": made.password_of("a newer secret of 3")},
    4: {"email": "p4-new@example.com"},
    5: {"status": "manual_banned"},
}
"""What changes in Cloudreve between the two imports, by the person's number."""
LIVING = PEOPLE - len(CHANGED)
DESKTOP = {
    "client_id": "393a1839-f52e-498e-9972-e77cc2241eee",
    "scopes": ["openid", "offline_access", "UserInfo.Write"],
}
"""Claims of the app for desktop."""
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"

SQLITE3 = f"""#!{sys.executable}
import sqlite3, sys
for row in sqlite3.connect(sys.argv[1]).execute(sys.argv[2]):
    print(*row, sep="|")
"""
TRUE = (
    r"\x1b\x7f\x03\x01\x01\x04item\x01\xff\x80\x00\x01\x01\x01\x05Value\x01\x10\x00\x00\x00\r"
    r"\xff\x80\x01\x04bool\x02\x02\x00\x01\x00"
)
"""What `encoding/gob` of Go writes for Cloudreve's `item{Value: true}`, escaped for redis-cli."""
COMMAND = f"""#!/bin/sh
exec {sys.executable} -m reticket "$@"
"""


def root_id(number: int) -> str:
    return str(UUID(int=0x4000_8000_0000_0000_0000 + number))


def row(number: int) -> dict[str, object]:
    """The first person is an administrator, and the second has a second factor."""
    group, secret = (1 if number == 1 else 2), (SECRET if number == 2 else None)
    return made.person(number, group_users=group, two_factor_secret=secret)


@pytest.fixture(scope="module")
def tokens():
    """Those of living sessions, half of them of an app, and those of sessions that were ended."""
    every = [token(number) for number in range(1, PEOPLE + ENDED + 1)]
    living = [
        each for number, each in enumerate(every[:PEOPLE], 1) if person_of(number) not in CHANGED
    ]
    return living, every[PEOPLE:]


def person_of(number: int) -> int:
    return 1 + number % PEOPLE


def token(number: int) -> str:
    person, now = row(person_of(number)), int(time.time()) - 3600
    return made.refresh_token(person, root_id(number), now, **(DESKTOP if number % 2 else {}))


@pytest.fixture(scope="module")
def moved(tmp_path_factory, tokens):
    """The folder, after all commands of the page."""
    folder = tmp_path_factory.mktemp("moved")
    drive = folder / "cloudreve" / "data"
    drive.mkdir(parents=True)
    made.sqlite_database(drive / "cloudreve.db", *map(row, range(1, PEOPLE + 1)))
    ended = [f"jwt_revoke_{root_id(PEOPLE + number)}" for number in range(1, ENDED + 1)]
    (drive / "cache_persist.bin").write_bytes(b"\xff\x0c\x31" + "\x01\xfe\x00".join(ended).encode())
    with running_server(folder, seed=_nobody(folder)):
        pass
    _run_page(folder)
    shutil.copytree(folder, folder / "again")
    return folder


def _nobody(folder):
    path = folder / "nobody.yaml"
    path.write_text("users: []\n")
    return path


def _run_page(folder):
    programs = folder / "programs"
    programs.mkdir()
    for name, text in (("reticket", COMMAND), ("sqlite3", SQLITE3)):
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    before, after, _ = sections()
    said = _run(folder, before)
    made.change(folder / "cloudreve" / "data" / "cloudreve.db", CHANGED)
    said += _run(folder, after)
    assert "100 rows: 100 added, 0 changed, 0 known already, 0 refused" in said
    assert "100 rows: 0 added, 3 changed, 97 known already, 0 refused" in said
    assert said.count(f"{ENDED} ended; every other session is living") == 2
    assert made.SECRET_KEY not in said
    assert not (folder / "secret_key").exists()


def sections():
    """What the page says before the hand-over, at it, and of a roll-back."""
    before, after = PAGE.read_text().split("## At the hand-over")
    return before, *after.split("## Before a roll-back")


def _run(folder, text):
    path = f"{folder / 'programs'}:{os.environ['PATH']}"
    environment = {**os.environ, **CHEAP_SIGN_INS, "PATH": path}
    ran = subprocess.run(
        ["bash", "-eu", "-c", "\n".join(shell(text))],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout + ran.stderr


@pytest.fixture(scope="module")
def client(moved):
    with (
        running_server(moved, seed=_nobody(moved)) as server,
        httpx.Client(base_url=f"{server.url}/api/v4", timeout=60) as client,
    ):
        yield client


def refreshed(client, token):
    return client.post("/session/token/refresh", json={"refresh_token": token}).json()


def test_every_client_refreshes_on_and_again(client, tokens):
    living, _ = tokens
    with ThreadPoolExecutor(8) as pool:
        first = list(pool.map(lambda token: refreshed(client, token), living))
        assert [said["code"] for said in first] == [0] * LIVING
        ours = [said["data"]["refresh_token"] for said in first]
        assert len(set(ours)) == LIVING
        assert not set(ours) & set(living)
        second = list(pool.map(lambda token: refreshed(client, token), ours))
    assert [said["code"] for said in second] == [0] * LIVING


def test_a_lost_answer_is_given_again(client, tokens):
    token = tokens[0][7]
    first, second = refreshed(client, token), refreshed(client, token)
    assert first["data"]["refresh_token"] == second["data"]["refresh_token"]


def test_a_session_that_was_ended_there_stays_ended(client, tokens):
    assert [refreshed(client, token)["code"] for token in tokens[1]] == [40020] * ENDED


def test_a_token_from_before_a_change_of_the_password_opens_nothing(client):
    before = {**row(9), "password": made.password_of("an older secret")}
    token = made.refresh_token(before, root_id(900), int(time.time()) - 3600)
    assert refreshed(client, token)["code"] == 40020


def test_a_token_of_another_key_opens_nothing(client, tokens):
    header, claims, _ = tokens[0][0].split(".")
    assert refreshed(client, f"{header}.{claims}.{'A' * 43}")["code"] == 40020


def test_people_sign_in_as_before_with_their_passwords_and_factors(client):
    said = {"email": "P1@example.com", "password": "secret of 1"}
    user = client.post("/session/token", json=said).json()["data"]["user"]
    assert (user["nickname"], user["group"]["name"]) == ("Person 1", "Admin")
    said = {"email": "p2@example.com", "password": "secret of 2"}
    asked = client.post("/session/token", json=said).json()
    assert asked["code"] == 203
    codes = TOTP(b32decode(SECRET), 6, SHA1(), 30)
    answer = {"otp": codes.generate(int(time.time())).decode(), "session_id": asked["data"]}
    assert client.post("/session/token/2fa", json=answer).json()["code"] == 0


def signed_in(client, email, password):
    said = {"email": email, "password": password}
    return client.post("/session/token", json=said).json()["code"]


def test_what_changed_between_the_imports_came_along(client):
    assert signed_in(client, "p3@example.com", "a newer secret of 3") == 0
    assert signed_in(client, "p3@example.com", "secret of 3") != 0
    assert signed_in(client, "p4-new@example.com", "secret of 4") == 0
    assert signed_in(client, "p4@example.com", "secret of 4") != 0
    assert signed_in(client, "p5@example.com", "secret of 5") != 0


def test_old_sessions_of_people_who_changed_since_open_nothing(client):
    for number in range(1, PEOPLE + 1):
        if person_of(number) in CHANGED:
            assert refreshed(client, token(number))["code"] == 40020


@pytest.fixture(scope="module")
def rolled_back(moved, tokens):
    """The folder, the newest token of each client, and those of two sessions that ended here. The
    service ran with the setting of the page.
    """
    folder = moved / "again"
    with (
        running_server(folder, seed=_nobody(folder), settings=_settings(sections()[2])) as server,
        httpx.Client(base_url=f"{server.url}/api/v4", timeout=60) as client,
    ):
        newest = [refreshed(client, token)["data"]["refresh_token"] for token in tokens[0]]
        newest = [refreshed(client, token)["data"]["refresh_token"] for token in newest]
        newest.append(_begin(client, "p8@example.com", "secret of 8"))
        ended = [newest.pop(0), newest.pop(0)]
        for token in ended:
            said = client.request("DELETE", "/session/token", json={"refresh_token": token}).json()
            assert said["code"] == 0
        log = server.log.read_text()
    _run(folder, sections()[2])
    return folder, newest, ended, log


def _settings(text):
    """Those in the page, as variables."""
    (block,) = re.findall(r"^```toml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return dict(_variables("RETICKET", tomllib.loads(block)))


def _variables(name, value):
    if not isinstance(value, dict):
        yield name, json.dumps(value)
        return
    for key, members in value.items():
        separator = "_" if name == "RETICKET" else "__"
        yield from _variables(f"{name}{separator}{key.upper()}", members)


def _begin(client, email, password):
    said = {"email": email, "password": password}
    return client.post("/session/token", json=said).json()["data"]["token"]["refresh_token"]


def drive(folder):
    return folder / "cloudreve" / "data" / "cloudreve.db"


def test_after_a_roll_back_the_old_server_accepts_every_clients_newest_token(rolled_back):
    folder, newest, _, _ = rolled_back
    living = [person_of(number) for number in range(1, PEOPLE + 1)]
    living = [number for number in living if number not in CHANGED]
    assert [made.user_of(drive(folder), token) for token in newest] == [*living[2:], 8]


def test_the_page_ends_there_what_was_ended_here(rolled_back):
    folder, newest, ended, _ = rolled_back
    lines = (folder / "revoke.redis").read_text().splitlines()
    of_redis = re.compile(rf'SETEX jwt_revoke_([0-9a-f-]{{36}}) 7776010 "{re.escape(TRUE)}"')
    revoked = [of_redis.fullmatch(line)[1] for line in lines]
    for token in ended:
        with pytest.raises(made.Refused, match="revoked"):
            made.user_of(drive(folder), token, revoked)
    for token in newest:
        assert made.user_of(drive(folder), token, revoked)
    assert {root_id(PEOPLE + number) for number in range(1, ENDED + 1)} <= set(revoked)


def test_what_clients_hold_after_a_roll_back_goes_on_here_without_the_setting(rolled_back):
    folder, newest, ended, _ = rolled_back
    with (
        running_server(folder, seed=_nobody(folder)) as server,
        httpx.Client(base_url=f"{server.url}/api/v4", timeout=60) as client,
    ):
        said = [refreshed(client, token) for token in newest]
        assert [each["code"] for each in said] == [0] * len(newest)
        assert [refreshed(client, token)["code"] for token in ended] == [40020] * len(ended)
    with pytest.raises(made.Refused, match="invalid"):
        made.user_of(drive(folder), said[0]["data"]["refresh_token"])


def test_what_the_old_server_makes_of_such_a_token_opens_nothing_here(rolled_back):
    """A session that was ended here could begin anew by a detour over there."""
    folder, _, ended, _ = rolled_back
    claims = jwt.decode(ended[0], options={"verify_signature": False})
    app = {name: claims[name] for name in ("client_id", "scopes") if name in claims}
    person = row(made.user_of(drive(folder), ended[0]))
    renewed = made.refresh_token(person, claims["root_token_id"], int(time.time()), **app)
    assert made.user_of(drive(folder), renewed) == person["id"]
    with (
        running_server(folder, seed=_nobody(folder)) as server,
        httpx.Client(base_url=f"{server.url}/api/v4", timeout=60) as client,
    ):
        assert refreshed(client, renewed)["code"] == 40020


def test_the_service_tells_at_its_start_until_when_and_shows_no_secret(rolled_back):
    _, newest, ended, log = rolled_back
    said = [line for line in log.splitlines() if "old_refresh_tokens" in line]
    assert ["cloudreve.user are good" in line for line in said] == [True, False]
    assert ["cloudreve.app are good" in line for line in said] == [False, True]
    for secret in (made.SECRET_KEY, made.HASH_ID_SALT, *newest, *ended):
        assert secret not in log
