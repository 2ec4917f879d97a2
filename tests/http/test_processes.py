"""Two processes over one engine are one service: a change at one is seen by both."""

import json
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle

import pytest
from tests.http.wire import PASSWORD, WIRES, call
from tests.operation.commands import Commands
from tests.torture.history import said_by
from tests.torture.postgresql import PostgreSQL
from tests.torture.services import Services
from tests.torture.valkey import Cluster

from reticket.testing.waiting import until

AKINON, CLOUDREVE, APPLICATION, DEVELOPER, ADMIN = WIRES
AKINON_USER = "akinon.user"

"""Seconds within which every process knows, on a machine with much else to do."""
WINDOW = "60"
PATIENT = {
    "RETICKET_BUSY_TIMEOUT": "5",
    "RETICKET_ISSUER": "https://together.example.com",
    "RETICKET_POLICIES__KIBO__DEVELOPER__WINDOW": WINDOW,
    "RETICKET_POLICIES__KIBO__ADMINUSER__WINDOW": WINDOW,
}

pytestmark = pytest.mark.timeout(90)


@pytest.fixture(scope="module", params=["postgresql", "sqlite and valkey"])
def services(request, tmp_path_factory):
    """PostgreSQL for everything; or the directory in a file, and families in a cluster."""
    folder = tmp_path_factory.mktemp("services")
    if request.param == "postgresql":
        with PostgreSQL.fresh() as server:
            where = {"RETICKET_SESSIONS": server.url, "RETICKET_DIRECTORY": server.url}
            with Services(folder, PATIENT | where) as running:
                yield running
    else:
        with (
            Cluster.fresh() as cluster,
            Services(folder, PATIENT | {"RETICKET_SESSIONS": cluster.url}) as running,
        ):
            yield running


def command(services, *words, said=""):
    """Run a command beside them; what it printed."""
    return Commands(services.all[0].data, services.settings).run(*words, said=said)


def newcomer(services, name):
    """A person of the test's own, and what signs it in by the dialect that has only names."""
    email = f"{name}@example.com"
    command(
        services,
        "user", "add", email, "--password-stdin", "--profile", "organization={name: Acme}",
        "--tenant", "1000=1", "--tenant", "1001=1", said=f"{PASSWORD}\n",
    )  # fmt: skip
    return email


def sign_in(service, wire, email, password=PASSWORD):
    member = next(iter(wire.sign_in_body))
    body = json.dumps({member: email, "password": password})
    return call(service.url, "POST", wire.sign_in_path, body)


def everywhere(services, holds):
    """Whether it comes true at every process soon."""
    until(lambda: all(map(holds, services.all)))
    return True


@pytest.mark.parametrize("wire", WIRES, ids=lambda wire: wire.name)
def test_parallel_refreshes_at_both_processes_are_one_rotation(services, wire):
    token = wire.sign_in(services.all[0].url)
    urls = [each.url for _, each in zip(range(24), cycle(services.all), strict=False)]
    with ThreadPoolExecutor(len(urls)) as clients:
        answers = list(clients.map(lambda url: wire.refresh(url, token), urls))
    assert all(wire.is_good(answer) for answer in answers)
    assert {said_by(wire.token_of(body)).generation for _, _, body in answers} == {2}
    assert len({body for _, _, body in answers}) == 1


def test_a_new_or_disabled_person_is_seen_by_every_process(services):
    email = newcomer(services, "shared")
    assert everywhere(services, lambda each: AKINON.is_good(sign_in(each, AKINON, email)))
    tokens = [AKINON.token_of(sign_in(each, AKINON, email)[2]) for each in services.all]
    command(services, "user", "disable", email)
    for each, token in zip(reversed(services.all), tokens, strict=True):
        assert AKINON.is_refused(AKINON.refresh(each.url, token))
    assert everywhere(services, lambda each: not AKINON.is_good(sign_in(each, AKINON, email)))
    command(services, "user", "enable", email)
    assert everywhere(services, lambda each: AKINON.is_good(sign_in(each, AKINON, email)))


