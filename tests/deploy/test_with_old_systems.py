"""The commands of the pages on moving that need jq, curl, psql and redis-cli.

They run as the pages have them, beside small copies of what those systems answer and store.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import time
from contextlib import closing

import jwt
import psycopg
import pytest
from tests.adoption.test_hydra import SYSTEM_SECRET, token
from tests.deploy.old_systems import (
    DAY,
    DEFAULT_MAX,
    Realm,
    Shell,
    admin_api,
    blocks,
    commands,
    realm_export,
    section,
    session,
)
from tests.docs.tables import page
from tests.fetching.other_server import other_server
from tests.moving.test_exports_of_sessions import TABLES
from tests.stores.valkey.servers import Standalone
from tests.torture.postgresql import PostgreSQL

from reticket.core.commands import Refresh
from reticket.core.errors import Cause, Refusal
from reticket.runtime.assembly import perform
from reticket.runtime.opening import Builder
from reticket.testing import running_server

MOVING, CLOUDREVE = page("moving.md"), page("moving/cloudreve.md")
SEED = """
oauth_clients:
  - {client_id: spa, policy: BROWSER, redirect_uris: ["http://127.0.0.1/callback"]}
"""
IDS = {"hydra": "7f2c", "keycloak": "7", "simplejwt": "7", "django": "7"}
"""Of one person in the old systems."""

ENDS = int(time.time()) + 20 * DAY
REALM = os.urandom(128)
REDIS_CLI = shutil.which("redis-cli")
KEY = "a secret of the other system, long enough"
ONLINE = [f"online-{number}" for number in range(DEFAULT_MAX + 20)]
OFFLINE = ["online-1", "offline-2"]
SHOP = Realm(
    {"user-sessions": [*map(session, ONLINE)], "offline-sessions": [*map(session, OFFLINE)]}
)
ADOPT = blocks(section(MOVING, "Tokens that are JWTs"), "sh")[0]
(ISSUER,) = re.findall(r"--issuer (\S+)", ADOPT)


@pytest.fixture(scope="module")
def shell(tmp_path_factory):
    """A data folder with a client and a person, who has an id in each old system."""
    folder = tmp_path_factory.mktemp("moving")
    seed = folder / "seed.yaml"
    seed.write_text(SEED)
    with running_server(folder, seed=seed):
        pass
    shell = Shell(folder)
    for system, name in IDS.items():
        said = {"email": "ada@example.com", "foreign_id": name}
        (folder / "people.jsonl").write_text(json.dumps(said))
        shell.run(f"reticket import users people.jsonl --system {system}")
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv("RETICKET_DEPLOY")  # is no setting
        yield shell


@pytest.fixture(scope="module")
def databases(shell):
    """The databases of the old systems, which psql finds by its usual variables."""
    with PostgreSQL.fresh() as server:
        for name in ("hydra", "django", "cloudreve"):
            server.run(f"CREATE DATABASE {name}", "postgres")
            with psycopg.connect(f"{server.url.rpartition('/')[0]}/{name}") as connection:
                connection.execute(TABLES)
        said = {"PGHOST": "127.0.0.1", "PGPORT": str(server.port), "PGUSER": "postgres"}
        shell.environment.update(said)
        shell.program("psql", f'exec {server.program("psql")} "$@"')
        yield server


@pytest.fixture(scope="module")
def keycloak(shell, tmp_path_factory):
    """A realm whose key was exported and adopted, as the page says it."""
    folder = tmp_path_factory.mktemp("keycloak")
    secret = base64.urlsafe_b64encode(REALM).rstrip(b"=").decode()
    (folder / "realm.json").write_text(json.dumps(realm_export(secret)))
    wanted = "export --realm shop --users skip --file shop.json"
    shell.program("kc.sh", f'[ "$*" = "{wanted}" ] && cp {folder}/realm.json shop.json')
    shell.run(commands(section(MOVING, "The key of a realm")))
    assert (shell.folder / "realm-key").read_text() == f"{secret}\n"
    shell.run(ADOPT)
    api = admin_api(SHOP, "right")
    with other_server(folder, api, "id.example.com") as (server, file):
        (folder / ".curlrc").write_text(
            f'connect-to = "id.example.com:443:127.0.0.1:{server.port}"\n'
            f'cacert = "{file}"\nnoproxy = "*"\n'
        )
        shell.environment["CURL_HOME"] = str(folder)
        yield commands(section(MOVING, "Keycloak"))


def refreshed(shell, token):
    """The cause of the refusal, or None for new tokens."""

    def asking():
        return (yield from Refresh("oauth.user", token))

    builder = Builder()
    opened = builder.open(builder.load(None, {"data": shell.folder / "data"}))
    with closing(opened) as instance:
        try:
            perform(instance, asking())
        except Refusal as refusal:
            return refusal.cause
    return None


def of_keycloak(session, kind="Refresh"):
    claims = {
        "typ": kind, "iss": ISSUER, "sub": "7", "azp": "spa", "sid": session, "exp": ENDS,
    }  # fmt: skip
    return jwt.encode(claims, REALM, "HS512")


def test_commands_that_keycloak_refuses_import_nothing(shell, keycloak):
    ran = shell.try_(keycloak, TOKEN="one that has ended")
    assert ran.returncode != 0
    assert "401" in ran.stderr
    assert not (shell.folder / "living.jsonl").exists()


def test_every_session_of_a_client_of_keycloak_comes(shell, keycloak):
    said = shell.run(keycloak, TOKEN="right")
    assert f"{len(ONLINE) + len(OFFLINE)} rows: {len(ONLINE) + len(OFFLINE)} living" in said
    assert refreshed(shell, of_keycloak(ONLINE[-1])) is None
    assert refreshed(shell, of_keycloak("online-1", "Offline")) is None
    assert refreshed(shell, of_keycloak("online-2", "Offline")) is Cause.UNKNOWN
    assert refreshed(shell, of_keycloak("offline-2")) is Cause.UNKNOWN


@pytest.mark.parametrize("revoked", ["", "/clients/ID", "8"], ids=["realm", "client", "person"])
def test_a_session_whose_tokens_were_revoked_by_time_does_not_come(
    shell, keycloak, monkeypatch, revoked
):
    """Keycloak refuses its tokens, and lists it still."""
    old, new = session("old", "8", start=1_700_000_000), session("new", start=1_700_000_100)
    monkeypatch.setattr(SHOP, "sessions", {"user-sessions": [new], "offline-sessions": [old, new]})
    monkeypatch.setattr(SHOP, "not_before", {revoked: 1_700_000_100})
    shell.run(keycloak, TOKEN="right")
    rows = map(json.loads, (shell.folder / "living.jsonl").read_text().splitlines())
    assert [row["id"] for row in rows] == ["new", "offline:new"]


def imported(shell, heading):
    """What the commands of a section say, with its statement in the file that they read."""
    text = section(MOVING, heading)
    (statement,) = blocks(text, "sql")
    (shell.folder / "living.sql").write_text(statement)
    return shell.run(commands(text))


def test_living_tokens_of_hydra_come(shell, databases):
    living, used = (token(random=bytes([number]) * 32) for number in (1, 2))
    for each, name in ((living, "living"), (used, "used")):
        said = f"SET signature = '{each.rpartition('.')[2]}' WHERE signature = '{name}'"
        databases.run(f"UPDATE hydra_oauth2_refresh {said}", "hydra")
    (shell.folder / "hydra-secrets").write_text(f"{SYSTEM_SECRET}\n")
    assert "1 rows: 1 living, 0 ended, 0 known already, 0 refused" in imported(shell, "Hydra")
    assert refreshed(shell, living) is None
    assert refreshed(shell, used) is Cause.UNKNOWN
    assert refreshed(shell, f"ory_rt_x.{living.rpartition('.')[2]}") is Cause.FORGED


def test_living_tokens_of_simplejwt_come(shell, databases):
    words = "--system simplejwt --kind oauth.user --algorithm HS256 --key-env OLD_KEY --client spa"
    shell.run(f"reticket key adopt {words} --until 2027-01-31", OLD_KEY=KEY)
    assert "1 rows: 1 living, 0 ended, 0 known already, 0 refused" in imported(shell, "simplejwt")
    claims = {"token_type": "refresh", "user_id": 7, "exp": ENDS}
    for name, cause in (("living", None), ("ended", Cause.UNKNOWN)):
        assert refreshed(shell, jwt.encode({**claims, "jti": name}, KEY, "HS256")) is cause


def test_living_tokens_of_the_toolkit_come_and_the_file_with_them_is_gone(shell, databases):
    said = imported(shell, "django-oauth-toolkit")
    assert "2 rows: 2 living, 0 ended, 0 known already, 0 refused" in said
    assert not (shell.folder / "living.jsonl").exists()
    assert refreshed(shell, "living") is None
    assert refreshed(shell, "ended") is Cause.UNKNOWN


def test_the_settings_of_cloudreve_come_out_of_postgresql(shell, databases):
    with psycopg.connect(f"{databases.url.rpartition('/')[0]}/cloudreve") as connection:
        connection.execute("CREATE TABLE settings (name varchar(255), value text)")
        said = [("secret_key", KEY), ("hash_id_salt", "its salt"), ("siteURL", "[]")]
        connection.cursor().executemany("INSERT INTO settings VALUES (%s, %s)", said)
    shell.run(commands(section(CLOUDREVE, "While Cloudreve runs")))
    assert (shell.folder / "secret_key").read_text() == f"{KEY}\n"
    assert (shell.folder / "hash_id_salt").read_text() == "its salt\n"


def test_sessions_that_cloudreve_has_ended_come_out_of_redis(shell, tmp_path):
    text = section(CLOUDREVE, "At the hand-over")
    (scan,) = re.findall(r"`(redis-cli [^`]*)`", text)
    (rewrite,) = re.findall(r"^ *(sed .*)$", text, re.MULTILINE)
    names = [f"0f0f6ad3-6f41-4f2c-9d53-0b2a2f6d5d{number}" for number in range(10, 60)]
    with closing(Standalone(tmp_path / "redis")) as server:
        for name in names:
            server.client.set(f"jwt_revoke_{name}", b"\1", ex=3600)
        server.client.set("captcha_1", "x")
        shell.program("redis-cli", f'exec {REDIS_CLI} -p {server.servers[0].port} "$@"')
        shell.run(f"{scan}\n{rewrite}")
    rows = map(json.loads, (shell.folder / "ended.jsonl").read_text().splitlines())
    assert sorted(row["id"] for row in rows if row["revoked"]) == names
