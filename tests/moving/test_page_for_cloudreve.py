"""The page alone moves a Cloudreve: 100 people with living sessions, and nobody signs in anew."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from base64 import b64encode
from functools import partial
from hashlib import sha256
from uuid import UUID, uuid5

import jwt
import pytest
from tests.docs.tables import page, shell
from tests.http.wire import WIRES, call
from tests.moving import cloudreve_database as made

from reticket.adoption.hashids import Hashids
from reticket.testing import running_server
from reticket.testing.waiting import until

DESKTOP = {
    "client_id": "393a1839-f52e-498e-9972-e77cc2241eee",
    "scopes": ["openid", "offline_access", "UserInfo.Write"],
}
"""Claims of a token of the app for desktop."""

CLOUDREVE = next(each for each in WIRES if each.name == "cloudreve")
MANY, ENDED = 100, 10
"""People, each with a session. The first ten have ended theirs."""

SPACE = UUID("6a1f6f0e-4a7f-4d0e-8a53-0d6c6f7f1c11")
SHIMS = {
    "reticket": f'exec "{sys.executable}" -m reticket "$@" --data "$DATA"',
    "sqlite3": f'exec "{sys.executable}" -c "import sqlite3, sys\n'
    'for row in sqlite3.connect(sys.argv[1]).execute(sys.argv[2]): print(row[0])" "$@"',
    "redis-cli": 'cat "$ENDED"',
}
"""Programs by the names that the page has for them."""


def blocks():
    """The commands of the page for Cloudreve, but for the comparison: there is no drive."""
    text = page("moving.md")
    found = shell(text[text.index("### Cloudreve") : text.index("### Keycloak\n")])
    assert len(found) == 3
    without = re.sub(r"^reticket compare (.*\\\n)*.*\n", "", found[0], flags=re.MULTILINE)
    assert without.count("\n") == found[0].count("\n") - 2
    day = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 30 * 86_400))
    return [re.sub(r"--until \S+", f"--until {day}", each) for each in (without, *found[1:])]


def root(number):
    return str(uuid5(SPACE, str(number)))


def state(person):
    said = f"{person['email']}/{person['password']}/{made.SITE}"
    return b64encode(sha256(said.encode()).digest()).decode()


def refresh_token(person, **more):
    """A token as Cloudreve makes it (`pkg/auth/jwt.go`)."""
    number, now = person["id"], int(time.time())
    claims = {
        "token_type": "refresh", "sub": Hashids(made.HASH_ID_SALT).encode([number, 1]),
        "nbf": now - 60, "exp": now + 86_400, "root_token_id": root(number),
        "state_hash": state(person), **more,
    }  # fmt: skip
    return jwt.encode(claims, made.SECRET_KEY, "HS256")


@pytest.fixture
def drive(tmp_path):
    """The people of a drive, in a database beside the commands. The last one is an admin."""
    people = [made.person(number) for number in range(1, MANY + 1)]
    people[-1]["group_users"] = 1
    made.sqlite_database(tmp_path / "cloudreve.db", *people)
    ended = tmp_path / "ended"
    ended.write_text("".join(f"jwt_revoke_{root(n)}\n" for n in range(1, ENDED + 1)))
    return people


@pytest.fixture
def service(tmp_path):
    seed = tmp_path / "seed.yaml"
    seed.write_text("users: []\n")
    with running_server(tmp_path, seed=seed) as running:
        yield running


@pytest.fixture
def run(tmp_path, service):
    """Runs a block of the page in a shell."""
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    for name, words in SHIMS.items():
        (bin_folder / name).write_text(f"#!/bin/sh\n{words}\n")
        (bin_folder / name).chmod(0o755)
    environment = {
        **os.environ, "PATH": f"{bin_folder}:{os.environ['PATH']}", "DATA": str(service.data),
        "ENDED": str(tmp_path / "ended"),
    }  # fmt: skip

    def run(block):
        command = ["bash", "-euo", "pipefail", "-c", block]
        ran = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout + ran.stderr

    return run


def test_the_commands_of_the_page_move_100_people_and_every_client_refreshes_on(
    drive, service, run, tmp_path
):
    tokens = [refresh_token(person, **(DESKTOP if person["id"] % 2 else {})) for person in drive]
    said = "".join(map(run, blocks()))
    assert made.SECRET_KEY not in said
    assert "password" not in said.lower()
    for more in ({}, DESKTOP):
        until(partial(is_good, service, refresh_token(drive[-1], **more)), "the service to know it")
    first = [CLOUDREVE.refresh(service.url, token) for token in tokens]
    assert [CLOUDREVE.is_good(each) for each in first] == [False] * ENDED + [True] * 90
    assert all(CLOUDREVE.is_refused(each) for each in first[:ENDED])
    run(blocks()[2])
    ours = [CLOUDREVE.token_of(each[2]) for each in first[ENDED:]]
    again = [CLOUDREVE.refresh(service.url, token) for token in ours]
    assert all(map(CLOUDREVE.is_good, again))
    assert not (tmp_path / "cloudreve.key").exists()
    assert not (tmp_path / "cloudreve.salt").exists()


def is_good(service, token):
    return CLOUDREVE.is_good(CLOUDREVE.refresh(service.url, token))


def test_people_sign_in_with_the_passwords_that_they_had(drive, service, run):
    run(blocks()[0])
    body = b'{"email": "p100@example.com", "password": "secret of 100"}'
    status, _, said = call(service.url, "POST", CLOUDREVE.sign_in_path, body)
    assert (status, b'"name":"Admin"' in said) == (200, True)
