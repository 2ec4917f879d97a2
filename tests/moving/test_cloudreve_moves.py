"""The page of commands moves 100 people of a Cloudreve and their sessions: every client goes on."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from base64 import b32decode
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import httpx
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
    environment = {**os.environ, **CHEAP_SIGN_INS, "PATH": f"{programs}:{os.environ['PATH']}"}
    before, after = PAGE.read_text().split("## At the hand-over")
    said = _run(folder, environment, before)
    made.change(folder / "cloudreve" / "data" / "cloudreve.db", CHANGED)
    said += _run(folder, environment, after)
    assert "100 rows: 100 added, 0 changed, 0 known already, 0 refused" in said
    assert "100 rows: 0 added, 3 changed, 97 known already, 0 refused" in said
    assert said.count(f"{ENDED} ended; every other session is living") == 2
    assert made.SECRET_KEY not in said
    assert not (folder / "secret_key").exists()


def _run(folder, environment, text):
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