def test_a_changed_membership_is_seen_by_every_process(services):
    email = newcomer(services, "member")
    assert everywhere(services, lambda each: ADMIN.is_good(sign_in(each, ADMIN, email)))
    tokens = [ADMIN.token_of(sign_in(each, ADMIN, email)[2]) for each in services.all]
    command(services, "user", "revoke", email, "--tenant", "1000")
    for each, token in zip(reversed(services.all), tokens, strict=True):
        assert ADMIN.is_refused(ADMIN.refresh(each.url, token))
    assert everywhere(services, lambda each: sign_in(each, ADMIN, email)[0] == 403)
    command(services, "user", "grant", email, "--tenant", "1000=5")
    assert everywhere(services, lambda each: ADMIN.is_good(sign_in(each, ADMIN, email)))


def published(service):
    """The ids of the keys that a process publishes."""
    body = call(service.url, "GET", "/.well-known/jwks.json")[2]
    return {key["kid"] for key in json.loads(body)["keys"]}


def test_a_new_or_compromised_key_is_seen_by_every_process(services):
    known = published(services.all[0])
    command(services, "key", "rotate")
    assert everywhere(services, lambda each: published(each) > known)
    token = AKINON.sign_in(services.all[0].url)
    keys = json.loads(command(services, "key", "list", "--json"))
    for key in keys:
        if key["state"] != "next":
            command(services, "key", "retire", key["id"], "--compromised")
    assert everywhere(services, lambda each: AKINON.is_refused(AKINON.refresh(each.url, token)))
    assert everywhere(services, lambda each: AKINON.sign_in(each.url))


def test_a_new_application_secret_is_used_by_every_process(services):
    name = "ns.shared.1.0.0.Release"
    secret = command(services, "application", "add", name).split()[-1]

    def enters(each, secret):
        body = json.dumps({"applicationId": name, "sharedSecret": secret})
        return APPLICATION.is_good(call(each.url, "POST", APPLICATION.sign_in_path, body))

    assert everywhere(services, lambda each: enters(each, secret))
    fresh = command(services, "application", "rotate-secret", name).split()[-1]
    assert everywhere(services, lambda each: enters(each, fresh) and not enters(each, secret))


def test_a_new_password_is_used_by_every_process(services):
    email = newcomer(services, "renamed")
    assert everywhere(services, lambda each: AKINON.is_good(sign_in(each, AKINON, email)))
    command(services, "user", "passwd", email, "--password-stdin", said="another one\n")
    assert everywhere(
        services,
        lambda each: (
            AKINON.is_good(sign_in(each, AKINON, email, "another one"))
            and not AKINON.is_good(sign_in(each, AKINON, email))
        ),
    )


def test_each_process_uses_the_policy_that_it_audits_at_its_start(tmp_path):
    """As during a rolling change of a policy, one process after the other."""
    where = {"RETICKET_SESSIONS": f"sqlite:///{tmp_path / 'families.sqlite'}"}
    windows = [{"RETICKET_POLICIES__AKINON__USER__WINDOW": number} for number in ("30", "0")]
    with Services(tmp_path, where, windows) as services:
        wide, narrow = services.all
        assert [policy_of(each)["window"] for each in services.all] == [30, 0]
        token = AKINON.sign_in(wide.url)
        for each in (narrow, wide, narrow, wide):
            again = [AKINON.refresh(one.url, token) for one in (each, wide, narrow)]
            assert all(map(AKINON.is_good, again))
            token = AKINON.token_of(again[-1][2])


def policy_of(service):
    """The policy of Akinon's sessions that the process has last recorded."""
    told = map(json.loads, service.audit())
    return [e["detail"] for e in told if (e["event"], e.get("kind")) == ("policy", AKINON_USER)][-1]
