"""A data folder of an older version opens, and its living tokens refresh."""

import json
import shutil
import sqlite3
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from joserfc.jwk import ECKey
from tests.compat.clients import TENANT, clients
from tests.compat.engines import ENGINES
from tests.compat.settings import SETTINGS
from tests.http.wire import call
from tests.operation.commands import Commands
from tests.pages.people import ALAN

from reticket.testing import running_server

MADE = Path(__file__).parent / "made_by_60df8cf"
ROW_LOCKED = {engine: json.loads((MADE / engine / "tokens.json").read_text()) for engine in ENGINES}
ALL = [(engine, one) for engine in ENGINES for one in ROW_LOCKED[engine]["tokens"]]


class Opened:
    """A copy of the folder on one engine, under the service of today."""

    def __init__(self, engine, folder, stack):
        stored = stack.enter_context(ENGINES[engine].fresh(folder))
        stored.put_back(MADE / engine)
        copied(engine, folder / "data")
        self.clients = clients_of(engine)
        self.settings = {**SETTINGS, **stored.settings}
        self.commands = Commands(folder / "data", self.settings)
        stored.upgrade(self.commands)
        self.url = stack.enter_context(running(folder, self.settings)).url


def clients_of(engine):
    return clients(ECKey.import_key(ROW_LOCKED[engine]["key"]))


def copied(engine, data):
    """The folder, with the file modes that Git does not keep."""
    shutil.copytree(MADE / engine / "data", data)
    for each in [data, *data.iterdir()]:
        each.chmod(0o700 if each.is_dir() else 0o600)


def running(folder, settings):
    """The current service on the folder; no person is added to the directory."""
    seed = folder / "nothing.yaml"
    seed.write_text("users: []\n")
    return running_server(folder, seed=seed, settings=settings)


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """Made at the first need, one for each engine."""
    with ExitStack() as stack:
        made = {}

        def of(engine):
            if engine not in made:
                made[engine] = Opened(engine, tmp_path_factory.mktemp(engine), stack)
            return made[engine]

        yield of


def named(engine, one):
    return f"{engine}, {one['kind']}, {one['state']}"


def which(holds):
    chosen = [pair for pair in ALL if holds(pair[1])]
    return pytest.mark.parametrize(("engine", "one"), chosen, ids=[named(*each) for each in chosen])


@which(lambda one: one["refresh"] and one["lives"])
def test_a_valid_refresh_token_works_three_times_in_a_row(opened, engine, one):
    instance = opened(engine)
    client, token = instance.clients[one["kind"]], one["refresh"]
    for _ in range(3):
        token = client.refresh(instance.url, token).refresh


@which(lambda one: one["refresh"] and not one["lives"])
def test_an_ended_session_stays_ended(opened, engine, one):
    instance = opened(engine)
    assert instance.clients[one["kind"]].is_refused(instance.url, one["refresh"])


@pytest.mark.parametrize("engine", ENGINES)
def test_replaying_the_old_audit_file_ends_no_active_session(opened, engine):
    instance = opened(engine)
    said = instance.commands.run("replay", "--audit", str(MADE / engine / "data" / "audit.jsonl"))
    assert said == "0 revocations replayed\n"


def test_a_restored_backup_ends_the_sessions_that_ended_since(tmp_path):
    copied("sqlite", tmp_path / "data")
    copied("sqlite", tmp_path / "backup")
    with closing(sqlite3.connect(tmp_path / "backup" / "families.sqlite")) as families, families:
        families.execute("UPDATE families SET revoked_at = NULL, revoked_cause = NULL")
    ended = [one for engine, one in ALL if engine == "sqlite" and not one["lives"]]
    said = Commands(tmp_path / "data", SETTINGS).run("restore", str(tmp_path / "backup"))
    assert f"{len(ended)} revocations replayed" in said
    known = clients_of("sqlite")
    with running(tmp_path, SETTINGS) as server:
        assert all(known[one["kind"]].is_refused(server.url, one["refresh"]) for one in ended)


@which(lambda one: one["refresh"] and one["state"].startswith("new"))
def test_an_access_token_of_a_person_or_an_application_is_accepted_until_it_expires(
    opened, engine, one
):
    instance = opened(engine)
    assert instance.clients[one["kind"]].is_known(instance.url, one["access"])


@which(lambda one: one["kind"] == "backend")
def test_an_old_access_token_of_an_oauth_client_is_refused(opened, engine, one):
    """It has no version of the secret."""
    instance = opened(engine)
    backend = instance.clients["backend"]
    assert not backend.is_known(instance.url, one["access"])
    assert backend.is_known(instance.url, backend.sign_in(instance.url).access)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kind", clients(None))
def test_all_people_and_programs_sign_in_as_before(opened, engine, kind):
    """Passwords, secrets, registrations and the second factor are those of the older version."""
    instance = opened(engine)
    assert instance.clients[kind].sign_in(instance.url).access


@pytest.mark.parametrize("engine", ENGINES)
def test_an_old_cloudreve_second_factor_now_belongs_to_the_person(opened, engine):
    """Akinon cannot ask for a factor and refuses the password alone."""
    body = json.dumps({"username": ALAN["email"], "password": ALAN["password"]})
    assert call(opened(engine).url, "POST", "/api/v1/auth/login", body)[0] == 401


@pytest.mark.parametrize("engine", ENGINES)
def test_a_tenant_is_answered_as_before(opened, engine):
    """`tenant.json` is the answer of the last version with the older tables."""
    instance = opened(engine)
    access = instance.clients["kibo application"].sign_in(instance.url).access
    answer = call(instance.url, "GET", TENANT, None, {"x-vol-app-claims": access})
    assert answer[0] == 200
    assert answer[2] == (MADE / engine / "tenant.json").read_bytes()


@pytest.mark.parametrize("engine", ENGINES)
def test_the_commands_read_the_old_folder(opened, engine):
    commands = opened(engine).commands
    told = [line for line in commands.says("doctor").splitlines() if line.startswith("fault")]
    assert [line for line in told if "demo accounts" not in line] == []
    begun = sum(one["refresh"] is not None for one in ROW_LOCKED[engine]["tokens"])
    assert len(commands.rows("session", "list", "--all", "--limit", "1000")) >= begun
